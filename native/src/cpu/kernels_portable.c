/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition: plain C that every other kernel is tested against bit by bit, and what runs where no other can.
 *
 * A float is mantissa * 2^(exponent - 150) with a 24-bit integer mantissa. Those of 2^-19 <= |p| < 2 are added to one
 * int64_t in units of 2^-42, the last bit of the smallest of them: below 2^43 each, so that a block's 4,096 and the
 * ones of its positive targets stay below 2^56. All others go to the bins of the exact sum one by one.
 */
#include "kernels.h"

#include <string.h>

#define SMALLEST_EXPONENT 108 /* of 2^-19 */
#define LARGEST_EXPONENT 127  /* of the floats just below 2 */

static uint32_t load_bits(const void *array, int64_t index) {
    uint32_t bits;
    memcpy(&bits, (const unsigned char *)array + 4 * index, sizeof bits);
    return bits;
}

static float load_float(const void *array, int64_t index) {
    float value;
    memcpy(&value, (const unsigned char *)array + 4 * index, sizeof value);
    return value;
}

static void store_float(void *array, int64_t index, float value) {
    memcpy((unsigned char *)array + 4 * index, &value, sizeof value);
}

static int is_set(const uint64_t *mask, int i) { return (int)(mask[i / 64] >> i % 64 & 1); }

static int set_bit(uint64_t *mask, int i, int value) {
    mask[i / 64] |= (uint64_t)value << i % 64;
    return value;
}

static void clear_mask(uint64_t *mask, int count) { memset(mask, 0, (size_t)(count + 63) / 64 * sizeof *mask); }

/* Defines a decoder for elements of a type. */
#define DEFINE_DECODER(name, type)                                                                                     \
    static int name(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {                       \
        const unsigned char *bytes = (const unsigned char *)targets + (int64_t)sizeof(type) * offset;                  \
        int found = 0;                                                                                                 \
        clear_mask(mask, count);                                                                                       \
        for (int i = 0; i < count; i++, bytes += sizeof(type)) {                                                       \
            type element;                                                                                              \
            memcpy(&element, bytes, sizeof element);                                                                   \
            found += set_bit(mask, i, element == (type)value);                                                         \
        }                                                                                                              \
        return found;                                                                                                  \
    }

DEFINE_DECODER(decode_u8, unsigned char)
DEFINE_DECODER(decode_i32, int32_t)
DEFINE_DECODER(decode_i64, int64_t)
DEFINE_DECODER(decode_f32, float)
DEFINE_DECODER(decode_f64, double)

/* The bits [offset, offset + count) of an array, 1 <= count <= 64. Touches no byte without one of them. */
static uint64_t packed_bits(const unsigned char *bytes, int64_t offset, int count) {
    const unsigned char *first = bytes + offset / 8;
    const int shift = (int)(offset % 8), size = (shift + count + 7) / 8;
    uint64_t word = 0;
    for (int i = 0; i < size && i < 8; i++) {
        word |= (uint64_t)first[i] << 8 * i;
    }
    word >>= shift;
    if (size == 9) {
        word |= (uint64_t)first[8] << (64 - shift);
    }
    return count == 64 ? word : word & (((uint64_t)1 << count) - 1);
}

/* Sums of pairs, of fours and of bytes, which the product adds up in its top byte. */
static int count_bits(uint64_t word) {
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(word * 0x0101010101010101u >> 56);
}

int exactloss_decode_bits(const void *targets, int64_t offset, int count, int value, uint64_t *mask) {
    int found = 0;
    for (int i = 0; i < count; i += 64) {
        const int size = count - i < 64 ? count - i : 64;
        const uint64_t all = size == 64 ? UINT64_MAX : ((uint64_t)1 << size) - 1;
        mask[i / 64] = packed_bits(targets, offset + i, size) ^ (value == 1 ? 0 : all);
        found += count_bits(mask[i / 64]);
    }
    return found;
}

static int count_common(const uint64_t *a, const uint64_t *b, int count) {
    int common = 0;
    for (int i = 0; i < (count + 63) / 64; i++) {
        common += count_bits(a[i] & b[i]);
    }
    return common;
}

/* A float that the one int64_t of a block does not hold. */
static void add_any(exact_sum *sum, uint32_t bits, int negative) {
    const int exponent = (int)(bits >> 23 & 0xff);
    const int64_t fraction = bits & 0x7fffff;
    if (exponent == 0xff) {
        sum->nan_count += fraction != 0;
        sum->negative_infinities += fraction == 0 && negative;
        sum->positive_infinities += fraction == 0 && !negative;
        return;
    }
    const int64_t mantissa = exponent == 0 ? fraction : fraction | 0x800000;
    exactloss_sum_add(sum, negative ? -mantissa : mantissa, EXACT_SUM_ONE - 149 + (exponent == 0 ? 0 : exponent - 1));
}

static void sum_f32(const void *predictions, const uint64_t *mask, int positives, int count, exact_sum *sum) {
    int64_t units = positives * EXACT_SUM_UNITS_OF_ONE;
    for (int i = 0; i < count; i++) {
        const uint32_t bits = load_bits(predictions, i);
        const int negative = (int)(bits >> 31) ^ is_set(mask, i);
        const int exponent = (int)(bits >> 23 & 0xff);
        if (exponent >= SMALLEST_EXPONENT && exponent <= LARGEST_EXPONENT) {
            const int64_t value = (int64_t)((bits & 0x7fffff) | 0x800000) << (exponent - SMALLEST_EXPONENT);
            units += negative ? -value : value;
        } else if (bits << 1 != 0) {
            add_any(sum, bits, negative);
        }
    }
    exactloss_sum_add_units(sum, units);
}

static int within_f32(const void *predictions, int count, float lower, float upper, uint64_t *mask) {
    int found = 0;
    clear_mask(mask, count);
    for (int i = 0; i < count; i++) {
        const float p = load_float(predictions, i);
        found += set_bit(mask, i, lower <= p && p <= upper);
    }
    return found;
}

static void distances_f32(const void *predictions, const uint64_t *mask, int count, void *distances) {
    for (int i = 0; i < count; i++) {
        if (is_set(mask, i)) {
            store_float(distances, i, 1.0f - load_float(predictions, i));
        } else {
            memmove((unsigned char *)distances + 4 * i, (const unsigned char *)predictions + 4 * i, 4);
        }
    }
}

static void gradient_f32(const uint64_t *mask, int count, float g, void *gradient) {
    for (int i = 0; i < count; i++) {
        store_float(gradient, i, is_set(mask, i) ? -g : g);
    }
}

const exactloss_kernels exactloss_kernels_portable = {
    .isa_name = "portable",
    .decode_u8 = decode_u8,
    .decode_i32 = decode_i32,
    .decode_i64 = decode_i64,
    .decode_f32 = decode_f32,
    .decode_f64 = decode_f64,
    .count_common = count_common,
    .sum_f32 = sum_f32,
    .within_f32 = within_f32,
    .distances_f32 = distances_f32,
    .gradient_f32 = gradient_f32,
};
