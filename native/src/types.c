/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include "exactloss/exactloss.h"
#include "options.h"

#include <string.h>

const target_type exactloss_target_types[TARGET_TYPE_COUNT] = {
    {EXACTLOSS_T_UINT8, 1, 1, UINT8_MAX, UNSIGNED_TARGET},
    {EXACTLOSS_T_INT8, 1, 1, UINT8_MAX, SIGNED_TARGET},
    {EXACTLOSS_T_INT32, 4, 1, UINT32_MAX, SIGNED_TARGET},
    {EXACTLOSS_T_INT64, 8, 1, UINT64_MAX, SIGNED_TARGET},
    {EXACTLOSS_T_FLOAT32, 4, 0x3f800000, INT32_MAX, REAL_TARGET},
    {EXACTLOSS_T_FLOAT64, 8, 0x3ff0000000000000, INT64_MAX, REAL_TARGET},
    {EXACTLOSS_T_BITS, 0, 1, 1, UNSIGNED_TARGET},
};

double exactloss_target_value(const target_type *type, const void *element) {
    uint8_t byte;
    int32_t word;
    int64_t long_word;
    float real;
    double wide;
    switch (type->size) {
        case 1:
            memcpy(&byte, element, sizeof byte);
            return type->kind == SIGNED_TARGET ? (double)(int8_t)byte : (double)byte;
        case 4:
            memcpy(&word, element, sizeof word);
            memcpy(&real, element, sizeof real);
            return type->kind == REAL_TARGET ? (double)real : (double)word;
        default:
            memcpy(&long_word, element, sizeof long_word);
            memcpy(&wide, element, sizeof wide);
            return type->kind == REAL_TARGET ? wide : (double)long_word;
    }
}
