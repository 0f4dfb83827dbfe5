/* SPDX-License-Identifier: Apache-2.0 */
/* What an accumulator on a device is. */
#ifndef EXACTLOSS_CUDA_ACCUMULATOR_H
#define EXACTLOSS_CUDA_ACCUMULATOR_H

#include "device.h"

struct exactloss_cuda_accumulator {
    exactloss_cuda_device *device;
    device_sum *sum;
    int losses;
    double threshold;
};

#endif
