/* SPDX-License-Identifier: Apache-2.0 */
/* The operations whose result is an array of the batch's type. */
#include "block.h"

void exactloss_batch_values(const batch *b, unsigned char *values) {
    const real_type *type = b->type;
    const int loss = exactloss_first_loss(b->losses);
    const loss_kernels *kernels = &type->wide->losses[loss];
    const int is_copied = !b->is_logits && b->weights == NULL && exactloss_losses[loss].linear == 1;
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_open_block(b, start, &work, &k);
        unsigned char *out = values + type->size * start;
        void *wide = type->narrow == NULL ? (void *)out : work.values;
        if (b->is_logits) {
            kernels->from_logits(k.predictions, k.mask, k.count, NULL, (logit_outputs){.values = wide});
        } else {
            kernels->values(k.predictions, k.mask, k.count, wide);
        }
        exactloss_clamp_values(b, loss, k.count, wide);
        if (k.weights.array != NULL) {
            type->wide->multiply(k.weights.array, k.count, wide);
        }
        if (type->narrow != NULL && is_copied) {
            /* The predictions themselves, where they are the distances: a NaN keeps its bits. */
            type->narrow(work.values, k.count, work.narrow);
            type->select(k.mask, work.narrow, 0, b->predictions + type->size * start, 0, k.count, out);
        } else if (type->narrow != NULL) {
            type->narrow(work.values, k.count, out);
        }
    }
}

void exactloss_batch_sigmoid(const batch *b, unsigned char *sigmoids) {
    const real_type *type = b->type;
    workspace work;
    block k;
    for (int64_t start = 0; start < b->count; start += k.count) {
        exactloss_place_block(b, start, WORK_BYTES / type->wide_size, &k);
        unsigned char *out = sigmoids + type->size * start;
        if (type->widen == NULL) {
            type->wide->sigmoid(k.predictions, k.count, out);
        } else {
            type->widen(k.predictions, k.count, work.inputs);
            type->wide->sigmoid(work.inputs, k.count, work.predictions);
            type->narrow(work.predictions, k.count, out);
        }
    }
}
