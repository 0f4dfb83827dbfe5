/* SPDX-License-Identifier: Apache-2.0 */
/* Views of DLPack tensors: each type and role, shapes and strides, devices, and every refusal. */
#include "exactloss/exactloss_dlpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OPTION_P 0xf000

static double memory[64];

/* A tensor of 2 x 3 floats. */
static int64_t shape[3], strides[3];

static exactloss_dltensor floats(void) {
    memcpy(shape, (int64_t[3]){2, 3}, sizeof shape);
    memcpy(strides, (int64_t[3]){3, 1}, sizeof strides);
    return (exactloss_dltensor){.data = memory,
                                .device_type = EXACTLOSS_DL_CPU,
                                .ndim = 2,
                                .type_code = 2,
                                .type_bits = 32,
                                .type_lanes = 1,
                                .shape = shape,
                                .strides = strides};
}

/* The status of a view that must be refused, which leaves the view as it was and gives a reason. */
static int refusal(const exactloss_dltensor *tensor, int role, int device) {
    exactloss_view view = {memory, 77, 78, 79};
    exactloss_fault fault = {NULL, 5, 6};
    const int status = exactloss_dlpack_view(tensor, role, device, &view, &fault);
    assert_int_equal(status, exactloss_dlpack_view(tensor, role, device, &view, NULL));
    assert_ptr_equal(view.data, memory);
    assert_int_equal(view.count, 77);
    assert_int_equal(view.options, 78);
    assert_int_equal(view.element_size, 79);
    assert_non_null(fault.problem);
    return status;
}

static int refusal_of(const exactloss_dltensor *tensor) {
    return refusal(tensor, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU);
}

static void expect_view(const exactloss_dltensor *tensor, int role, const void *data, int64_t count, int options,
                        int size) {
    exactloss_view view;
    assert_int_equal(exactloss_dlpack_view(tensor, role, EXACTLOSS_DL_CPU, &view, NULL), EXACTLOSS_OK);
    assert_ptr_equal(view.data, data);
    assert_int_equal(view.count, count);
    assert_int_equal(view.options, options);
    assert_int_equal(view.element_size, size);
}

static void test_types(void **state) {
    static const struct {
        uint8_t code, bits;
        int options;
    } types[] = {
        {2, 16, EXACTLOSS_P_FLOAT16},
        {4, 16, EXACTLOSS_P_BFLOAT16},
        {2, 32, EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_FLOAT32},
        {2, 64, EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_FLOAT64},
        {6, 8, EXACTLOSS_T_UINT8},
        {1, 8, EXACTLOSS_T_UINT8},
        {0, 8, EXACTLOSS_T_INT8},
        {0, 32, EXACTLOSS_T_INT32},
        {0, 64, EXACTLOSS_T_INT64},
    };
    const size_t count = sizeof types / sizeof *types;
    (void)state;
    for (int code = 0; code < 20; code++) {
        for (int bits = 0; bits < 256; bits++) {
            exactloss_dltensor tensor = floats();
            int options = 0;
            for (size_t i = 0; i < count; i++) {
                options |= types[i].code == code && types[i].bits == bits ? types[i].options : 0;
            }
            tensor.type_code = (uint8_t)code;
            tensor.type_bits = (uint8_t)bits;
            if (bits == 0 || bits % 8 != 0) {
                assert_int_equal(refusal(&tensor, EXACTLOSS_ANY_ROLE, EXACTLOSS_DL_CPU), EXACTLOSS_ERROR_TYPE);
            } else {
                expect_view(&tensor, EXACTLOSS_ANY_ROLE, memory, 6, options, bits / 8);
            }
            if ((options & OPTION_P) != 0) {
                expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 6, options & OPTION_P, bits / 8);
            } else {
                assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_TYPE);
            }
            if ((options & ~OPTION_P) != 0) {
                expect_view(&tensor, EXACTLOSS_TARGETS, memory, 6, options & ~OPTION_P, bits / 8);
            } else {
                assert_int_equal(refusal(&tensor, EXACTLOSS_TARGETS, EXACTLOSS_DL_CPU), EXACTLOSS_ERROR_TYPE);
            }
            if ((options & OPTION_P) == EXACTLOSS_P_FLOAT32) {
                expect_view(&tensor, EXACTLOSS_WEIGHTS, memory, 6, 0, 4);
            } else {
                assert_int_equal(refusal(&tensor, EXACTLOSS_WEIGHTS, EXACTLOSS_DL_CPU), EXACTLOSS_ERROR_TYPE);
            }
            tensor.type_lanes = 2;
            assert_int_equal(refusal(&tensor, EXACTLOSS_ANY_ROLE, EXACTLOSS_DL_CPU), EXACTLOSS_ERROR_TYPE);
        }
    }
}

static void test_shapes(void **state) {
    exactloss_dltensor tensor = floats();
    (void)state;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 6, EXACTLOSS_P_FLOAT32, 4);
    tensor.strides = NULL;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 6, EXACTLOSS_P_FLOAT32, 4);
    tensor.byte_offset = 12;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, (char *)memory + 12, 6, EXACTLOSS_P_FLOAT32, 4);

    tensor = floats(); /* a scalar */
    tensor.ndim = 0;
    tensor.shape = tensor.strides = NULL;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 1, EXACTLOSS_P_FLOAT32, 4);

    tensor = floats(); /* the stride of a dimension of 1 says nothing */
    memcpy(shape, (int64_t[3]){1, 5, 1}, sizeof shape);
    memcpy(strides, (int64_t[3]){-7, 1, 99}, sizeof strides);
    tensor.ndim = 3;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 5, EXACTLOSS_P_FLOAT32, 4);

    tensor = floats(); /* without elements no stride does, nothing overflows, and there may be no data */
    memcpy(shape, (int64_t[3]){INT64_MAX, 0, INT64_MAX}, sizeof shape);
    tensor.ndim = 3;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, memory, 0, EXACTLOSS_P_FLOAT32, 4);
    tensor.data = NULL;
    tensor.byte_offset = 8;
    expect_view(&tensor, EXACTLOSS_PREDICTIONS, NULL, 0, EXACTLOSS_P_FLOAT32, 4);
}

static void test_strides(void **state) {
    static const int64_t bad[][2] = {{1, 2}, {6, 2}, {0, 1}, {3, 0}, {-3, 1}, {3, -1}, {4, 1}, {1, 1}};
    exactloss_view view;
    exactloss_fault fault;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        exactloss_dltensor tensor = floats();
        memcpy(strides, bad[i], sizeof bad[i]);
        assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_STRIDES);
    }
    exactloss_dltensor tensor = floats();
    strides[0] = 4;
    exactloss_dlpack_view(&tensor, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU, &view, &fault);
    assert_int_equal(fault.found, 4);
    assert_int_equal(fault.wanted, 3);
}

static void test_devices(void **state) {
    (void)state;
    for (int device = 0; device < 20; device++) {
        exactloss_dltensor tensor = floats();
        exactloss_view view;
        const int is_host = device == 1 || device == 3 || device == 11 || device == 13;
        const int is_gpu = device == 2 || device == 13;
        tensor.device_type = device;
        assert_int_equal(exactloss_dlpack_view(&tensor, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU, &view, NULL),
                         is_host ? EXACTLOSS_OK : EXACTLOSS_ERROR_DEVICE);
        assert_int_equal(exactloss_dlpack_view(&tensor, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CUDA, &view, NULL),
                         is_gpu ? EXACTLOSS_OK : EXACTLOSS_ERROR_DEVICE);
    }
    exactloss_dltensor tensor = floats();
    tensor.device_type = EXACTLOSS_DL_CUDA;
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_DEVICE);
}

static void test_other_refusals(void **state) {
    exactloss_dltensor tensor = floats();
    exactloss_view view;
    (void)state;
    assert_int_equal(refusal_of(NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_dlpack_view(&tensor, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU, NULL, NULL),
                     EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_dlpack_view(&tensor, -1, EXACTLOSS_DL_CPU, &view, NULL), EXACTLOSS_ERROR_ROLE);
    assert_int_equal(exactloss_dlpack_view(&tensor, 4, EXACTLOSS_DL_CPU, &view, NULL), EXACTLOSS_ERROR_ROLE);
    assert_int_equal(exactloss_dlpack_view(&tensor, EXACTLOSS_PREDICTIONS, 3, &view, NULL), EXACTLOSS_ERROR_ROLE);
    tensor.shape = NULL;
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_NULL);
    tensor = floats();
    tensor.data = NULL;
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_NULL);
    tensor = floats();
    tensor.ndim = -1;
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_COUNT);
    tensor = floats();
    shape[1] = -3;
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_COUNT);
    shape[0] = 0; /* also beside a dimension of 0 */
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_COUNT);
    tensor = floats();
    tensor.strides = NULL;
    memcpy(shape, (int64_t[3]){INT64_MAX / 2, 3}, sizeof shape);
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_COUNT);
    memcpy(shape, (int64_t[3]){1, PTRDIFF_MAX / 16}, sizeof shape);
    assert_int_equal(refusal_of(&tensor), EXACTLOSS_ERROR_COUNT);
}

/* What a view says can be computed with. */
static void test_loss_of_tensors(void **state) {
    float p[] = {0.9f, 0.4f, 0.2f};
    uint8_t t[] = {1, 0, 1};
    int64_t three = 3;
    exactloss_dltensor predictions = floats(), targets = floats();
    exactloss_view a, b;
    double loss;
    (void)state;
    predictions.data = p;
    targets.data = t;
    targets.type_code = 6;
    targets.type_bits = 8;
    predictions.ndim = targets.ndim = 1;
    predictions.shape = targets.shape = &three;
    predictions.strides = targets.strides = NULL;
    assert_int_equal(exactloss_dlpack_view(&predictions, EXACTLOSS_PREDICTIONS, EXACTLOSS_DL_CPU, &a, NULL), 0);
    assert_int_equal(exactloss_dlpack_view(&targets, EXACTLOSS_TARGETS, EXACTLOSS_DL_CPU, &b, NULL), 0);
    assert_int_equal(exactloss_loss(EXACTLOSS_MNIST | EXACTLOSS_MEAN | a.options | b.options, a.data, b.data, NULL,
                                    a.count, NULL, &loss, NULL),
                     0);
    assert_true(loss == 0.43333334227403003);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),   cmocka_unit_test(test_shapes),         cmocka_unit_test(test_strides),
        cmocka_unit_test(test_devices), cmocka_unit_test(test_other_refusals), cmocka_unit_test(test_loss_of_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
