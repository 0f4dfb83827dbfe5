/* SPDX-License-Identifier: Apache-2.0 */
/* s = m 2^k with 2/3 <= m < 4/3, of a normal number s > 0, for one type of elements: a part of kernels_vector.h. */
typedef struct V(scaled) {
    V(vector) m, k;
} V(scaled);

/*
 * The pattern of s, less that of 2/3, has k as its exponent, and the fraction tells how far m is from 2/3. To become a
 * number, k is added to the pattern of a number whose last bit is 1.
 */
static ALWAYS_INLINE V(scaled) V(scale)(V(vector) s) {
    const V(pattern) one = (V(pattern))V(bias) << V(fraction);
    const V(vector) units = V(set)((V(real))1.5 * (V(real))((V(pattern))1 << V(fraction)));
    const int_vector shifted = B(add)(V(bits)(s), B(set)(one - V(two_thirds)));
    const int_vector exponent = B(sub)(B(shift_right)(shifted, V(fraction)), B(set)(V(bias)));
    V(scaled) result;
    result.k = V(sub)(V(from_bits)(B(add)(V(bits)(units), exponent)), units);
    result.m =
        V(from_bits)(B(add)(int_and(shifted, B(set)(((V(pattern))1 << V(fraction)) - 1)), B(set)(V(two_thirds))));
    return result;
}
