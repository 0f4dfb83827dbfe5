/* SPDX-License-Identifier: Apache-2.0 */
/* What the views of other libraries' arrays share: the roles of a type, and faults. */
#ifndef EXACTLOSS_VIEW_H
#define EXACTLOSS_VIEW_H

#include "exactloss/exactloss_view.h"
#include "options.h"

/* A type of elements in another library's terms, and what it is here. */
typedef struct view_type {
    int code;    /* the library's */
    int bits;    /* of an element */
    int options; /* EXACTLOSS_P_*, EXACTLOSS_T_*, or both; 0: neither */
} view_type;

/* Explains a refusal, and returns its status. */
static inline int exactloss_refuse(int status, const char *problem, int64_t found, int64_t wanted,
                                   exactloss_fault *fault) {
    if (fault != NULL) {
        *fault = (exactloss_fault){problem, found, wanted};
    }
    return status;
}

static inline int exactloss_is_role(int role) { return role >= EXACTLOSS_ANY_ROLE && role <= EXACTLOSS_WEIGHTS; }

/* The options of a view, from those of its type. EXACTLOSS_ERROR_TYPE where the role can't have the type. */
int exactloss_view_options(int type_options, int role, int32_t *options, exactloss_fault *fault);

#endif
