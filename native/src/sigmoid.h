/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logistic function: a template, included for each ELEMENT (f32, f64) where V(name) is defined as ELEMENT_name,
 * and the vocabulary: V(vector), V(set), V(add), V(sub), V(mul), V(div), V(fma), and
 *     V(max)(a, b)       a > b ? a : b, hence b where either is NaN
 *     V(minus_abs)(x)    -|x|
 *     V(power)(k)        2^k, rounded once, for integers -160 < k <= 0 (-1100 < k <= 0); where k is NaN, anything
 * These are correctly rounded operations in one fixed order, so every instruction set returns the same bits. That needs
 * rounding to nearest, no contraction and no flushing to zero.
 *
 * With e = exp(-|x|), small = e / (1 + e) = σ(-|x|) and large = 1 / (1 + e) = σ(|x|). u is the ulp below 1, 2^-24 or
 * 2^-53, and the errors are those of the result over its ulp, which is largest where exp(r) lies just below 1.
 *
 * 1. -|x| = k ln2 + r, |r| <= ln2 / 2 and a little (Cody, Waite: Software Manual for the Elementary Functions, 1980).
 *    ln2's high part needs no spare zeros: the fma rounds only the difference r1, and that is exact. Where k is not 0,
 *    |x| > 1/4, so both terms are multiples of u / 2, and |r1| < 1/2 is at most 2^24 (2^53) of them. r = r1 - k (ln2's
 *    low part) is rounded, by at most u / 4, but serves only in r^2 P(r), whose slope is below 0.3: 0.07.
 * 2. exp(r) = high + low: high = 1 + r1, whose error is exact by Dekker's Fast2Sum, as |r1| < 1, and low is that error,
 *    k (ln2's low part) and r^2 P(r). P is minimax: 0.04; the roundings of r^2 <= 0.12 and of P: 0.09. |low| < 1/16
 *    where r < 0, so it is rounded by u / 32: 0.03. (Where r > 0, low is up to 1/14, but the result's ulp is 2 u.)
 * 3. The one division gives q near 1 / (1 + e), by a few u. How far off it is, we know: c = 1 - q (1 + e), where q 2^k
 *    and 1 - q are exact, as 1/2 <= q <= 1 is a multiple of u. But for c^2, the quotients are q (1 + c) and
 *    2^k (high + low) q (1 + c). In each, the last fma is the only rounding of a large term: 0.5, and 0.06 for those of
 *    low + c exp(r) and of its product with q.
 * 4. The multiplication by 2^k is exact but for subnormal results. These are rounded a second time: 0.5, and at most
 *    half of the above. Where 2^k is 2^-150 (2^-1075) or less, it has become 0: 0.71 of the smallest subnormal.
 *
 * So small is within 0.8 ulp, or 0.9 where it is subnormal; the errors of steps 1 and 2 reach large through
 * 2^k / (1 + e)^2 only: 0.6. Measured for small, subnormal small and large: 0.74, 0.78 and 0.55 over all floats, 0.73,
 * 0.79 and 0.56 over 3e8 random doubles. Both are monotonic over all floats; this is measured, not proved.
 * σ(±0) = 1/2, σ(∞) = 1, σ(-∞) = 0, and NaN passes through every step.
 */
#include "compiler.h"

/* How the function is declared: CUDA has words of its own for it. */
#ifndef KERNEL_FUNCTION
#define KERNEL_FUNCTION static inline
#endif

/* Below LOWEST, small is 0. y + INTEGER_SHIFT is rounded to an integer. */
#define f32_LOWEST -104.0f
#define f32_LOG2_E 0x1.715476p+0f
#define f32_INTEGER_SHIFT 0x1.8p+23f
#define f32_LN2_HIGH 0x1.62e43p-1f
#define f32_LN2_LOW -0x1.05c61p-29f

#define f64_LOWEST -746.0
#define f64_LOG2_E 0x1.71547652b82fep+0
#define f64_INTEGER_SHIFT 0x1.8p+52
#define f64_LN2_HIGH 0x1.62e42fefa39efp-1
#define f64_LN2_LOW 0x1.abc9e3b39803fp-56

/* P(r) = (exp(r) - 1 - r) / r^2, minimax in ulp of exp(r) for |r| <= 1.0005 ln2 / 2; by pairs, for a short chain. */
#define f32_PAIR(a, b, r) f32_fma(f32_set(b), r, f32_set(a))
#define f32_POLYNOMIAL(r, r2)                                                                                          \
    f32_fma(f32_fma(f32_set(0x1.6a884ap-10f), r2, f32_PAIR(0x1.555938p-5f, 0x1.124368p-7f, r)), r2,                    \
            f32_PAIR(0x1.fffffap-2f, 0x1.555484p-3f, r))

#define f64_PAIR(a, b, r) f64_fma(f64_set(b), r, f64_set(a))
#define f64_ABOVE_4(r, r2)                                                                                             \
    f64_fma(f64_fma(f64_PAIR(0x1.28acfe4f045a2p-22, 0x1.a9c9d67351241p-26, r), r2,                                     \
                    f64_PAIR(0x1.a0199b726c9ddp-16, 0x1.71e16c37f27bfp-19, r)),                                        \
            r2, f64_PAIR(0x1.6c16c1832791cp-10, 0x1.a01a002df2cdbp-13, r))
#define f64_POLYNOMIAL(r, r2)                                                                                          \
    f64_fma(f64_fma(f64_ABOVE_4(r, r2), r2, f64_PAIR(0x1.55555555510b8p-5, 0x1.11111111548d7p-7, r)), r2,              \
            f64_PAIR(0x1.0000000000007p-1, 0x1.555555555544fp-3, r))

/* exp(-|x|) = (high + low) 2^k, of which `exp_r` is nearly high + low, and `power` is 2^k. */
typedef struct V(exponential) {
    V(vector) high, low, exp_r, power;
} V(exponential);

KERNEL_FUNCTION V(exponential) V(exponential_of)(V(vector) x) {
    const V(vector) one = V(set)(1);
    const V(vector) shift = V(set)(V(INTEGER_SHIFT));
    const V(vector) minus_ln2_low = V(set)(-V(LN2_LOW));

    const V(vector) t = V(max)(V(set)(V(LOWEST)), V(minus_abs)(x));
    const V(vector) k = V(sub)(V(fma)(t, V(set)(V(LOG2_E)), shift), shift);
    const V(vector) r1 = V(fma)(k, V(set)(-V(LN2_HIGH)), t);
    const V(vector) r = V(fma)(k, minus_ln2_low, r1);

    const V(vector) r2 = V(mul)(r, r);
    const V(vector) p = V(POLYNOMIAL)(r, r2);
    V(exponential) e;
    e.high = V(add)(one, r1);
    e.low = V(fma)(r2, p, V(fma)(k, minus_ln2_low, V(sub)(r1, V(sub)(e.high, one))));
    e.exp_r = V(fma)(r2, p, e.high); /* near enough, and sooner there than high + low */
    e.power = V(power)(k);
    return e;
}

typedef struct V(sigmoid_pair) {
    V(vector) small, large;
} V(sigmoid_pair);

/* q, from exp(-|x|). The signs are such that no fma needs a negated operand. */
KERNEL_FUNCTION V(vector) V(quotient_of)(V(exponential) e) {
    const V(vector) minus_one = V(set)(-1);
    return V(div)(minus_one, V(fma)(V(minus_abs)(e.power), e.exp_r, minus_one));
}

/* σ(-|x|) and σ(|x|), from exp(-|x|) and q. */
KERNEL_FUNCTION V(sigmoid_pair) V(sigmoids_of)(V(exponential) e, V(vector) q) {
    const V(vector) one = V(set)(1);
    const V(vector) minus_power = V(minus_abs)(e.power);
    const V(vector) minus_power_q = V(mul)(minus_power, q);
    const V(vector) c = V(fma)(minus_power_q, e.low, V(fma)(minus_power_q, e.high, V(sub)(one, q)));

    V(sigmoid_pair) pair;
    pair.large = V(fma)(q, c, q);
    const V(vector) rest = V(mul)(V(fma)(e.exp_r, c, e.low), q);
    pair.small = V(mul)(V(fma)(e.high, q, rest), e.power);
    return pair;
}
