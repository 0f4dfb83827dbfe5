/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last[ERROR_SIZE];

int exactloss_cuda_fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last, sizeof last, format, arguments);
    va_end(arguments);
    return status;
}

int exactloss_cuda_explain(int status) {
    return status == EXACTLOSS_OK ? status : exactloss_cuda_fail(status, "%s", exactloss_status_string(status));
}

const char *exactloss_cuda_error(void) { return last; }
