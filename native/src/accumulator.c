/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks, merges and the byte form (native/docs/byte-form.md). No field of the form depends on the order or the pieces
 * of the data, so equal contents have equal bytes. The form is read with distrust, because it may come from a file or a
 * network.
 */
#include "accumulator.h"

#include <string.h>

#define FORM_MAGIC "XLAC"
#define FORM_VERSION 1

/* The bins of a sum of weights: from the last bit of the smallest float up to 2^63 times the largest. */
#define WEIGHTS_FIRST ((EXACT_SUM_ONE - 149) / 32)
#define WEIGHTS_LAST ((EXACT_SUM_ONE + 128 + 63) / 32 + 1)

/* The offsets of the form's parts. Both kinds of sums are padded with zeros to 8 bytes. */
#define LOSSES_OFFSET 8
#define THRESHOLD_OFFSET 16
#define COUNTS_OFFSET 24
#define COUNTS 5 /* of elements */
#define WEIGHTS_OFFSET (COUNTS_OFFSET + 8 * COUNTS)
#define WEIGHTS_BYTES 48
#define FIRST_LOSS_OFFSET (WEIGHTS_OFFSET + WEIGHTS_BYTES)
#define SPECIALS 3 /* counts of a loss: NaN and infinities */

/* The bins of a sum of squares are all; of any other, from 2^-1248 on, up to 2^63 times the largest weighted value. */
#define VALUES_FIRST ((EXACT_SUM_ONE - 1248) / 32)
#define VALUES_LAST (VALUES_FIRST + 77)
#define SQUARES_BYTES (4 * EXACT_SUM_BINS)
#define VALUES_BYTES 312

/* The bits of a weight, and of a value of any type: they are below 2^128 and 2^1024, squares below 2^2048. */
#define WEIGHT_BITS 128
#define VALUE_BITS 1024

_Static_assert(sizeof(accumulator) <= sizeof(exactloss_accumulator), "the public size is too small");
_Static_assert(_Alignof(accumulator) <= _Alignof(exactloss_accumulator), "the public alignment is too small");
_Static_assert(4 * (WEIGHTS_LAST - WEIGHTS_FIRST) <= WEIGHTS_BYTES, "byte form");
_Static_assert(4 * (VALUES_LAST - VALUES_FIRST) <= VALUES_BYTES, "byte form");
_Static_assert(32 * VALUES_LAST >= EXACT_SUM_ONE + VALUE_BITS + WEIGHT_BITS + 63 + 1, "byte form");

int exactloss_accumulator_check_address(const exactloss_accumulator *memory) {
    if (memory == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    return (uintptr_t)memory % 8 == 0 ? EXACTLOSS_OK : EXACTLOSS_ERROR_ALIGNMENT;
}

int exactloss_accumulator_check(const exactloss_accumulator *memory) {
    uint64_t magic;
    const int status = exactloss_accumulator_check_address(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    memcpy(&magic, memory, sizeof magic);
    return magic == ACCUMULATOR_MAGIC ? EXACTLOSS_OK : EXACTLOSS_ERROR_ACCUMULATOR;
}

int exactloss_accumulator_combine(accumulator *a, const accumulator *other) {
    if (a->totals.losses != other->totals.losses) {
        return EXACTLOSS_ERROR_LOSS;
    }
    if (memcmp(&a->threshold, &other->threshold, sizeof a->threshold) != 0) {
        return EXACTLOSS_ERROR_THRESHOLD;
    }
    if (other->totals.count > INT64_MAX - a->totals.count) {
        return EXACTLOSS_ERROR_OVERFLOW;
    }
    exactloss_totals_merge(&a->totals, &other->totals);
    return EXACTLOSS_OK;
}

/* ------------------------------------------------------------------------------------------------- the byte form -- */

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

static int sum_bytes(int loss) { return (1 << loss & SQUARE_LOSSES) != 0 ? SQUARES_BYTES : VALUES_BYTES; }

static int first_bin(int loss) { return (1 << loss & SQUARE_LOSSES) != 0 ? 0 : VALUES_FIRST; }

static int last_bin(int loss) { return (1 << loss & SQUARE_LOSSES) != 0 ? EXACT_SUM_BINS : VALUES_LAST; }

int64_t exactloss_accumulator_byte_size(int64_t losses) {
    int64_t size = FIRST_LOSS_OFFSET;
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        size += (losses >> loss & 1) != 0 ? 8 * SPECIALS + sum_bytes(loss) : 0;
    }
    return size;
}

/* The counts in the order of the byte form. */
static void list_counts(totals *t, int64_t *counts[COUNTS]) {
    counts[0] = &t->count;
    counts[1] = &t->positives;
    counts[2] = &t->true_positives;
    counts[3] = &t->false_positives;
    counts[4] = &t->weighted;
}

static void list_specials(exact_sum *sum, int64_t *counts[SPECIALS]) {
    counts[0] = &sum->nan_count;
    counts[1] = &sum->positive_infinities;
    counts[2] = &sum->negative_infinities;
}

void exactloss_accumulator_to_bytes(const accumulator *a, unsigned char *bytes) {
    totals t = a->totals;
    int64_t *counts[COUNTS], *specials[SPECIALS];
    uint64_t threshold;
    list_counts(&t, counts);
    memset(bytes, 0, (size_t)exactloss_accumulator_byte_size(t.losses));
    memcpy(&threshold, &a->threshold, sizeof threshold);
    memcpy(bytes, FORM_MAGIC, 4);
    put(bytes + 4, FORM_VERSION, 4);
    put(bytes + LOSSES_OFFSET, (uint64_t)t.losses, 8);
    put(bytes + THRESHOLD_OFFSET, threshold, 8);
    for (int i = 0; i < COUNTS; i++) {
        put(bytes + COUNTS_OFFSET + 8 * i, (uint64_t)*counts[i], 8);
    }
    exactloss_sum_to_bytes(&t.weights, WEIGHTS_FIRST, WEIGHTS_LAST, bytes + WEIGHTS_OFFSET);
    unsigned char *at = bytes + FIRST_LOSS_OFFSET;
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        if ((t.losses >> loss & 1) != 0) {
            list_specials(&t.sums[loss], specials);
            for (int i = 0; i < SPECIALS; i++) {
                put(at + 8 * i, (uint64_t)*specials[i], 8);
            }
            exactloss_sum_to_bytes(&t.sums[loss], first_bin(loss), last_bin(loss), at + 8 * SPECIALS);
            at += 8 * SPECIALS + sum_bytes(loss);
        }
    }
}

/* Reads counts; returns whether none is negative. */
static int get_counts(const unsigned char *bytes, int64_t *const *counts, int count) {
    int is_possible = 1;
    for (int i = 0; i < count; i++) {
        *counts[i] = (int64_t)get(bytes + 8 * i, 8);
        is_possible &= *counts[i] >= 0;
    }
    return is_possible;
}

/* Reads a sum, padded to `size` bytes; returns whether the padding is zeros. */
static int get_sum(const unsigned char *bytes, int first, int last, int size, exact_sum *sum) {
    const int used = 4 * (last - first);
    exactloss_sum_from_bytes(sum, first, last, bytes);
    return get(bytes + used, size - used) == 0;
}

/* The number of bits of a value that is not negative. */
static int bit_length(int64_t value) {
    int bits = 0;
    for (; value != 0; value >>= 1) {
        bits++;
    }
    return bits;
}

/* Whether some elements could have this sum of a loss. */
static int is_possible_sum(const totals *t, int loss) {
    const exact_sum *s = &t->sums[loss];
    const int64_t specials[] = {s->nan_count, s->positive_infinities, s->negative_infinities};
    int64_t unspecial = t->count;
    for (int i = 0; i < SPECIALS; i++) {
        if (specials[i] > unspecial) {
            return 0;
        }
        unspecial -= specials[i];
    }
    /* Without weights only a NaN prediction, which is not above the threshold, has a distance of NaN. */
    if (exactloss_losses[loss].linear != 0 && t->weighted == 0 &&
        s->nan_count > t->count - t->true_positives - t->false_positives) {
        return 0;
    }
    const int value_bits = VALUE_BITS * (1 + exactloss_losses[loss].square) + (t->weighted == 0 ? 0 : WEIGHT_BITS);
    return exactloss_sum_bit_length(s) <= (t->count == 0 ? 0 : EXACT_SUM_ONE + value_bits + bit_length(t->count));
}

/* Whether some elements could have these counts, and this sum of the weights. */
static int is_possible(const totals *t) {
    if (t->positives > t->count || t->true_positives > t->positives || t->false_positives > t->count - t->positives ||
        t->weighted > t->count) {
        return 0;
    }
    return !exactloss_sum_is_negative(&t->weights) &&
           exactloss_sum_bit_length(&t->weights) <=
               (t->weighted == 0 ? 0 : EXACT_SUM_ONE + WEIGHT_BITS + bit_length(t->weighted));
}

int exactloss_accumulator_from_bytes(accumulator *a, const unsigned char *bytes, int64_t size) {
    if (size < FIRST_LOSS_OFFSET) {
        return EXACTLOSS_ERROR_SIZE;
    }
    const uint64_t losses = get(bytes + LOSSES_OFFSET, 8), threshold = get(bytes + THRESHOLD_OFFSET, 8);
    if (memcmp(bytes, FORM_MAGIC, 4) != 0 || get(bytes + 4, 4) != FORM_VERSION || losses < 1 || losses > ALL_LOSSES) {
        return EXACTLOSS_ERROR_FORMAT;
    }
    if (size != exactloss_accumulator_byte_size((int64_t)losses)) {
        return EXACTLOSS_ERROR_SIZE;
    }
    accumulator read = {.magic = ACCUMULATOR_MAGIC};
    int64_t *counts[COUNTS], *specials[SPECIALS];
    exactloss_totals_init(&read.totals, (int)losses);
    list_counts(&read.totals, counts);
    memcpy(&read.threshold, &threshold, sizeof threshold);
    if (exactloss_take_threshold(read.threshold, &read.threshold) != EXACTLOSS_OK ||
        memcmp(&read.threshold, &threshold, sizeof threshold) != 0 ||
        !get_counts(bytes + COUNTS_OFFSET, counts, COUNTS) ||
        !get_sum(bytes + WEIGHTS_OFFSET, WEIGHTS_FIRST, WEIGHTS_LAST, WEIGHTS_BYTES, &read.totals.weights) ||
        !is_possible(&read.totals)) {
        return EXACTLOSS_ERROR_FORMAT;
    }
    const unsigned char *at = bytes + FIRST_LOSS_OFFSET;
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        if ((losses >> loss & 1) != 0) {
            list_specials(&read.totals.sums[loss], specials);
            if (!get_sum(at + 8 * SPECIALS, first_bin(loss), last_bin(loss), sum_bytes(loss),
                         &read.totals.sums[loss]) ||
                !get_counts(at, specials, SPECIALS) || !is_possible_sum(&read.totals, loss)) {
                return EXACTLOSS_ERROR_FORMAT;
            }
            at += 8 * SPECIALS + sum_bytes(loss);
        }
    }
    *a = read;
    return EXACTLOSS_OK;
}
