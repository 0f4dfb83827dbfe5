/* SPDX-License-Identifier: Apache-2.0 */
/* The types of elements that options select. The kernels of a type of predictions are in cpu/kernels.h. */
#ifndef EXACTLOSS_TYPES_H
#define EXACTLOSS_TYPES_H

#include "options.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A type of targets. One bit pattern is that of 1; those of 0 have all of some bits 0, so that floats may be -0. Hence
 * decoders need only know the width.
 */
typedef struct target_type {
    int option;         /* EXACTLOSS_T_* */
    int size;           /* of an element in bytes; 0 where elements are bits */
    uint64_t one;       /* the bits of 1 */
    uint64_t magnitude; /* the bits that are 0 where the element equals 0 */
    enum { UNSIGNED_TARGET, SIGNED_TARGET, REAL_TARGET } kind;
} target_type;

#define TARGET_TYPE_COUNT 7

extern const target_type exactloss_target_types[TARGET_TYPE_COUNT];

/* The type of targets in options; NULL where there is none, or an unknown one. */
static inline const target_type *exactloss_target_type(int options) {
    const int number = (options & OPTION_T) / EXACTLOSS_T_UINT8; /* the rows are numbered from 1 on */
    return number >= 1 && number <= TARGET_TYPE_COUNT ? &exactloss_target_types[number - 1] : NULL;
}

/* The value of an element, rounded to double; of a type that is not bits. */
double exactloss_target_value(const target_type *type, const void *element);

#endif
