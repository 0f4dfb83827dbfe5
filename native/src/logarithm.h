/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -ln(s) and ln(1 + exp(x)): a template like sigmoid.h, with its vocabulary and
 *     V(scale)(s)                  s = m 2^k with 2/3 <= m < 4/3, of a normal number s > 0; anything elsewhere
 *     V(select_less)(a, b, x, y)   x where a < b, y elsewhere
 */
#define f32_LOG_SCALE 0x1p24f
#define f32_LOG_SCALE_EXPONENT 24
#define f32_LN2_UPPER 0x1.62e4p-1f
#define f32_LN2_LOWER 0x1.7f7d1cp-20f

#define f64_LOG_SCALE 0x1p54
#define f64_LOG_SCALE_EXPONENT 54
#define f64_LN2_UPPER 0x1.62e42fefa38p-1
#define f64_LN2_LOWER 0x1.ef35793c7673p-45

#define f32_LOG_POLYNOMIAL(f, f2)                                                                                      \
    f32_fma(f32_fma(f32_fma(f32_fma(f32_set(-0x1.c3870cp-4f), f2, f32_PAIR(-0x1.0237c6p-3f, 0x1.20a50cp-3f, f)), f2,   \
                            f32_PAIR(-0x1.55018ap-3f, 0x1.1e637ep-3f, f)),                                             \
                    f2, f32_PAIR(-0x1.00011ep-2f, 0x1.99d6b8p-3f, f)),                                                 \
            f2, f32_PAIR(-0x1.p-1f, 0x1.5554fcp-2f, f))

#define f64_LOG_ABOVE_12(f, f2)                                                                                        \
    f64_fma(f64_fma(f64_fma(f64_PAIR(-0x1.5f82b9e9b6e33p-4, 0x1.e2f12dd0fe180p-5, f), f2,                              \
                            f64_PAIR(-0x1.782d0da65ca43p-5, 0x1.cd8dede2d7af0p-5, f)),                                 \
                    f2, f64_PAIR(-0x1.05a55c96a8d0bp-4, 0x1.d35b43406b534p-5, f)),                                     \
            f2, f64_PAIR(-0x1.241638e30716fp-4, 0x1.124651f03dd32p-4, f))
#define f64_LOG_ABOVE_6(f, f2)                                                                                         \
    f64_fma(f64_fma(f64_fma(f64_LOG_ABOVE_12(f, f2), f2, f64_PAIR(-0x1.555bf7c20a48ap-4, 0x1.3af8131b5f50dp-4, f)),    \
                    f2, f64_PAIR(-0x1.9999616e0ca85p-4, 0x1.745e89191f9eap-4, f)),                                     \
            f2, f64_PAIR(-0x1.0000008bcc54cp-3, 0x1.c71c6670e3b1fp-4, f))
#define f64_LOG_POLYNOMIAL(f, f2)                                                                                      \
    f64_fma(f64_fma(f64_fma(f64_LOG_ABOVE_6(f, f2), f2, f64_PAIR(-0x1.55555553ea9ddp-3, 0x1.2492493d1f60fp-3, f)), f2, \
                    f64_PAIR(-0x1.0000000000b3dp-2, 0x1.9999999966fddp-3, f)),                                         \
            f2, f64_PAIR(-0x1.p-1, 0x1.5555555555665p-2, f))

/* ln(1 + f) - f, of |f| <= 1/3 and a little, plus c / (1 + f), of |c| below an ulp of f. */
KERNEL_FUNCTION V(vector) V(log1p_rest)(V(vector) f, V(vector) c, V(vector) least) {
    const V(vector) one = V(set)(1), minus_one = V(set)(-1);
    const V(vector) f2 = V(mul)(f, f);
    const V(vector) p = V(LOG_POLYNOMIAL)(f, f2);
    /* 1 / (1 + f) is nearly 1 - f + f^2 - f^3 */
    const V(vector) r = V(fma)(f, V(fma)(f, V(sub)(one, f), minus_one), one);
    return V(fma)(f2, p, V(fma)(c, r, least));
}

/* -ln(s + e), of 0 < s <= 1 and |e| at most half an ulp of s, which is 0 for s < 1/2. */
KERNEL_FUNCTION V(vector) V(minus_log)(V(vector) s, V(vector) e) {
    const V(scaled) n = V(scale)(V(mul)(s, V(set)(V(LOG_SCALE))));
    const V(vector) k = V(sub)(n.k, V(set)(V(LOG_SCALE_EXPONENT)));
    const V(vector) f = V(sub)(n.m, V(set)(1));
    const V(vector) c = V(sub)(e, V(mul)(k, e)); /* e 2^-k, as k is 0 or -1 where e is not 0 */
    const V(vector) low = V(log1p_rest)(f, c, V(mul)(k, V(set)(V(LN2_LOWER))));
    const V(vector) high = V(mul)(k, V(set)(V(LN2_UPPER)));
    const V(vector) y = V(add)(high, f);
    const V(vector) rest = V(add)(V(sub)(high, y), f);
    return V(sub)(V(sub)(V(set)(0), y), V(add)(low, rest));
}

/* ln(1 + exp(x)), from exp(-|x|). */
KERNEL_FUNCTION V(vector) V(softplus)(V(vector) x, V(exponential) e) {
    const V(vector) zero = V(set)(0), half = V(set)((V(real))0.5), minus_half = V(set)((V(real)) - 0.5);
    const V(vector) limit = V(set)((V(real))0.375);
    /* exp(-|x|) = a + b */
    const V(vector) sum = V(add)(e.high, e.low);
    const V(vector) a = V(mul)(sum, e.power);
    const V(vector) b = V(mul)(V(add)(V(sub)(e.high, sum), e.low), e.power);
    /* 1 + a + b = (1 + f + c) 2^k, with k = 0 or 1 */
    const V(vector) halved = V(fma)(half, a, minus_half);
    const V(vector) lost = V(fma)(half, a, V(sub)(minus_half, halved));
    const V(vector) f = V(select_less)(limit, a, halved, a);
    const V(vector) c = V(select_less)(limit, a, V(fma)(half, b, lost), b);
    const V(vector) high = V(select_less)(limit, a, V(set)(V(LN2_HIGH)), zero);
    const V(vector) least = V(select_less)(limit, a, V(set)(V(LN2_LOW)), zero);
    const V(vector) positive = V(max)(zero, x); /* NaN where x is */
    const V(vector) near = V(select_less)(limit, a, positive, zero);
    const V(vector) far = V(select_less)(limit, a, zero, positive);
    const V(vector) y = V(add)(near, high);
    const V(vector) bb = V(sub)(y, near);
    const V(vector) y_rest = V(add)(V(sub)(near, V(sub)(y, bb)), V(sub)(high, bb));
    const V(vector) z = V(add)(y, f);
    const V(vector) z_rest = V(add)(V(sub)(y, z), f);
    const V(vector) low = V(add)(V(log1p_rest)(f, c, least), V(add)(y_rest, z_rest));
    return V(add)(far, V(add)(z, low));
}
