/* SPDX-License-Identifier: Apache-2.0 */
/* The meanings of the statuses. */
#include "exactloss/exactloss.h"

const char *exactloss_status_string(int status) {
    switch (status) {
        case EXACTLOSS_OK:
            return "no error";
        case EXACTLOSS_ERROR_NULL:
            return "a required pointer is NULL";
        case EXACTLOSS_ERROR_COUNT:
            return "a count, a stride or a divisor is negative, too small or too large to address";
        case EXACTLOSS_ERROR_TYPE:
            return "the options have no type, or an unknown one, of predictions or targets";
        case EXACTLOSS_ERROR_REDUCTION:
            return "the options have no reduction, or both";
        case EXACTLOSS_ERROR_OPTIONS:
            return "the options have a bit that the function does not take";
        case EXACTLOSS_ERROR_THRESHOLD:
            return "a threshold is NaN, or two accumulators differ in theirs";
        case EXACTLOSS_ERROR_STRICT:
            return "strict mode refused a prediction outside [0, 1], a logit that is NaN, or a target other than 0 or "
                   "1";
        case EXACTLOSS_ERROR_ACCUMULATOR:
            return "the memory is no initialised accumulator";
        case EXACTLOSS_ERROR_OVERFLOW:
            return "an accumulator would count more than 2^63-1 elements";
        case EXACTLOSS_ERROR_SIZE:
            return "the size of a buffer, a struct or a byte form is out of range";
        case EXACTLOSS_ERROR_FORMAT:
            return "the bytes are no accumulator, or one of an unknown version";
        case EXACTLOSS_ERROR_MAX_ISA:
            return "EXACTLOSS_MAX_ISA is the name of no instruction set";
        case EXACTLOSS_ERROR_WEIGHT:
            return "a weight is negative, NaN or infinite";
        case EXACTLOSS_ERROR_LOSS:
            return "the options have no loss, an unknown one, too many, or not the accumulator's";
        case EXACTLOSS_ERROR_ALIGNMENT:
            return "an accumulator is not aligned to 8 bytes";
        case EXACTLOSS_ERROR_METRIC:
            return "there is no such metric, or a beta is negative, NaN or infinite";
        case EXACTLOSS_ERROR_ROLE:
            return "there is no such role of an array, or no such type of device";
        case EXACTLOSS_ERROR_DEVICE:
            return "the tensor is in the memory of another device";
        case EXACTLOSS_ERROR_STRIDES:
            return "the tensor is not contiguous";
        case EXACTLOSS_ERROR_RELEASED:
            return "the ArrowSchema or the ArrowArray was released";
        case EXACTLOSS_ERROR_CHILD:
            return "the struct has no child of this name, or several";
        case EXACTLOSS_ERROR_ARRAY:
            return "the ArrowArray contradicts itself or its ArrowSchema";
        default:
            return "unknown status";
    }
}
