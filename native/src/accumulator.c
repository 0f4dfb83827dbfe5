/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte form (native/docs/byte-form.md). It has no field that depends on how the data came, so equal contents have
 * equal bytes; and it is read with distrust, since it may come from a file or a network.
 */
#include "accumulator.h"

#include <string.h>

#define FORM_MAGIC "XLAC"
#define FORM_VERSION 1
#define HEADER_BYTES 16 /* magic, version, threshold */
#define COUNT_FIELDS 7

/* The bits of the largest distance of any type: it is below 2^1024. */
#define DISTANCE_BITS (EXACT_SUM_ONE + 1024)

_Static_assert(sizeof(accumulator) <= sizeof(exactloss_accumulator), "the public size is too small");
_Static_assert(_Alignof(accumulator) <= _Alignof(exactloss_accumulator), "the public alignment is too small");
_Static_assert(HEADER_BYTES + 8 * COUNT_FIELDS + EXACT_SUM_BYTES == EXACTLOSS_ACCUMULATOR_BYTES, "byte form");

int exactloss_take_threshold(double given, double *threshold) {
    uint64_t bits;
    memcpy(&bits, &given, sizeof bits);
    if (bits << 1 > (uint64_t)0x7ff << 53) {
        return EXACTLOSS_ERROR_THRESHOLD;
    }
    bits = bits << 1 == 0 ? 0 : bits;
    memcpy(threshold, &bits, sizeof bits);
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
    counts[4] = &t->sum.nan_count;
    counts[5] = &t->sum.positive_infinities;
    counts[6] = &t->sum.negative_infinities;
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
    exactloss_sum_to_bytes(&t.sum, bytes + HEADER_BYTES + 8 * COUNT_FIELDS);
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
    return t->true_positives <= t->positives && t->false_positives <= t->count - t->positives &&
           s->nan_count <= t->count - t->true_positives - t->false_positives &&
           exactloss_sum_bit_length(s) <= (t->count == 0 ? 0 : DISTANCE_BITS + bit_length(t->count));
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
    exactloss_sum_from_bytes(&read.totals.sum, bytes + HEADER_BYTES + 8 * COUNT_FIELDS);
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
