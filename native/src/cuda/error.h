/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the last error, one for each thread. */
#ifndef EXACTLOSS_CUDA_ERROR_H
#define EXACTLOSS_CUDA_ERROR_H

#include "exactloss/exactloss_cuda.h"

#define ERROR_SIZE 512

/* Sets the text, of which the first ERROR_SIZE - 1 bytes are kept, and returns the status. */
__attribute__((format(printf, 2, 3))) int exactloss_cuda_fail(int status, const char *format, ...);

/* The same for a status of exactloss.h, which has a text: EXACTLOSS_OK sets nothing. */
int exactloss_cuda_explain(int status);

#endif
