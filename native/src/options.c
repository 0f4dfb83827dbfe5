/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "types.h"

int exactloss_check_options(int options, int allowed, int needs) {
    const target_type *targets = exactloss_target_type(options);
    const int losses = options & OPTION_LOSSES;
    const int has_bits = targets != NULL && targets->size == 0;
    if ((options & ~allowed) != 0 || (exactloss_bit_offset(options) != 0 && !has_bits)) {
        return EXACTLOSS_ERROR_OPTIONS;
    }
    if (losses > ALL_LOSSES || ((needs & NEEDS_LOSSES) != 0 && losses == 0) ||
        ((needs & NEEDS_ONE_LOSS) != 0 && !exactloss_is_one_loss(losses))) {
        return EXACTLOSS_ERROR_LOSS;
    }
    const int reduction = options & OPTION_REDUCTION;
    if ((needs & NEEDS_REDUCTION) != 0 && reduction != EXACTLOSS_MEAN && reduction != EXACTLOSS_SUM) {
        return EXACTLOSS_ERROR_REDUCTION;
    }
    return EXACTLOSS_OK;
}
