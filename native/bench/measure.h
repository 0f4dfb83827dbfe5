/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. The variants of a group take turns, round by round, so that a busy machine slows them alike. A round of a
 * variant is as many runs as fill a stretch of time, after one that brings its arrays into the caches.
 */
#ifndef EXACTLOSS_BENCH_MEASURE_H
#define EXACTLOSS_BENCH_MEASURE_H

#include "suites.h"

/* Fills in ns and rounds of each variant. is_quick: a first impression, in a fraction of the time. */
void measure_group(group *g, int is_quick);

/* Nanoseconds an element in the middle round. */
double measured_median(const variant *v);

/* Starts and ends the threads of a variant; takes its arrays to the device that it runs on, and back. */
void variant_enter(variant *v);
void variant_leave(variant *v);

#endif
