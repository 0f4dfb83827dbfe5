/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logarithm and the softplus function: a template like sigmoid.h, with its vocabulary and
 *     V(scale)(s, c)               c - k and 2^-k, of a normal number s > 0, with 2/3 <= s 2^-k < 4/3; anything elsewhere
 * In what follows u is the ulp below 1, 2^-24 or 2^-53, and the errors are those of the result over its ulp.
 *
 * -ln(1 - d), of an exact distance d that is p or 1 - p:
 * 1. The rounded s = 1 - d chooses k. Then f = (1 - d) 2^-k - 1 is one fma of p, and exact: where 1 - d is p, by Sterbenz's
 *    lemma; where it is 1 - p, f is -p for k = 0, 1 - 2p for k = -1, where p > 1/3 and so 2p >= 1/2, and for all other k,
 *    p > 1/2, so that 1 - p is exact itself. So however small p is, -ln(1 - p) has all its digits.
 * 2. -ln(1 - d) = -k ln2 - f - f^2 P(f). ln2's upper part times k is exact, and its sum with -f is that of Dekker's
 *    Fast2Sum, whose error joins the small terms. P is minimax: 0.1 together with the roundings of f^2 P, which is at most
 *    a fifth of the result: 0.4. The last addition rounds: 0.5.
 * Subnormal p are brought into the range of normal numbers by a power of two first, as all p are.
 *
 * ln(1 + exp(x)) = max(x, 0) + ln(1 + e), with e = exp(-|x|) = a + b from sigmoid.h, a rounded:
 * 3. ln(1 + a) = a - a^2 / 4 + a^2 T(a), and b adds b / (1 + a). T is minimax on [0, 1], where a^2 T(a) is above -0.06 and
 *    so costs 0.1 with all its roundings. It is a polynomial of a - 1/2, since the terms of one of a would cancel.
 * 4. max(x, 0) + a is a TwoSum, and that less a^2 / 4 is one fma; what these round off joins the small terms, by another
 *    fma. So does b (1 - a / 2), which is b / (1 + a) but for a twelfth of b: 0.1. exp's own error, step 2 of sigmoid.h,
 *    is below 0.25, and the last addition rounds: 0.5.
 *
 * Measured: see docs/numerics.md.
 */
#define f32_LOG_SCALE 0x1p24f
#define f32_LOG_SCALE_EXPONENT 24
#define f32_LN2_UPPER 0x1.62e4p-1f
#define f32_LN2_LOWER 0x1.7f7d1cp-20f
#define f32_SMALLEST 0x1p-149f

#define f64_LOG_SCALE 0x1p54
#define f64_LOG_SCALE_EXPONENT 54
#define f64_LN2_UPPER 0x1.62e42fefa38p-1
#define f64_LN2_LOWER 0x1.ef35793c7673p-45
#define f64_SMALLEST 0x1p-1074

/* -P(f) = (f - ln(1 + f)) / f^2, minimax in ulp of ln(1 + f) for |f| <= 1/3 and a little; by pairs, for a short chain. */
#define f32_LOG_POLYNOMIAL(f, f2)                                                                                      \
    f32_fma(f32_fma(f32_fma(f32_fma(f32_set(0x1.08065p-3f), f2, f32_PAIR(0x1.f310e4p-4f, -0x1.1e66ccp-3f, f)), f2,     \
                            f32_PAIR(0x1.559dcep-3f, -0x1.1ed714p-3f, f)),                                             \
                    f2, f32_PAIR(0x1.fffefp-3f, -0x1.99d028p-3f, f)),                                                  \
            f2, f32_PAIR(0x1.0p-1f, -0x1.555506p-2f, f))

#define f64_LOG_POLYNOMIAL_FROM_16(f, f2)                                                                              \
    f64_fma(f64_PAIR(0x1.614056ea448d5p-4, -0x1.5a10e834c05cp-4, f), f2,                                               \
            f64_PAIR(0x1.76af0a488e76ap-5, -0x1.586b728560743p-5, f))
#define f64_LOG_POLYNOMIAL_FROM_8(f, f2)                                                                               \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_LOG_POLYNOMIAL_FROM_16(f, f2), f2,                                             \
                                    f64_PAIR(0x1.05c4f73f5e75fp-4, -0x1.ef2f766f39a7cp-5, f)),                         \
                            f2, f64_PAIR(0x1.2413d223515c5p-4, -0x1.10731d91440ap-4, f)),                              \
                    f2, f64_PAIR(0x1.555c0792db782p-4, -0x1.3b1cee51f5834p-4, f)),                                     \
            f2, f64_PAIR(0x1.9999620a3c09dp-4, -0x1.745cc00f30526p-4, f))
#define f64_LOG_POLYNOMIAL(f, f2)                                                                                      \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_LOG_POLYNOMIAL_FROM_8(f, f2), f2,                                              \
                                    f64_PAIR(0x1.000000859da94p-3, -0x1.c71c73bc220d2p-4, f)),                         \
                            f2, f64_PAIR(0x1.555555540cce2p-3, -0x1.249249216b167p-3, f)),                             \
                    f2, f64_PAIR(0x1.0000000000962p-2, -0x1.999999999e68bp-3, f)),                                     \
            f2, f64_PAIR(0x1.0p-1, -0x1.5555555555543p-2, f))

/* T(a) = (ln(1 + a) - a + a^2 / 4) / a^2 by v = a - 1/2, minimax in ulp of ln(1 + a) for 0 <= a <= 1. */
#define f32_SOFTPLUS_POLYNOMIAL(v, v2)                                                                                 \
    f32_fma(f32_fma(f32_fma(f32_fma(f32_set(-0x1.b2f588p-9f), v2, f32_PAIR(-0x1.4d80c6p-7f, 0x1.c635c8p-8f, v)), v2,   \
                            f32_PAIR(-0x1.d99454p-6f, 0x1.10e874p-6f, v)),                                             \
                    v2, f32_PAIR(-0x1.7de0ccp-4f, 0x1.a285fep-5f, v)),                                                 \
            v2, f32_PAIR(-0x1.066e08p-3f, 0x1.6f0d74p-3f, v))

#define f64_SOFTPLUS_POLYNOMIAL_FROM_16(v, v2)                                                                         \
    f64_fma(f64_PAIR(-0x1.ace1d7cfafe12p-15, 0x1.a8f705c6fc92ep-16, v), v2,                                            \
            f64_PAIR(-0x1.2a29536878937p-14, 0x1.ba754c35e9ae9p-15, v))
#define f64_SOFTPLUS_POLYNOMIAL_FROM_8(v, v2)                                                                          \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_SOFTPLUS_POLYNOMIAL_FROM_16(v, v2), v2,                                        \
                                    f64_PAIR(-0x1.ada9bc8ec71bap-13, 0x1.0715f73a0a41dp-13, v)),                       \
                            v2, f64_PAIR(-0x1.0ed0b45f8a7d4p-11, 0x1.532dbc3be9b2ap-12, v)),                           \
                    v2, f64_PAIR(-0x1.6075f5b1c6d97p-10, 0x1.b3dcf8908acefp-11, v)),                                   \
            v2, f64_PAIR(-0x1.d5faf1e02e687p-9, 0x1.1ebd459bc1aa8p-9, v))
#define f64_SOFTPLUS_POLYNOMIAL(v, v2)                                                                                 \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_SOFTPLUS_POLYNOMIAL_FROM_8(v, v2), v2,                                         \
                                    f64_PAIR(-0x1.44ba45d9b1ae7p-7, 0x1.84904ec05b1e8p-8, v)),                         \
                            v2, f64_PAIR(-0x1.da34824888253p-6, 0x1.131116fc3997dp-6, v)),                             \
                    v2, f64_PAIR(-0x1.7ddf1fe86ababp-4, 0x1.a279c04c78328p-5, v)),                                     \
            v2, f64_PAIR(-0x1.066e09a033dap-3, 0x1.6f0d7bd624beep-3, v))

/* -ln(p) where t, -ln(1 - p) elsewhere, of 0 < p < 1; elsewhere anything. */
KERNEL_FUNCTION V(vector) V(minus_log)(V(vector) p, V(mask) t) {
    const V(vector) size = V(set)(V(LOG_SCALE)); /* by which s is scaled, so that none is subnormal */
    const V(vector) one = V(select)(t, V(set)(0), size);
    const V(vector) line = V(negate_where)(t, V(mul)(p, V(set)(-V(LOG_SCALE)))); /* s is one + line */
    const V(scaled) n = V(scale)(V(add)(one, line), V(LOG_SCALE_EXPONENT));
    const V(vector) f = V(fma)(line, n.power, V(fma)(one, n.power, V(set)(-1)));

    const V(vector) f2 = V(mul)(f, f);
    const V(vector) low = V(fma)(f2, V(LOG_POLYNOMIAL)(f, f2), V(mul)(n.minus_k, V(set)(V(LN2_LOWER))));
    const V(vector) high = V(mul)(n.minus_k, V(set)(V(LN2_UPPER)));
    const V(vector) sum = V(sub)(high, f);
    return V(add)(sum, V(add)(low, V(sub)(V(sub)(high, sum), f)));
}

/* ln(1 + exp(x)), from exp(-|x|). */
KERNEL_FUNCTION V(vector) V(softplus)(V(vector) x, V(exponential) exponential) {
    const V(vector) sum = V(add)(exponential.high, exponential.low), power = exponential.power;
    const V(vector) a = V(mul)(sum, power), b = V(add)(V(sub)(exponential.high, sum), exponential.low); /* by power */
    const V(vector) base = V(max)(V(set)(0), x), y = V(add)(base, a), back = V(sub)(y, base);
    const V(vector) lost = V(add)(V(sub)(base, V(sub)(y, back)), V(sub)(a, back));

    const V(vector) quarter = V(mul)(a, V(set)((V(real)) - 0.25));
    const V(vector) most = V(fma)(quarter, a, y), lost_too = V(fma)(quarter, a, V(sub)(y, most));
    const V(vector) slope = V(fma)(quarter, V(add)(power, power), power); /* (1 - a / 2), by power */
    const V(vector) v = V(add)(a, V(set)((V(real)) - 0.5)), t = V(SOFTPLUS_POLYNOMIAL)(v, V(mul)(v, v));
    const V(vector) small = V(fma)(V(mul)(a, a), t, V(fma)(slope, b, V(add)(lost, lost_too)));
    return V(max)(V(add)(most, small), x); /* infinity and NaN where x is */
}
