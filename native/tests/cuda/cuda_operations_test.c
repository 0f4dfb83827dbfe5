/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation of libexactloss_cuda.so on a fake driver, which runs the kernels on the processor, against the portable
 * kernels: the byte forms of accumulators, and the bits of gradients, are equal.
 *
 *     LD_LIBRARY_PATH=FOLDER-OF-THE-FAKE EXACTLOSS_MAX_ISA=portable cuda_operations_test [quick]
 */
#include "cases.h"
#include "fake_driver.h"
#include "suites.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void check_nothing_is_left(const fake_cuda_state *fake) {
    if (fake->resources != 0 || fake->contexts != 0) {
        fail("%ld resources are left, %d contexts are current", fake->resources, fake->contexts);
    }
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    fake_cuda_state *fake = library == NULL ? NULL : dlsym(library, "fake_cuda");
    if (fake == NULL) {
        printf("FAILED: LD_LIBRARY_PATH leads to no fake libcuda.so.1\n");
        return 1;
    }
    fake->multiprocessors = 2; /* and so up to 4 blocks; 2 and 18 below */
    open_cases(0);
    test_sizes(quick);
    test_weights(quick);
    test_losses(quick);
    test_alignments(quick);
    test_equal_values(quick);
    test_ties();
    close_cases();
    check_nothing_is_left(fake);
    fake->multiprocessors = 1;
    open_cases(0);
    test_lengths();
    test_random(quick ? 30 : 300);
    close_cases();
    check_nothing_is_left(fake);
    fake->multiprocessors = 9;
    open_cases(0);
    test_random(quick ? 10 : 300);
    close_cases();
    check_nothing_is_left(fake);
    printf("%ld kernel launches executed, %lu blocks of threads: all bits equal to the portable kernels'\n",
           fake->launches, fake->blocks);
    return 0;
}
