/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <string.h>

/* Defines a function that reads a target of a type. */
#define DEFINE_VALUE(name, type)                                                                                       \
    static double name(const void *targets, int64_t i) {                                                               \
        type value;                                                                                                    \
        memcpy(&value, (const unsigned char *)targets + (int64_t)sizeof value * i, sizeof value);                      \
        return (double)value;                                                                                          \
    }

DEFINE_VALUE(value_u8, unsigned char)
DEFINE_VALUE(value_i32, int32_t)
DEFINE_VALUE(value_i64, int64_t)
DEFINE_VALUE(value_f32, float)
DEFINE_VALUE(value_f64, double)

static int use_targets(batch *b, exactloss_decode *decode, double (*value)(const void *, int64_t)) {
    b->decode = decode;
    b->target_value = value;
    return EXACTLOSS_OK;
}

/* Fills in what depends on the type of the targets. Bits need no value: strict mode refuses none of them. */
static int set_target_type(int dtype, batch *b) {
    switch (dtype) {
        case EXACTLOSS_UINT8:
            return use_targets(b, b->kernels->decode_u8, value_u8);
        case EXACTLOSS_INT32:
            return use_targets(b, b->kernels->decode_i32, value_i32);
        case EXACTLOSS_INT64:
            return use_targets(b, b->kernels->decode_i64, value_i64);
        case EXACTLOSS_FLOAT32:
            return use_targets(b, b->kernels->decode_f32, value_f32);
        case EXACTLOSS_FLOAT64:
            return use_targets(b, b->kernels->decode_f64, value_f64);
        case EXACTLOSS_BITS:
            return use_targets(b, exactloss_decode_bits, NULL);
        default:
            return EXACTLOSS_ERROR_DTYPE;
    }
}

const real_type *exactloss_real_type(const exactloss_kernels *kernels, int dtype) {
    switch (dtype) {
        case EXACTLOSS_FLOAT16:
            return &kernels->f16;
        case EXACTLOSS_BFLOAT16:
            return &kernels->bf16;
        case EXACTLOSS_FLOAT32:
            return &kernels->f32;
        case EXACTLOSS_FLOAT64:
            return &kernels->f64;
        default:
            return NULL;
    }
}

int exactloss_is_matrix(int64_t rows, int64_t columns, int64_t stride, int64_t offset) {
    if (rows < 0 || stride < 0 || !exactloss_is_range(offset, columns)) {
        return 0;
    }
    if (rows <= 1) {
        return 1;
    }
    return stride <= INT64_MAX / 2 / rows && columns <= INT64_MAX / rows &&
           exactloss_is_range(offset + stride * (rows - 1), columns);
}

int exactloss_open_targets(batch *b, int gradient_dtype, int targets_dtype, int flags, int allowed_flags) {
    b->kernels = exactloss_dispatch();
    if (b->kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    if (!exactloss_is_range(b->targets_offset, b->count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if ((flags & ~allowed_flags) != 0) {
        return EXACTLOSS_ERROR_FLAGS;
    }
    b->is_strict = (flags & EXACTLOSS_STRICT) != 0;
    b->is_logits = (flags & EXACTLOSS_LOGITS) != 0;
    b->type = exactloss_real_type(b->kernels, gradient_dtype);
    if (b->type == NULL) {
        return EXACTLOSS_ERROR_DTYPE;
    }
    if (b->targets == NULL && b->count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    return set_target_type(targets_dtype, b);
}

int exactloss_open_batch(batch *b, int predictions_dtype, int targets_dtype, int flags, int allowed_flags) {
    const int status = exactloss_open_targets(b, predictions_dtype, targets_dtype, flags, allowed_flags);
    return status == EXACTLOSS_OK && b->predictions == NULL && b->count > 0 ? EXACTLOSS_ERROR_NULL : status;
}

int exactloss_open_weighted(batch *b, int predictions_dtype, int targets_dtype, const void *weights, int flags) {
    const int status = exactloss_open_batch(b, predictions_dtype, targets_dtype, flags, LOSS_FLAGS);
    b->weights = weights;
    return status == EXACTLOSS_OK && weights == NULL && b->count > 0 ? EXACTLOSS_ERROR_NULL : status;
}
