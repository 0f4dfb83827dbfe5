/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

static exactloss_decode *decoder_of(const exactloss_kernels *kernels, const target_type *type) {
    switch (type->size) {
        case 1:
            return kernels->decode_8;
        case 4:
            return kernels->decode_32;
        case 8:
            return kernels->decode_64;
        default:
            return exactloss_decode_bits;
    }
}

int exactloss_open_batch(batch *b, int options, int allowed, int needs) {
    b->kernels = exactloss_dispatch();
    if (b->kernels == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    b->target_type = exactloss_target_type(options);
    const int status = exactloss_check_options(options, allowed, needs);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    b->type = exactloss_real_type(b->kernels, options);
    if (b->type == NULL || b->target_type == NULL) {
        return EXACTLOSS_ERROR_TYPE;
    }
    b->decode = decoder_of(b->kernels, b->target_type);
    b->first_target = exactloss_bit_offset(options);
    b->losses = options & OPTION_LOSSES;
    b->is_strict = (options & EXACTLOSS_STRICT) != 0;
    b->is_logits = (options & EXACTLOSS_FROM_LOGITS) != 0;
    b->is_clamped = (options & EXACTLOSS_CLAMP) != 0;
    b->is_unchecked = b->is_strict || b->weights != NULL;
    return exactloss_is_range(0, b->count) ? EXACTLOSS_OK : EXACTLOSS_ERROR_COUNT;
}

int exactloss_open_gradient(const batch *b, int options, double upstream, int64_t divisor, gradient_output *gradient) {
    if (divisor < 1) {
        return EXACTLOSS_ERROR_COUNT;
    }
    if (gradient->array == NULL && b->count > 0) {
        return EXACTLOSS_ERROR_NULL;
    }
    gradient->loss = exactloss_first_loss(options & OPTION_LOSSES);
    gradient->is_accumulated = (options & EXACTLOSS_ACCUMULATE) != 0;
    exactloss_gradient_factor(b, upstream, divisor, gradient);
    return EXACTLOSS_OK;
}
