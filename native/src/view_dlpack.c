/* SPDX-License-Identifier: Apache-2.0 */
/* Views of DLPack's tensors. */
#include "exactloss/exactloss_dlpack.h"
#include "view.h"

#include <stddef.h>

/* DLDeviceType, beside the two of exactloss_dlpack.h. */
enum { DL_CUDA_HOST = 3, DL_ROCM_HOST = 11, DL_CUDA_MANAGED = 13 };

/* DLDataTypeCode. */
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_BOOL = 6 };

static const view_type TYPES[] = {
    {DL_FLOAT, 16, EXACTLOSS_P_FLOAT16},
    {DL_BFLOAT, 16, EXACTLOSS_P_BFLOAT16},
    {DL_FLOAT, 32, EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_FLOAT32},
    {DL_FLOAT, 64, EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_FLOAT64},
    {DL_BOOL, 8, EXACTLOSS_T_UINT8},
    {DL_UINT, 8, EXACTLOSS_T_UINT8},
    {DL_INT, 8, EXACTLOSS_T_INT8},
    {DL_INT, 32, EXACTLOSS_T_INT32},
    {DL_INT, 64, EXACTLOSS_T_INT64},
};

static int is_usable(int32_t type, int wanted) {
    if (wanted == EXACTLOSS_DL_CUDA) {
        return type == EXACTLOSS_DL_CUDA || type == DL_CUDA_MANAGED;
    }
    return type == EXACTLOSS_DL_CPU || type == DL_CUDA_HOST || type == DL_ROCM_HOST || type == DL_CUDA_MANAGED;
}

static int options_of(const exactloss_dltensor *tensor) {
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (TYPES[i].code == tensor->type_code && TYPES[i].bits == tensor->type_bits && tensor->type_lanes == 1) {
            return TYPES[i].options;
        }
    }
    return 0;
}

/* The number of elements: EXACTLOSS_OK, or an error. */
static int count_elements(const exactloss_dltensor *tensor, int64_t *count, exactloss_fault *fault) {
    int is_negative = tensor->ndim < 0;
    *count = 1;
    for (int i = 0; i < tensor->ndim; i++) {
        is_negative |= tensor->shape[i] < 0;
        *count = tensor->shape[i] == 0 ? 0 : *count; /* a product of the others could overflow */
    }
    if (is_negative) {
        return exactloss_refuse(EXACTLOSS_ERROR_COUNT, "the tensor has a negative dimension", 0, 0, fault);
    }
    for (int i = 0; *count > 0 && i < tensor->ndim; i++) {
        if (*count > PTRDIFF_MAX / 128 / tensor->shape[i]) {
            return exactloss_refuse(EXACTLOSS_ERROR_COUNT, "the tensor has more elements than can be addressed", 0, 0,
                                    fault);
        }
        *count *= tensor->shape[i];
    }
    return EXACTLOSS_OK;
}

static int check_strides(const exactloss_dltensor *tensor, int64_t count, exactloss_fault *fault) {
    int64_t wanted = 1;
    for (int i = tensor->ndim - 1; i >= 0 && count > 0 && tensor->strides != NULL; i--) {
        if (tensor->shape[i] != 1 && tensor->strides[i] != wanted) {
            return exactloss_refuse(EXACTLOSS_ERROR_STRIDES,
                                    "the tensor is not contiguous in row-major order: make a contiguous copy; a stride "
                                    "in elements is",
                                    tensor->strides[i], wanted, fault);
        }
        wanted *= tensor->shape[i];
    }
    return EXACTLOSS_OK;
}

int exactloss_dlpack_view(const exactloss_dltensor *tensor, int role, int device_type, exactloss_view *view,
                          exactloss_fault *fault) {
    int64_t count = 0;
    int32_t options = 0;
    if (tensor == NULL || view == NULL || (tensor->ndim > 0 && tensor->shape == NULL)) {
        return exactloss_refuse(EXACTLOSS_ERROR_NULL, "there is no tensor, or it has no shape", 0, 0, fault);
    }
    if (!exactloss_is_role(role) || (device_type != EXACTLOSS_DL_CPU && device_type != EXACTLOSS_DL_CUDA)) {
        return exactloss_refuse(EXACTLOSS_ERROR_ROLE, exactloss_status_string(EXACTLOSS_ERROR_ROLE), 0, 0, fault);
    }
    if (!is_usable(tensor->device_type, device_type)) {
        return exactloss_refuse(EXACTLOSS_ERROR_DEVICE,
                                "the tensor is in the memory of another device: move it; DLPack's number of its "
                                "type is",
                                tensor->device_type, device_type, fault);
    }
    int status = exactloss_view_options(options_of(tensor), role, &options, fault);
    if (status == EXACTLOSS_OK && (tensor->type_bits % 8 != 0 || tensor->type_bits == 0 || tensor->type_lanes != 1)) {
        status = exactloss_refuse(EXACTLOSS_ERROR_TYPE, "an element must be one scalar of whole bytes", 0, 0, fault);
    }
    if (status == EXACTLOSS_OK) {
        status = count_elements(tensor, &count, fault);
    }
    if (status == EXACTLOSS_OK) {
        status = check_strides(tensor, count, fault);
    }
    if (status == EXACTLOSS_OK && count > 0 && tensor->data == NULL) {
        status = exactloss_refuse(EXACTLOSS_ERROR_NULL, "the tensor has elements, but no data", 0, 0, fault);
    }
    if (status == EXACTLOSS_OK) {
        const unsigned char *data = tensor->data;
        *view = (exactloss_view){count > 0 ? data + tensor->byte_offset : data, count, options, tensor->type_bits / 8};
    }
    return status;
}
