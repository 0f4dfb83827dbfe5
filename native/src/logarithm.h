/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logarithm and the softplus function: a template like sigmoid.h, with its vocabulary and
 *     V(scale)(s)                  -k and 2^-k, of a normal number s > 0, with 2/3 <= s 2^-k < 4/3; anything elsewhere
 *     V(select_less)(a, b, x, y)   x where a < b, y elsewhere, as where a or b is NaN
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
 * ln(1 + exp(x)) = max(x, 0) + ln(1 + e), with e = exp(-|x|) = a + b from sigmoid.h:
 * 3. ln(1 + e) = e q with q = 1 - e / 2 + e^2 / 4 + e^2 T(e), where T is minimax on [0, 1]: 0.1. What is rounded off of the
 *    square, of the sums and of the product with e is exact by fma, and joins the small terms.
 * 4. The sum with max(x, 0) is a TwoSum, whose error joins the small terms. The last addition rounds: 0.5.
 *
 * Measured: see docs/numerics.md.
 */
#define f32_LOG_SCALE 0x1p24f
#define f32_LOG_SCALE_EXPONENT 24
#define f32_LN2_UPPER 0x1.62e4p-1f
#define f32_LN2_LOWER 0x1.7f7d1cp-20f
#define f32_LARGEST 0x1.fffffep127f
#define f32_SMALLEST 0x1p-149f

#define f64_LOG_SCALE 0x1p54
#define f64_LOG_SCALE_EXPONENT 54
#define f64_LN2_UPPER 0x1.62e42fefa38p-1
#define f64_LN2_LOWER 0x1.ef35793c7673p-45
#define f64_LARGEST 0x1.fffffffffffffp1023
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

/* T(e) = (ln(1 + e) - e + e^2 / 2 - e^3 / 4) / e^3, minimax in ulp of ln(1 + e) for 0 <= e <= 1. */
#define f32_SOFTPLUS_POLYNOMIAL(e, e2)                                                                                 \
    f32_fma(f32_fma(f32_fma(f32_fma(f32_set(0x1.2a8bf6p-9f), e2, f32_PAIR(0x1.6b025cp-5f, -0x1.e153dp-7f, e)), e2,     \
                            f32_PAIR(0x1.03b3c6p-3f, -0x1.5ffdaap-4f, e)),                                             \
                    e2, f32_PAIR(0x1.981814p-3f, -0x1.4c5e32p-3f, e)),                                                 \
            e2, f32_PAIR(0x1.5552d2p-4f, -0x1.ffdd06p-3f, e))

#define f64_SOFTPLUS_POLYNOMIAL_FROM_16(e, e2)                                                                         \
    f64_fma(f64_fma(f64_set(0x1.7f8c4092139cbp-17), e2, f64_PAIR(0x1.ba721fd0e33bfp-11, -0x1.2a833c96e3f3dp-13, e)),   \
            e2, f64_PAIR(0x1.1abf1f9f69a0cp-7, -0x1.a134b9ee055c3p-9, e))
#define f64_SOFTPLUS_POLYNOMIAL_FROM_8(e, e2)                                                                          \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_SOFTPLUS_POLYNOMIAL_FROM_16(e, e2), e2,                                        \
                                    f64_PAIR(0x1.f76faa668b1d6p-6, -0x1.27df80d8de571p-6, e)),                         \
                            e2, f64_PAIR(0x1.d19b76247f896p-5, -0x1.6bda4c5a26013p-5, e)),                             \
                    e2, f64_PAIR(0x1.34449af738719p-4, -0x1.1254c9fff843ep-4, e)),                                     \
            e2, f64_PAIR(0x1.73db766dedb32p-4, -0x1.53434571a9c12p-4, e))
#define f64_SOFTPLUS_POLYNOMIAL(e, e2)                                                                                 \
    f64_fma(f64_fma(f64_fma(f64_fma(f64_SOFTPLUS_POLYNOMIAL_FROM_8(e, e2), e2,                                         \
                                    f64_PAIR(0x1.c718ac478d0aep-4, -0x1.9980806e309f8p-4, e)),                         \
                            e2, f64_PAIR(0x1.249244996e85fp-3, -0x1.ffff9251a07fap-4, e)),                             \
                    e2, f64_PAIR(0x1.999999972655fp-3, -0x1.5555551295b78p-3, e)),                                     \
            e2, f64_PAIR(0x1.55555555551f4p-4, -0x1.fffffffff32ffp-3, e))

/* -ln(p) where t, -ln(1 - p) elsewhere, of 0 <= p <= 1. */
KERNEL_FUNCTION V(vector) V(minus_log)(V(vector) p, V(mask) t) {
    const V(vector) minus_one = V(set)(-1), size = V(set)(V(LOG_SCALE));
    const V(vector) s = V(select)(t, p, V(sub)(V(set)(1), p));
    const V(scaled) n = V(scale)(V(mul)(s, size)); /* of s by the scale, so that none is subnormal */
    const V(vector) minus_k = V(add)(n.minus_k, V(set)(V(LOG_SCALE_EXPONENT)));
    /* f = ±p 2^-k - 1, or with 2^-k in place of 1 and a minus */
    const V(vector) offset = V(select)(t, minus_one, V(fma)(size, n.power, minus_one));
    const V(vector) minus_p = V(mul)(p, V(set)(-V(LOG_SCALE)));
    const V(vector) f = V(fma)(V(negate_where)(t, minus_p), n.power, offset);

    const V(vector) f2 = V(mul)(f, f);
    const V(vector) low = V(fma)(f2, V(LOG_POLYNOMIAL)(f, f2), V(mul)(minus_k, V(set)(V(LN2_LOWER))));
    const V(vector) high = V(mul)(minus_k, V(set)(V(LN2_UPPER)));
    const V(vector) sum = V(sub)(high, f);
    return V(add)(sum, V(add)(low, V(sub)(V(sub)(high, sum), f)));
}

/* ln(1 + exp(x)), from exp(-|x|). */
KERNEL_FUNCTION V(vector) V(softplus)(V(vector) x, V(exponential) exponential) {
    const V(vector) zero = V(set)(0), one = V(set)(1), largest = V(set)(V(LARGEST));
    const V(vector) sum = V(add)(exponential.high, exponential.low);
    const V(vector) e = V(mul)(sum, exponential.power), minus_e = V(minus_abs)(e);
    const V(vector) b = V(mul)(V(add)(V(sub)(exponential.high, sum), exponential.low), exponential.power);

    const V(vector) e2 = V(mul)(e, e), e2_low = V(fma)(e, e, V(mul)(minus_e, e));
    const V(vector) minus_half = V(set)((V(real)) - 0.5), quarter = V(set)((V(real))0.25);
    const V(vector) start = V(fma)(e, minus_half, one), start_low = V(fma)(e, minus_half, V(sub)(one, start));
    const V(vector) q = V(fma)(e2, quarter, start), lost_of_q = V(fma)(e2, quarter, V(sub)(start, q));
    const V(vector) q_low =
        V(fma)(e2, V(SOFTPLUS_POLYNOMIAL)(e, e2), V(fma)(e2_low, quarter, V(add)(lost_of_q, start_low)));
    const V(vector) minus_log = V(mul)(minus_e, q);
    const V(vector) log_low = V(fma)(e, q_low, V(fma)(b, q, V(fma)(e, q, minus_log)));

    V(vector) base = V(max)(zero, x); /* NaN where x is */
    base = V(select_less)(largest, base, largest, base);
    const V(vector) y = V(sub)(base, minus_log), back = V(sub)(y, base);
    const V(vector) lost = V(sub)(V(sub)(base, V(sub)(y, back)), V(add)(minus_log, back));
    return V(max)(x, V(add)(y, V(add)(log_low, lost))); /* infinity where x is */
}
