/* SPDX-License-Identifier: Apache-2.0 */
/* The types of elements that options select. What a type of predictions needs of the kernels is in cpu/kernels.h. */
#ifndef EXACTLOSS_TYPES_H
#define EXACTLOSS_TYPES_H

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

/* The type of targets in options; NULL where there is none, or an unknown one. */
const target_type *exactloss_target_type(int options);

/* The value of an element, rounded to double; of a type that is not bits. */
double exactloss_target_value(const target_type *type, const void *element);

#endif
