/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss over DLPack: tensors of PyTorch, JAX, NumPy, CuPy and others, read and written where they lie.
 *
 *     exactloss_view p, t;
 *     int status = exactloss_dlpack_view(predictions, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU, &p, NULL);
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_dlpack_view(targets, EXACTLOSS_TARGETS, EXACTLOSS_DL_CPU, &t, NULL);
 *     }
 *     if (status == EXACTLOSS_OK && p.count != t.count) {
 *         status = EXACTLOSS_ERROR_COUNT;
 *     }
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_loss(EXACTLOSS_LOG | EXACTLOSS_MEAN | p.options | t.options, p.data, t.data, NULL,
 *                                 p.count, NULL, &loss, NULL);
 *     }
 *
 * DLPack's own header is not needed. Where it is there, a `DLTensor *` is cast to `const exactloss_dltensor *`: the
 * layouts are the same. The tensor is the member dl_tensor of a DLManagedTensor or a DLManagedTensorVersioned (of the
 * major version 1). It stays the caller's: nothing is released here.
 */
#ifndef EXACTLOSS_EXACTLOSS_DLPACK_H
#define EXACTLOSS_EXACTLOSS_DLPACK_H

#include "exactloss_view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The device that uses the memory of a tensor: DLPack's kDLCPU and kDLCUDA. */
#define EXACTLOSS_DL_CPU 1
#define EXACTLOSS_DL_CUDA 2

/* A tensor in DLPack's layout, the same in all versions so far. */
typedef struct exactloss_dltensor {
    void *data;           /* the allocation */
    int32_t device_type;  /* DLDevice: 1 CPU, 2 CUDA, 3 pinned memory of the host, 13 managed memory of CUDA ... */
    int32_t device_id;    /* which of the devices of this type */
    int32_t ndim;         /* the number of dimensions, at least 0 */
    uint8_t type_code;    /* DLDataType: 0 int, 1 uint, 2 float, 4 bfloat, 6 bool ... */
    uint8_t type_bits;    /* of an element, or of one of its lanes */
    uint16_t type_lanes;  /* 1 for scalars */
    int64_t *shape;       /* of `ndim` numbers; may be NULL where ndim is 0 */
    int64_t *strides;     /* of `ndim` numbers of elements; NULL: contiguous, in row-major order */
    uint64_t byte_offset; /* of the first element, from `data` on */
} exactloss_dltensor;

/*
 * The elements of a tensor in row-major order. Of 0 dimensions it is one element.
 *
 * tensor       contiguous: each stride is the product of the dimensions behind it, except where a dimension is 1 or the
 *              tensor has no elements
 * role         EXACTLOSS_PREDICTIONS (logits, gradients and values too): float16, bfloat16, float32, float64.
 *              EXACTLOSS_TARGETS: bool (of 8 bits), uint8, int8, int32, int64, float32, float64.
 *              EXACTLOSS_WEIGHTS: float32. EXACTLOSS_ANY_ROLE: scalars of whole bytes, of any type
 * device_type  the memory that the caller can use. EXACTLOSS_DL_CPU: also pinned and managed memory. EXACTLOSS_DL_CUDA,
 *              for exactloss_cuda.h: memory of the GPU number tensor->device_id, and managed memory
 * view         receives the view
 * fault        receives the reason of a refusal; may be NULL
 *
 * Statuses: EXACTLOSS_ERROR_NULL (the tensor, its shape, or `view`); EXACTLOSS_ERROR_ROLE (also of `device_type`);
 * EXACTLOSS_ERROR_DEVICE; EXACTLOSS_ERROR_TYPE; EXACTLOSS_ERROR_COUNT (a negative dimension, or more elements than can
 * be addressed); EXACTLOSS_ERROR_STRIDES; EXACTLOSS_ERROR_NULL (elements, but no data). The first in this order is
 * returned, and the view is not written then.
 *
 * A DLTensor does not say whether it may be written. The flag DLPACK_FLAG_BITMASK_READ_ONLY of a
 * DLManagedTensorVersioned does. Work on the tensor that is queued in a stream must be done before the memory is used, as
 * DLPack's protocol says.
 */
EXACTLOSS_API int exactloss_dlpack_view(const exactloss_dltensor *tensor, int role, int device_type,
                                        exactloss_view *view, exactloss_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
