/* SPDX-License-Identifier: Apache-2.0 */
/* The results, as a table to read or as one JSON object. Every group is written as soon as it is measured. */
#ifndef EXACTLOSS_BENCH_REPORT_H
#define EXACTLOSS_BENCH_REPORT_H

#include "suites.h"

/* The ratio to the time of uniform values from which on a path counts as slow. */
#define SLOW_PATH_LIMIT 3.0

typedef struct report {
    int is_json;
    int rows;
    const suite *suite; /* of the last row */
    int ratios, too_slow;
    double largest_ratio;
} report;

/* gpu: the name of a GPU that is measured, or NULL. */
void report_begin(report *r, int processors, const char *gpu);
void report_group(report *r, const group *g);
void report_end(const report *r);

#endif
