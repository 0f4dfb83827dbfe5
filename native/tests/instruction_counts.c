/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls each AVX2 kernel whose speed matters once, on a whole block, in a function of its own: what
 * instruction_counts_test.sh counts. And once the whole library, on few elements.
 */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <stdint.h>

#define DOUBLES (BLOCK / 2)
#define KERNELS_UNDER_TEST exactloss_kernels_avx2

extern const exactloss_kernels KERNELS_UNDER_TEST;

static float floats[BLOCK], logits[BLOCK], small[BLOCK], results[BLOCK], gradient[BLOCK];
static double doubles[DOUBLES];
static uint16_t halves[BLOCK], bfloats[BLOCK];
static unsigned char bytes[BLOCK];
static uint64_t mask[MASK_WORDS];
static exact_sum sum;
static summation s = {.sum = &sum};
static volatile int found;

/* Every value is on the fast path of its kernel, except `small`, which needs three parts. */
static void fill(void) {
    uint32_t random = 1;
    for (int i = 0; i < BLOCK; i++) {
        random = random * 1664525 + 1013904223;
        floats[i] = (float)(random >> 9 | 1) * 0x1p-23f * 0.5f + 0.25f;
        logits[i] = 8 * floats[i] - 4;
        small[i] = i % 2 == 0 ? floats[i] : floats[i] * 0x1p-30f;
        halves[i] = (uint16_t)(0x3800 + (random >> 22));
        bfloats[i] = (uint16_t)(0x3e80 + (random >> 24));
        bytes[i] = (unsigned char)(random >> 31);
        if (i < DOUBLES) {
            doubles[i] = (double)floats[i];
        }
    }
}

static void begin(void) {
    exactloss_sum_init(&sum);
    s.unusual_blocks = 0;
}

#define COUNTED(name) __attribute__((noinline)) static void counted_##name(void)

COUNTED(decode_8) { found = KERNELS_UNDER_TEST.decode_8(bytes, 0, BLOCK, 1, UINT8_MAX, mask); }
COUNTED(sum_f32) { KERNELS_UNDER_TEST.f32.sum(floats, mask, found, BLOCK, &s); }
COUNTED(sum_f32_three_parts) { KERNELS_UNDER_TEST.f32.sum(small, mask, found, BLOCK, &s); }
COUNTED(sum_f64) { KERNELS_UNDER_TEST.f64.sum(doubles, mask, found, DOUBLES, &s); }
COUNTED(sum_f16) { KERNELS_UNDER_TEST.f16.sum(halves, mask, found, BLOCK, &s); }
COUNTED(sum_bf16) { KERNELS_UNDER_TEST.bf16.sum(bfloats, mask, found, BLOCK, &s); }
COUNTED(sum_and_count_f32) {
    int common;
    found = KERNELS_UNDER_TEST.f32.sum_and_count(floats, mask, found, BLOCK, 0.5, &common, &s);
}
COUNTED(select_32) {
    static const float MINUS = -1, PLUS = 1;
    KERNELS_UNDER_TEST.select_32(mask, &MINUS, 1, &PLUS, 1, BLOCK, gradient);
}
COUNTED(logits_f32) {
    static const float ONE = 1;
    const logit_outputs to = {.distances = results, .gradient = gradient};
    KERNELS_UNDER_TEST.f32.wide->losses[LOSS_MNIST].from_logits(logits, mask, BLOCK, &ONE, to);
}
COUNTED(sum_squares_f32) {
    KERNELS_UNDER_TEST.f32.wide->sum_squares(floats, (block_weights){NULL, {0, 0, 0}}, mask, BLOCK, &s);
}
COUNTED(log_f32) { KERNELS_UNDER_TEST.f32.wide->losses[LOSS_LOG].values(floats, mask, BLOCK, results); }
COUNTED(log_of_logits_f32) {
    static const float ONE = 1;
    const logit_outputs to = {.values = results, .gradient = gradient};
    KERNELS_UNDER_TEST.f32.wide->losses[LOSS_LOG].from_logits(logits, mask, BLOCK, &ONE, to);
}

/* The public function: a call on few elements. */
static double loss;
static void call(void) {
    found = exactloss_loss(EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8, floats, bytes,
                           NULL, 64, NULL, &loss, NULL);
}
COUNTED(call_64) { call(); }

/*
 * Each sum is a new one: an old one expects blocks like those that it met. Valgrind keeps no inexact flag. So the library
 * would choose other kernels by itself, and a block off the fast path must be announced.
 */
int main(void) {
    atomic_store(&exactloss_chosen_kernels, &KERNELS_UNDER_TEST);
    fill();
    counted_decode_8();
    begin();
    counted_sum_f32();
    begin();
    s.unusual_blocks = 1;
    counted_sum_f32_three_parts();
    begin();
    counted_sum_f64();
    begin();
    counted_sum_f16();
    begin();
    counted_sum_bf16();
    begin();
    counted_sum_and_count_f32();
    counted_select_32();
    counted_logits_f32();
    begin();
    counted_sum_squares_f32();
    counted_log_f32();
    counted_log_of_logits_f32();
    call(); /* the first one binds functions */
    counted_call_64();
    return 0;
}
