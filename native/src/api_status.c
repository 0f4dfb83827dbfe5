/* SPDX-License-Identifier: Apache-2.0 */
/* What the statuses mean. */
#include "exactloss/exactloss.h"

const char *exactloss_status_string(int status) {
    switch (status) {
        case EXACTLOSS_OK:
            return "no error";
        case EXACTLOSS_ERROR_NULL:
            return "a required pointer is NULL";
        case EXACTLOSS_ERROR_COUNT:
            return "a count or offset is negative or too large to address";
        case EXACTLOSS_ERROR_DTYPE:
            return "an element type is unknown or not allowed here";
        case EXACTLOSS_ERROR_REDUCTION:
            return "a reduction is unknown or not allowed here";
        case EXACTLOSS_ERROR_FLAGS:
            return "flags has a bit that means nothing";
        case EXACTLOSS_ERROR_THRESHOLD:
            return "a threshold is NaN, or two accumulators differ in theirs";
        case EXACTLOSS_ERROR_STRICT:
            return "strict mode refused a prediction outside [0, 1], a logit that is NaN, or a target other than 0 or "
                   "1";
        case EXACTLOSS_ERROR_ACCUMULATOR:
            return "the memory is no initialised accumulator";
        case EXACTLOSS_ERROR_OVERFLOW:
            return "an accumulator would count more than 2^63-1 elements";
        case EXACTLOSS_ERROR_BUFFER:
            return "a byte buffer has the wrong size";
        case EXACTLOSS_ERROR_FORMAT:
            return "the bytes are no accumulator, or one of an unknown version";
        case EXACTLOSS_ERROR_MAX_ISA:
            return "EXACTLOSS_MAX_ISA has a value other than portable, avx2 or avx512";
        case EXACTLOSS_ERROR_WEIGHT:
            return "a weight is negative, NaN or infinite";
        default:
            return "unknown status";
    }
}
