/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks, merges and the byte form (native/docs/byte-form.md). It has no field that depends on how the data came, so equal contents have
 * equal bytes; and it is read with distrust, since it may come from a file or a network.
 */
#include "accumulator.h"

#include <string.h>

#define FORM_MAGIC "XLAC"
#define FORM_VERSION 1
#define HEADER_BYTES 16 /* magic, version, threshold */
#define COUNT_FIELDS 8

#define SUM_OFFSET (HEADER_BYTES + 8 * COUNT_FIELDS)
#define WEIGHTS_OFFSET (SUM_OFFSET + 4 * EXACT_SUM_BINS)

/* The bins of a sum of weights: from the last bit of the smallest float up to 2^63 times the largest. */
#define WEIGHTS_FIRST ((EXACT_SUM_ONE - 149) / 32)
#define WEIGHTS_LAST ((EXACT_SUM_ONE + 128 + 63) / 32 + 1)

/* The bits of the largest weight, and of the largest distance of any type: they are below 2^128 and 2^1024. */
#define WEIGHT_BITS (EXACT_SUM_ONE + 128)
#define DISTANCE_BITS (EXACT_SUM_ONE + 1024)
#define WEIGHTED_DISTANCE_BITS (EXACT_SUM_ONE + 1024 + 128)

_Static_assert(sizeof(accumulator) <= sizeof(exactloss_accumulator), "the public size is too small");
_Static_assert(_Alignof(accumulator) <= _Alignof(exactloss_accumulator), "the public alignment is too small");
_Static_assert(WEIGHTS_OFFSET + 4 * (WEIGHTS_LAST - WEIGHTS_FIRST) == EXACTLOSS_ACCUMULATOR_BYTES, "byte form");

int exactloss_accumulator_check(const exactloss_accumulator *memory) {
    uint64_t magic;
    if (memory == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    memcpy(&magic, memory, sizeof magic);
    return magic == ACCUMULATOR_MAGIC ? EXACTLOSS_OK : EXACTLOSS_ERROR_ACCUMULATOR;
}

int exactloss_accumulator_combine(accumulator *a, const accumulator *other) {
    if (memcmp(&a->threshold, &other->threshold, sizeof a->threshold) != 0) {
        return EXACTLOSS_ERROR_THRESHOLD;
    }
    if (other->totals.count > INT64_MAX - a->totals.count) {
        return EXACTLOSS_ERROR_OVERFLOW;
    }
    exactloss_totals_merge(&a->totals, &other->totals);
    return EXACTLOSS_OK;
}

static void put(unsigned char *bytes, uint64_t value, int size) {
    for (int i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(value >> 8 * i);
    }
}

static uint64_t get(const unsigned char *bytes, int size) {
    uint64_t value = 0;
    for (int i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

/* The counts in the order of the byte form. */
static void list_counts(totals *t, int64_t *counts[COUNT_FIELDS]) {
    counts[0] = &t->count;
    counts[1] = &t->positives;
    counts[2] = &t->true_positives;
    counts[3] = &t->false_positives;
    counts[4] = &t->weighted;
    counts[5] = &t->sum.nan_count;
    counts[6] = &t->sum.positive_infinities;
    counts[7] = &t->sum.negative_infinities;
}

void exactloss_accumulator_to_bytes(const accumulator *a, unsigned char *bytes) {
    totals t = a->totals;
    int64_t *counts[COUNT_FIELDS];
    uint64_t threshold;
    list_counts(&t, counts);
    memcpy(&threshold, &a->threshold, sizeof threshold);
    memcpy(bytes, FORM_MAGIC, 4);
    put(bytes + 4, FORM_VERSION, 4);
    put(bytes + 8, threshold, 8);
    for (int i = 0; i < COUNT_FIELDS; i++) {
        put(bytes + HEADER_BYTES + 8 * i, (uint64_t)*counts[i], 8);
    }
    exactloss_sum_to_bytes(&t.sum, 0, EXACT_SUM_BINS, bytes + SUM_OFFSET);
    exactloss_sum_to_bytes(&t.weights, WEIGHTS_FIRST, WEIGHTS_LAST, bytes + WEIGHTS_OFFSET);
}

/* The number of bits of a value that is not negative. */
static int bit_length(int64_t value) {
    int bits = 0;
    for (; value != 0; value >>= 1) {
        bits++;
    }
    return bits;
}

/* Whether some elements could have these totals. */
static int is_possible(const totals *t) {
    const exact_sum *s = &t->sum;
    const int64_t specials[] = {s->nan_count, s->positive_infinities, s->negative_infinities};
    int64_t unspecial = t->count;
    for (int i = 0; i < 3; i++) {
        if (specials[i] > unspecial) {
            return 0;
        }
        unspecial -= specials[i];
    }
    if (t->true_positives > t->positives || t->false_positives > t->count - t->positives || t->weighted > t->count) {
        return 0;
    }
    /* Without weights only a NaN prediction, which is not above the threshold, has a distance of NaN. */
    if (t->weighted == 0 && s->nan_count > t->count - t->true_positives - t->false_positives) {
        return 0;
    }
    const int distance_bits = t->weighted == 0 ? DISTANCE_BITS : WEIGHTED_DISTANCE_BITS;
    return exactloss_sum_bit_length(s) <= (t->count == 0 ? 0 : distance_bits + bit_length(t->count)) &&
           !exactloss_sum_is_negative(&t->weights) &&
           exactloss_sum_bit_length(&t->weights) <= (t->weighted == 0 ? 0 : WEIGHT_BITS + bit_length(t->weighted));
}

int exactloss_accumulator_from_bytes(accumulator *a, const unsigned char *bytes) {
    accumulator read = {.magic = ACCUMULATOR_MAGIC};
    int64_t *counts[COUNT_FIELDS];
    const uint64_t threshold = get(bytes + 8, 8);
    memcpy(&read.threshold, &threshold, sizeof threshold);
    if (memcmp(bytes, FORM_MAGIC, 4) != 0 || get(bytes + 4, 4) != FORM_VERSION ||
        exactloss_take_threshold(read.threshold, &read.threshold) != EXACTLOSS_OK ||
        memcmp(&read.threshold, &threshold, sizeof threshold) != 0) {
        return EXACTLOSS_ERROR_FORMAT;
    }
    exactloss_sum_from_bytes(&read.totals.sum, 0, EXACT_SUM_BINS, bytes + SUM_OFFSET);
    exactloss_sum_from_bytes(&read.totals.weights, WEIGHTS_FIRST, WEIGHTS_LAST, bytes + WEIGHTS_OFFSET);
    list_counts(&read.totals, counts);
    for (int i = 0; i < COUNT_FIELDS; i++) {
        *counts[i] = (int64_t)get(bytes + HEADER_BYTES + 8 * i, 8);
        if (*counts[i] < 0) {
            return EXACTLOSS_ERROR_FORMAT;
        }
    }
    if (!is_possible(&read.totals)) {
        return EXACTLOSS_ERROR_FORMAT;
    }
    *a = read;
    return EXACTLOSS_OK;
}
