/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cuda_absence_test REASON: without a GPU that can be used, all that needs one says so, with this reason, at the first
 * call and at every later one; and what needs none works.
 */
#include "exactloss/exactloss_cuda.h"

#include <stdio.h>
#include <string.h>

static const char *reason;

static int expect(int status, int wanted, const char *text) {
    if (status == wanted && strstr(exactloss_cuda_error(), text) != NULL) {
        return 0;
    }
    printf("FAILED: status %d, \"%s\", and not %d, \"%s\"\n", status, exactloss_cuda_error(), wanted, text);
    return 1;
}

static int is_unavailable(int status) { return expect(status, EXACTLOSS_CUDA_ERROR_UNAVAILABLE, reason); }

int main(int argc, char **argv) {
    exactloss_cuda_device *device = (exactloss_cuda_device *)&reason;
    exactloss_cuda_device_info info;
    double loss;
    int count = 7, failures = 0;
    if (argc != 2 || strlen(exactloss_cuda_error()) != 0 ||
        exactloss_cuda_abi_version() != EXACTLOSS_CUDA_ABI_VERSION) {
        return 2;
    }
    reason = argv[1];
    for (int i = 0; i < 2; i++) {
        failures += is_unavailable(exactloss_cuda_device_count(&count)) + (count != 0);
        failures += is_unavailable(exactloss_cuda_get_device_info(0, &info));
        failures += is_unavailable(exactloss_cuda_open(0, &device)) + (device != NULL);
        failures += expect(exactloss_cuda_open(0, NULL), EXACTLOSS_ERROR_NULL, "NULL");
        failures += expect(
            exactloss_cuda_loss_sync(NULL, EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8,
                                     NULL, NULL, NULL, 0, &loss, NULL),
            EXACTLOSS_ERROR_NULL, "NULL");
        failures += exactloss_cuda_close(NULL) != EXACTLOSS_OK;
    }
    printf("%s\n", exactloss_cuda_device_count(&count) == EXACTLOSS_OK ? "" : exactloss_cuda_error());
    return failures != 0;
}
