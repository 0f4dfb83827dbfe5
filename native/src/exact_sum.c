/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bins and carries, in integer arithmetic, which is the same on every instruction set.
 *
 * An addition changes a bin by less than 2^33. Bins therefore stay below 2^62 for 2^28 additions, after which the
 * carries are settled: every bin but the top one into [0, 2^32), the top one into the range of int32_t, which carries
 * the sign.
 */
#include "exact_sum.h"

#include <math.h>

#define LIMB_MASK 0xffffffff
#define SETTLE_AFTER (1 << 28)

/* Carries of negative bins rely on >> being an arithmetic shift, as in every known C compiler. */
_Static_assert((-1 >> 1) == -1, "signed right shift must be arithmetic");

/* Extends the window to include bins[from] .. bins[to - 1]. */
static void open_window(exact_sum *sum, int from, int to) {
    if (sum->first == sum->last) {
        sum->first = from;
        sum->last = from;
    }
    while (sum->first > from) {
        sum->bins[--sum->first] = 0;
    }
    while (sum->last < to) {
        sum->bins[sum->last++] = 0;
    }
}

static int fits_int32(int64_t value) { return value >= INT32_MIN && value <= INT32_MAX; }

static void settle(exact_sum *sum) {
    exactloss_sum_flush_units(sum);
    for (int i = sum->first; i + 1 < sum->last; i++) {
        sum->bins[i + 1] += sum->bins[i] >> 32;
        sum->bins[i] &= LIMB_MASK;
    }
    while (sum->last > sum->first && sum->last < EXACT_SUM_BINS && !fits_int32(sum->bins[sum->last - 1])) {
        sum->bins[sum->last] = sum->bins[sum->last - 1] >> 32;
        sum->bins[sum->last - 1] &= LIMB_MASK;
        sum->last++;
    }
    sum->unsettled = 0;
}

void exactloss_sum_add(exact_sum *sum, int64_t units, int position) {
    const int bin = position / 32;
    const int shift = position % 32;
    if (bin < sum->first || bin + 3 > sum->last) {
        open_window(sum, bin, bin + 3);
    }
    const int64_t low = (int64_t)((uint64_t)(units & LIMB_MASK) << shift);
    const int64_t high = (units >> 32) * ((int64_t)1 << shift);
    sum->bins[bin] += low & LIMB_MASK;
    sum->bins[bin + 1] += (low >> 32) + (high & LIMB_MASK);
    sum->bins[bin + 2] += high >> 32;
    if (++sum->unsettled == SETTLE_AFTER) {
        settle(sum);
    }
}

void exactloss_sum_flush_units(exact_sum *sum) {
    const int64_t units = sum->units;
    sum->units = 0;
    sum->unit_additions = 0;
    if (units != 0) {
        exactloss_sum_add(sum, units, EXACT_SUM_UNIT);
    }
}

void exactloss_sum_add_double(exact_sum *sum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 52 & 0x7ff);
    const int negative = (int)(bits >> 63);
    const int64_t fraction = (int64_t)(bits & 0xfffffffffffff);
    if (exponent == 0x7ff) {
        int64_t *count = fraction != 0 ? &sum->nan_count
                         : negative    ? &sum->negative_infinities
                                       : &sum->positive_infinities;
        ++*count;
        return;
    }
    const int64_t mantissa = exponent == 0 ? fraction : fraction | (int64_t)1 << 52;
    exactloss_sum_add(sum, negative ? -mantissa : mantissa, EXACT_SUM_ONE - 1074 + (exponent == 0 ? 0 : exponent - 1));
}

/* The magnitude of a finite number: significand * 2^exponent. */
typedef struct scaled {
    uint64_t significand;
    int exponent;
} scaled;

static scaled scale_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 52 & 0x7ff), is_normal = exponent != 0;
    return (scaled){(bits & 0xfffffffffffff) | (uint64_t)is_normal << 52, exponent - is_normal - 1074};
}

static scaled scale_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xff), is_normal = exponent != 0;
    return (scaled){(bits & 0x7fffff) | (uint32_t)is_normal << 23, exponent - is_normal - 149};
}

/*
 * The significands, of 53, 53 and 24 bits, are multiplied in limbs of 32 bits: a limb of the product of the first two,
 * times the third, fits an int64_t.
 */
void exactloss_sum_add_product(exact_sum *sum, double a, double b, float factor) {
    if (!isfinite(a) || !isfinite(b)) {
        exactloss_sum_add_double(sum, a * b * (double)factor);
        return;
    }
    const scaled x = scale_double(a), y = scale_double(b), z = scale_float(factor);
    const int is_negative = (signbit(a) != 0) ^ (signbit(b) != 0) ^ (signbit(factor) != 0);
    const int64_t multiplier = is_negative ? -(int64_t)z.significand : (int64_t)z.significand;
    const uint64_t x0 = x.significand & LIMB_MASK, x1 = x.significand >> 32;
    const uint64_t y0 = y.significand & LIMB_MASK, y1 = y.significand >> 32;
    const uint64_t low = x0 * y0, one = x1 * y0 + (low >> 32), other = x0 * y1 + (one & LIMB_MASK);
    const uint64_t high = x1 * y1 + (one >> 32) + (other >> 32);
    const uint64_t limbs[4] = {low & LIMB_MASK, other & LIMB_MASK, high & LIMB_MASK, high >> 32};
    for (int i = 0; i < 4; i++) {
        exactloss_sum_add(sum, multiplier * (int64_t)limbs[i],
                          EXACT_SUM_ONE + x.exponent + y.exponent + z.exponent + 32 * i);
    }
}

void exactloss_sum_multiply(exact_sum *sum, int factor) {
    settle(sum);
    for (int i = sum->first; i < sum->last; i++) {
        sum->bins[i] *= factor;
    }
    settle(sum);
}

void exactloss_sum_add_finite(exact_sum *sum, const exact_sum *other, int sign) {
    const int64_t most = (int64_t)1 << 57; /* that may be added to units */
    if (other->first == other->last && other->units >= -most && other->units <= most) {
        exactloss_sum_add_units(sum, sign * other->units);
        return;
    }
    settle(sum);
    exactloss_sum_add(sum, sign * other->units, EXACT_SUM_UNIT);
    if (other->first != other->last) {
        open_window(sum, other->first, other->last);
    }
    for (int i = other->first; i < other->last; i++) {
        sum->bins[i] += sign * other->bins[i];
    }
    settle(sum);
}

void exactloss_sum_merge(exact_sum *sum, const exact_sum *other) {
    exactloss_sum_add_finite(sum, other, 1);
    sum->nan_count += other->nan_count;
    sum->positive_infinities += other->positive_infinities;
    sum->negative_infinities += other->negative_infinities;
}

/* ------------------------------------------------------------------------------------------- the byte form -- */

void exactloss_sum_to_bytes(const exact_sum *sum, int first, int last, unsigned char *bytes) {
    exact_sum flushed = *sum;
    exactloss_sum_flush_units(&flushed);
    int64_t carry = 0;
    for (int i = first; i < last; i++) {
        carry += i >= flushed.first && i < flushed.last ? flushed.bins[i] : 0;
        for (int k = 0; k < 4; k++) {
            *bytes++ = (unsigned char)(carry >> 8 * k);
        }
        carry >>= 32;
    }
}

void exactloss_sum_from_bytes(exact_sum *sum, int first, int last, const unsigned char *bytes) {
    exactloss_sum_init(sum);
    open_window(sum, first, last);
    for (int i = first; i < last; i++) {
        for (int k = 0; k < 4; k++) {
            sum->bins[i] |= (int64_t)*bytes++ << 8 * k;
        }
    }
    /* The top limb carries the sign of the two's complement. */
    sum->bins[last - 1] = (int32_t)sum->bins[last - 1];
}
