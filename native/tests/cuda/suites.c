/* SPDX-License-Identifier: Apache-2.0 */
#include "suites.h"
#include "cases.h"

#include <math.h>

static const int TYPES[] = {EXACTLOSS_P_FLOAT32, EXACTLOSS_P_FLOAT64, EXACTLOSS_P_FLOAT16, EXACTLOSS_P_BFLOAT16};
static const int TARGETS[] = {EXACTLOSS_T_UINT8, EXACTLOSS_T_INT64,   EXACTLOSS_T_FLOAT32, EXACTLOSS_T_BITS,
                              EXACTLOSS_T_INT32, EXACTLOSS_T_FLOAT64, EXACTLOSS_T_INT8};

#define ALL_LOSSES (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)

#define TYPE_COUNT ((int)(sizeof TYPES / sizeof *TYPES))
#define TARGET_COUNT ((int)(sizeof TARGETS / sizeof *TARGETS))

/* The elements of a block's tile, which the kernels are free to choose: the tests only look for trouble at its ends. */
static int tile_of(int type, int logits) { return 256 * 16 / size_of(type) * (logits ? 1 : 2); }

static test_case simple_case(int d, int t, int logits, int kind, int count) {
    return (test_case){.type = TYPES[d],
                       .targets_type = TARGETS[t],
                       .losses = EXACTLOSS_MNIST,
                       .loss = EXACTLOSS_MNIST,
                       .logits = logits,
                       .kind = (input_kind)kind,
                       .count = count,
                       .threshold = 0.5,
                       .upstream = 1};
}

void test_sizes(int quick) {
    for (int d = 0; d < TYPE_COUNT; d++) {
        for (int t = 0; t < TARGET_COUNT; t++) {
            for (int logits = 0; logits < 2; logits++) {
                const int tile = tile_of(TYPES[d], logits);
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
    for (int d = 0; d < TYPE_COUNT; d++) {
        for (int shift = 0; shift < 16 / size_of(TYPES[d]); shift++) {
            for (int offset = 0; offset < 8; offset += quick ? 3 : 1) {
                test_case c = simple_case(d, 0, (shift + offset) % 2, EDGES, 2 * tile_of(TYPES[d], 0) + 3);
                c.shift = shift;
                c.targets_shift = offset;
                run_case(&c);
                if (offset == 0) { /* among it a gradient without predictions, which alone may be misaligned */
                    run_sync_case(&c);
                }
                c.targets_type = EXACTLOSS_T_BITS;
                c.targets_shift = offset % 2;
                c.first_bit = offset;
                run_case(&c);
            }
        }
    }
}

void test_lengths(void) {
    for (int count = 0; count <= 300; count++) {
        const test_case c =
            simple_case(count % TYPE_COUNT, count % TARGET_COUNT, count % 5 == 0, count % INPUT_KINDS, count);
        run_case(&c);
    }
}

/* A set of losses by its number, of which the first loss that is so many bits on has the gradient. */
static void set_losses(test_case *c, int losses, int bits) {
    c->losses = losses;
    do {
        c->loss = 1 << bits++ % 3;
    } while ((losses & c->loss) == 0);
}

void test_losses(int quick) {
    for (int losses = 1; losses <= ALL_LOSSES; losses++) {
        for (int d = 0; d < TYPE_COUNT; d++) {
            for (int kind = 0; kind < INPUT_KINDS; kind += quick ? 2 : 1) {
                for (int i = 0; i < (quick ? 2 : 3); i++) {
                    test_case c = simple_case(d, (losses + kind) % TARGET_COUNT, i % 2, kind, 100 + 37 * kind + i);
                    set_losses(&c, losses, kind / 2 + i);
                    c.weights = (weights_kind)((losses + d + kind + i) % WEIGHTS_KINDS);
                    c.clamp = (d + kind / 2 + losses) % 2;
                    c.in_place = i == 2;
                    c.upstream = kind % 3 == 0 ? -3.3 : 1;
                    run_case(&c);
                    if (!c.in_place) {
                        run_sync_case(&c);
                    }
                }
            }
        }
    }
}

void test_random(int cases) {
    static const double THRESHOLDS[] = {0.5, 0, 1, -INFINITY, INFINITY, 0.1, 0x1p-149, 1e300, -0.3};
    static const double UPSTREAMS[] = {1, -1, 0, 1e-45, 3e38, 1e-320, INFINITY, NAN, 0.3, -0.0};
    for (int i = 0; i < cases; i++) {
        test_case c = simple_case(below(TYPE_COUNT), below(TARGET_COUNT), below(2), below(INPUT_KINDS),
                                  below(2) ? below(300) : below(12000));
        const int aligned = 16 / size_of(c.type);
        c.shift = below(2) ? 0 : below(aligned);
        c.first_bit = c.targets_type != EXACTLOSS_T_BITS || below(2) ? 0 : below(8);
        c.weights = below(4) == 0 ? (weights_kind)below(WEIGHTS_KINDS) : NO_WEIGHTS;
        c.targets_shift = below(2) ? 0 : below(9);
        c.at_end = below(3) == 0;
        c.in_place = below(4) == 0;
        c.clamp = below(2);
        set_losses(&c, below(2) ? EXACTLOSS_MNIST : 1 + below(ALL_LOSSES), below(3));
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
    static const float WEIGHTS[] = {1, 0x1.fffffep19f, 0x1.fffffep20f, 0x1.fffffep127f};
    for (int v = 0; v < (int)(sizeof VALUES / sizeof *VALUES); v++) {
        for (int d = 0; d < 2; d++) {
            run_equal_case(EXACTLOSS_MNIST, TYPES[d], VALUES[v], v % 2, 0, quick ? 8192 : 60000);
            run_equal_case(ALL_LOSSES, TYPES[d], VALUES[v], v % 2, 0, quick ? 2048 : 20000);
            run_equal_case(ALL_LOSSES, TYPES[d], VALUES[v], v % 2, WEIGHTS[v % 4], quick ? 2048 : 20000);
        }
    }
}

void test_weights(int quick) {
    for (int d = 0; d < TYPE_COUNT; d++) {
        for (int t = 0; t < TARGET_COUNT; t += quick ? 3 : 1) {
            for (int i = 0; i < 4; i++) {
                test_case c = simple_case(d, t, i % 2, (d + t + i) % INPUT_KINDS, 256 * (1 + 3 * (i % 3)) + t - 1);
                c.weights = i < 2 ? USUAL_WEIGHTS : ANY_WEIGHTS;
                c.shift = t % 2;
                c.at_end = i == 3;
                run_case(&c);
                run_sync_case(&c);
            }
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
