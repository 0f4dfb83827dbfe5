/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test can see of the fake driver, and make it do. The fake is a libcuda.so.1 of its own: a test finds it by
 * LD_LIBRARY_PATH, as the library under test does, and looks up its variable `fake_cuda`.
 *
 * Environment, read when the driver is loaded: FAKE_CUDA_FAIL_AT and FAKE_CUDA_FAIL_CODE as the fields below;
 * FAKE_CUDA_VERSION (13000), FAKE_CUDA_DEVICES (1), and FAKE_CUDA_ONLY_PTX, which makes it a driver without a binary of
 * the kernels.
 */
#ifndef FAKE_DRIVER_H
#define FAKE_DRIVER_H

typedef struct fake_cuda_state {
    long calls;           /* of functions that can fail */
    long fail_at;         /* the number of the call that fails, counted from 0; -1: none */
    int fail_code;        /* with which error */
    const char *failed;   /* the name of the call that did; NULL: none */
    long launches;        /* of kernels, executed to the end */
    long resources;       /* that live: memory, pinned memory, streams, modules, retained contexts */
    int contexts;         /* pushed by a thread and not popped yet */
    int multiprocessors;  /* what the driver says there are, and so the size of the grids */
    unsigned seed;        /* of the order in which threads run; each launch takes the next */
    unsigned long blocks; /* executed */
} fake_cuda_state;

#endif
