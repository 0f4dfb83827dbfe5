/* SPDX-License-Identifier: Apache-2.0 */
/* c - k and 2^-k, with 2/3 <= s 2^-k < 4/3, of normal numbers s > 0, for one type of elements: a part of kernels_vector.h. */
typedef struct V(scaled) {
    V(vector) minus_k, power;
} V(scaled);

/*
 * The pattern of s, less that of 2/3, has k as its exponent. To become a number, k is added to the pattern of a
 * number whose last bit is 1.
 */
static ALWAYS_INLINE V(scaled) V(scale)(V(vector) s, V(real) c) {
    const V(pattern) one = (V(pattern))V(bias) << V(fraction), exponents = ~(((V(pattern))1 << V(fraction)) - 1);
    const V(real) units = (V(real))1.5 * (V(real))((V(pattern))1 << V(fraction));
    const int_vector shifted = B(add)(V(bits)(s), B(set)(one - V(two_thirds)));
    const int_vector exponent = B(shift_right)(shifted, V(fraction));
    V(scaled) result;
    result.minus_k = V(sub)(V(set)(units + V(bias) + c), V(from_bits)(B(add)(V(bits)(V(set)(units)), exponent)));
    result.power = V(from_bits)(B(sub)(B(set)(2 * one), int_and(shifted, B(set)(exponents))));
    return result;
}
