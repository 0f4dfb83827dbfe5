/* SPDX-License-Identifier: Apache-2.0 */
#include "suites.h"
#include "cases.h"

#include <math.h>

static const int DTYPES[] = {EXACTLOSS_FLOAT32, EXACTLOSS_FLOAT64, EXACTLOSS_FLOAT16, EXACTLOSS_BFLOAT16};
static const int TARGETS[] = {EXACTLOSS_UINT8, EXACTLOSS_INT64, EXACTLOSS_FLOAT32,
                              EXACTLOSS_BITS,  EXACTLOSS_INT32, EXACTLOSS_FLOAT64};

/* The elements of a block's tile, which the kernels are free to choose: the tests only look for trouble at its ends. */
static int tile_of(int dtype, int logits) { return 256 * 16 / size_of(dtype) * (logits ? 1 : 2); }

static test_case simple_case(int d, int t, int logits, int kind, int count) {
    return (test_case){.dtype = DTYPES[d],
                       .targets_dtype = TARGETS[t],
                       .logits = logits,
                       .kind = (input_kind)kind,
                       .count = count,
                       .threshold = 0.5,
                       .upstream = 1};
}

void test_sizes(int quick) {
    for (int d = 0; d < 4; d++) {
        for (int t = 0; t < 6; t++) {
            for (int logits = 0; logits < 2; logits++) {
                const int tile = tile_of(DTYPES[d], logits);
                const int counts[] = {tile, tile - 1, 1, tile + 1, 2 * tile + 5, 5 * tile};
                for (int i = 0; i < (quick ? 3 : 6); i++) {
                    test_case c = simple_case(d, t, logits, (d + t + i) % INPUT_KINDS, counts[i]);
                    c.at_end = counts[i] % 16 == 0 || (quick && i == 2);
                    run_case(&c);
                }
            }
        }
    }
}

void test_alignments(int quick) {
    for (int d = 0; d < 4; d++) {
        for (int shift = 0; shift < 16 / size_of(DTYPES[d]); shift++) {
            for (int offset = 0; offset < 8; offset += quick ? 3 : 1) {
                test_case c = simple_case(d, 0, (shift + offset) % 2, EDGES, 2 * tile_of(DTYPES[d], 0) + 3);
                c.shift = shift;
                c.targets_offset = offset;
                run_case(&c);
                c.targets_dtype = EXACTLOSS_BITS;
                c.targets_shift = offset % 2;
                run_case(&c);
            }
        }
    }
}

void test_lengths(void) {
    for (int count = 0; count <= 300; count++) {
        const test_case c = simple_case(count % 4, count % 6, count % 5 == 0, count % INPUT_KINDS, count);
        run_case(&c);
    }
}

void test_random(int cases) {
    static const double THRESHOLDS[] = {0.5, 0, 1, -INFINITY, INFINITY, 0.1, 0x1p-149, 1e300, -0.3};
    static const double UPSTREAMS[] = {1, -1, 0, 1e-45, 3e38, 1e-320, INFINITY, NAN, 0.3, -0.0};
    for (int i = 0; i < cases; i++) {
        test_case c =
            simple_case(below(4), below(6), below(2), below(INPUT_KINDS), below(2) ? below(300) : below(12000));
        const int aligned = 16 / size_of(c.dtype);
        c.shift = below(2) ? 0 : below(aligned);
        c.targets_offset = below(2) ? 0 : below(40);
        c.targets_shift = below(2) ? 0 : below(9);
        c.at_end = below(3) == 0;
        c.in_place = below(4) == 0;
        c.threshold = THRESHOLDS[below((int)(sizeof THRESHOLDS / sizeof *THRESHOLDS))];
        c.upstream = UPSTREAMS[below((int)(sizeof UPSTREAMS / sizeof *UPSTREAMS))];
        run_case(&c);
        if (!c.in_place) {
            run_sync_case(&c);
        }
    }
}

/* Sums that would overflow an integer that is too small: many equal values, at the ends of each range. */
void test_equal_values(int quick) {
    static const double VALUES[] = {
        1,           0x1.fffffep-1,  0x1p-19,        0x1.8p-19, 0x1p-18,         2.5,
        0x1.fffffp2, 0x1.fffffep20,  -0x1.fffffep20, 0x1p127,   -0x1.fffffep127, 0x1.fffffep-20,
        0x1p-40,     0x1.fffffep-41, 0x1.000002p-149};
    for (int v = 0; v < (int)(sizeof VALUES / sizeof *VALUES); v++) {
        for (int d = 0; d < 2; d++) {
            run_equal_case(DTYPES[d], VALUES[v], v % 2, quick ? 8192 : 60000);
        }
    }
}

/* Gradients that lie in the middle between two numbers of 16 bits. */
void test_ties(void) {
    static const double UPSTREAMS[] = {0x1.01p0, 0x1.03p0, 0x1.002p0, 0x1.006p0};
    for (int i = 0; i < 8; i++) {
        test_case c = simple_case(2 + i % 2, 0, 1, EDGES, 2049); /* an odd count: of the sum, so that g is upstream */
        c.upstream = UPSTREAMS[i / 2];
        run_case(&c);
        run_sync_case(&c);
    }
}
