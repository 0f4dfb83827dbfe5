/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptor of an instruction set, with which its file ends: ISA_KERNELS is its name, and isa_support() looks for
 * the instruction set in the facts of a processor.
 */
#define ELEMENT f32
#include "element_table.h"
#undef ELEMENT

#define ELEMENT f64
#include "element_table.h"
#undef ELEMENT

const exactloss_kernels ISA_KERNELS = {
    .support = isa_support,
#if defined ADDS_QUIETLY || defined ROUNDS_QUIETLY
    .is_faithful = keeps_inexact_flag,
#endif
    .decode_8 = decode_8,
    .decode_32 = decode_32,
    .decode_64 = decode_64,
    .select_8 = select_8,
    .select_16 = select_16,
    .select_32 = select_32,
    .select_64 = select_64,
    .loss_of_block =
        {
            [NUMBER_OF_TYPE(EXACTLOSS_P_FLOAT16)] = loss_of_block_f16,
            [NUMBER_OF_TYPE(EXACTLOSS_P_BFLOAT16)] = loss_of_block_bf16,
            [NUMBER_OF_TYPE(EXACTLOSS_P_FLOAT32)] = loss_of_block_f32,
            [NUMBER_OF_TYPE(EXACTLOSS_P_FLOAT64)] = loss_of_block_f64,
        },
    .span_of_weights = span_of_weights,
    .stream = stream,
    .stream_end = stream_end,
    .f16 =
        {
            .size = 2,
            .format = FLOAT16_FORMAT,
            .select = select_16,
            .sum = sum_f16,
            .sum_by_bytes = sum_by_bytes_f16,
            .sum_and_count = sum_and_count_f16,
            .widen = widen_f16,
            .narrow = narrow_f16,
            .wide_size = 4,
            .select_wide = select_32,
            .wide = &f32_kernels,
        },
    .bf16 =
        {
            .size = 2,
            .format = BFLOAT16_FORMAT,
            .select = select_16,
            .sum = sum_bf16,
            .sum_by_bytes = sum_by_bytes_bf16,
            .sum_and_count = sum_and_count_bf16,
            .widen = widen_bf16,
            .narrow = narrow_bf16,
            .wide_size = 4,
            .select_wide = select_32,
            .wide = &f32_kernels,
        },
    .f32 =
        {
            .size = 4,
            .format = FLOAT32_FORMAT,
            .select = select_32,
            .sum = sum_f32,
            .sum_by_bytes = sum_by_bytes_f32,
            .sum_and_count = sum_and_count_f32,
            .wide_size = 4,
            .select_wide = select_32,
            .wide = &f32_kernels,
        },
    .f64 =
        {
            .size = 8,
            .format = FLOAT64_FORMAT,
            .select = select_64,
            .sum = sum_f64,
            .sum_by_bytes = sum_by_bytes_f64,
            .sum_and_count = sum_and_count_f64,
            .wide_size = 8,
            .select_wide = select_64,
            .wide = &f64_kernels,
        },
};
