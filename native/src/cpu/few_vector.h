/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sum of few elements of a TYPE (f32, bf16): a part of kernels_vector.h.
 *
 * In a short call, the floating-point environment would cost as much as the sum: to read MXCSR, a processor waits for all
 * earlier operations. This sum needs no environment, as it neither rounds nor raises a flag:
 *
 * 1. Before any operation takes a prediction, its pattern is compared, as an integer, with those of 2^-19 and 2. All that is
 *    in between is a multiple of 2^-42. What is not, a NaN or a subnormal number too, is left to the other kernels.
 * 2. To change a sign, and to widen a float to a double, is exact. Any sum of up to FEW = 128 such numbers is a multiple of
 *    2^-42 and at most 2^8: it has at most 50 bits, which a double holds. So the order of the additions does not matter, and
 *    neither does the rounding mode, except for the sign of a sum that is 0.
 *
 * A short rest is left to the same sum of the portable kernels. The vectors of a longer one are filled up with ones of
 * negative targets. Each adds 1 to the sum, so their number is subtracted from `ones`, which counts the positive targets.
 */
#define GROUP (4 * f32_lanes)

/* The longest rest that scalars sum faster: to fill a group up takes 10 to 30 ns on a Zen 4, and more where it is widened. */
#define f32_scalars (GROUP == 16 ? 15 : 10)
#define bf16_scalars (GROUP == 16 ? 15 : 31)

static ALWAYS_INLINE double JOIN(sum_groups, TYPE)(const void *predictions, const unsigned char *bytes, int count) {
    const f32_layout layout = JOIN(TYPE, array)();
    const unsigned char *p = predictions;
    f64_vector first = f64_set(0), last = f64_set(0);
    int ones = 0;
    for (int i = 0; i < count; i += GROUP, p += layout.size * GROUP, bytes += GROUP) {
        f32_vector x[4];
        uint64_t targets;
        if (count - i >= GROUP) {
            for (int k = 0; k < 4; k++) {
                x[k] = layout.load(p + layout.size * f32_lanes * k);
            }
            targets = equal_few(bytes, 1);
        } else {
            f32_load_rest(layout, p, count - i, x);
            targets = equal_first_bytes(bytes, count - i, 1);
            ones -= GROUP - (count - i);
        }
        const int_vector b[4] = {f32_bits(x[0]), f32_bits(x[1]), f32_bits(x[2]), f32_bits(x[3])};
        if (f32_group_is_out_of_range(b)) {
            return NAN;
        }
        ones += count_bits(targets);
        for (int k = 0; k < 4; k++) {
            x[k] = f32_negate_in_group(targets, k, x[k]);
        }
        first = f64_add(first, f64_add(f64_add(first_doubles(x[0]), first_doubles(x[1])),
                                       f64_add(first_doubles(x[2]), first_doubles(x[3]))));
        last = f64_add(last, f64_add(f64_add(last_doubles(x[0]), last_doubles(x[1])),
                                     f64_add(last_doubles(x[2]), last_doubles(x[3]))));
    }
    return f64_sum(f64_add(first, last)) + (double)ones;
}

static __attribute__((noinline)) double JOIN(sum_with_scalars, TYPE)(const void *predictions,
                                                                     const unsigned char *bytes, int count) {
    const int whole = count & -GROUP;
    const unsigned char *rest = (const unsigned char *)predictions + JOIN(TYPE, array)().size * whole;
    return exactloss_kernels_portable.TYPE.sum_few(rest, bytes + whole, count - whole) +
           JOIN(sum_groups, TYPE)(predictions, bytes, whole);
}

static double JOIN(sum_few, TYPE)(const void *predictions, const unsigned char *bytes, int count) {
    if (count <= JOIN(TYPE, scalars)) {
        return exactloss_kernels_portable.TYPE.sum_few(predictions, bytes, count);
    }
    const int rest = count & (GROUP - 1);
    return rest != 0 && rest <= JOIN(TYPE, scalars) ? JOIN(sum_with_scalars, TYPE)(predictions, bytes, count)
                                                    : JOIN(sum_groups, TYPE)(predictions, bytes, count);
}

#undef GROUP
#undef f32_scalars
#undef bf16_scalars
