/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversions of a TYPE of 16 bits, f16 or bf16, and its sum off the fast path (fixed_vector.h has that on it): a
 * part of kernels_vector.h.
 */
#define LOAD JOIN(f32_load, TYPE)
#define STORE JOIN(f32_store, TYPE)

static void JOIN(widen, TYPE)(const void *from, int count, void *to) {
    const unsigned char *in = from;
    unsigned char *out = to;
    int i = 0;
    for (; i + f32_lanes <= count; i += f32_lanes, in += 2 * f32_lanes, out += 4 * f32_lanes) {
        prefetch(in, PREFETCH);
        f32_store(out, LOAD(in));
    }
    if (i < count) {
        const tail rest = copy_tail(in, 2 * (size_t)(count - i));
        f32_store_first(out, count - i, LOAD(rest.bytes));
    }
}

static void JOIN(narrow, TYPE)(const void *from, int count, void *to) {
    const unsigned char *in = from;
    unsigned char *out = to;
    int i = 0;
    for (; i + f32_lanes <= count; i += f32_lanes, in += 4 * f32_lanes, out += 2 * f32_lanes) {
        STORE(out, f32_load(in));
    }
    if (i < count) {
        tail rest;
        STORE(rest.bytes, f32_load_first(in, count - i, f32_set(0)));
        memcpy(out, rest.bytes, 2 * (size_t)(count - i));
    }
}

static ALWAYS_INLINE f32_layout JOIN(TYPE, array)(void) { return (f32_layout){2, LOAD, JOIN(widen, TYPE)}; }

static __attribute__((noinline)) void JOIN(sum_any, TYPE)(const void *predictions, const uint64_t *mask, int positives,
                                                          int count, exact_sum *sum) {
    float wide[BLOCK];
    JOIN(widen, TYPE)(predictions, count, wide);
    sum_any_f32(wide, mask, positives, count, sum);
}

#undef LOAD
#undef STORE
