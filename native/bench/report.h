/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured, as a table to read or as one JSON object. Every group is written as soon as it is measured. */
#ifndef EXACTLOSS_BENCH_REPORT_H
#define EXACTLOSS_BENCH_REPORT_H

#include "suites.h"

/* A path for some values counts as slow where it takes more than so many times what uniform ones take. */
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
