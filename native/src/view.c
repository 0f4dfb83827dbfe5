/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <stddef.h>

/* For each role the options that its views have, and the message for any other type. */
static const struct role {
    int options;
    const char *problem;
} ROLES[] = {
    [EXACTLOSS_ANY_ROLE] = {OPTION_P | OPTION_T, NULL},
    [EXACTLOSS_PREDICTIONS] = {OPTION_P, "the type must be float16, bfloat16, float32 or float64; convert the array"},
    [EXACTLOSS_TARGETS] = {OPTION_T, "the type must be bool, uint8, int8, int32, int64, float32 or float64; convert "
                                     "the array"},
    [EXACTLOSS_WEIGHTS] = {OPTION_P, "the type must be float32; convert the array"},
};

int exactloss_view_options(int type_options, int role, int32_t *options, exactloss_fault *fault) {
    const int own = type_options & ROLES[role].options, is_weights = role == EXACTLOSS_WEIGHTS;
    if (is_weights ? own != EXACTLOSS_P_FLOAT32 : own == 0 && role != EXACTLOSS_ANY_ROLE) {
        return exactloss_refuse(EXACTLOSS_ERROR_TYPE, ROLES[role].problem, 0, 0, fault);
    }
    *options = is_weights ? 0 : own;
    return EXACTLOSS_OK;
}
