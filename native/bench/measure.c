/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define QUICK_ROUNDS 3
#define ROUND_SECONDS 0.01
#define ESTIMATED_ELEMENTS (1 << 20)

/*
 * A variant takes part in every round. One whose run takes longer than `seconds` takes part in one of `interval`
 * rounds.
 */
static const struct {
    double seconds;
    int interval;
} SLOWER[] = {{0.1, 5}, {1, ROUNDS}};

/* Uses a result, so that the compiler can't drop a run. */
static volatile double sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void variant_enter(variant *v) {
    v->team = v->threads > 1 ? team_open(v->threads) : NULL;
    if (v->backend->enter != NULL) {
        v->backend->enter(v);
    }
}

void variant_leave(variant *v) {
    if (v->team != NULL) {
        team_close(v->team);
        v->team = NULL;
    }
    if (v->backend->leave != NULL) {
        v->backend->leave(v);
    }
}

/* The time that `repeats` runs take, in seconds. */
static double time_runs(const variant *v, int64_t repeats) {
    outcome result = {.moved = 0};
    const double start = now();
    for (int64_t i = 0; i < repeats; i++) {
        v->backend->run(v, &result);
        sink = result.evaluation.mnist.mean + result.inexact_loss + (double)result.moved;
    }
    return now() - start;
}

/* The time of one run in seconds, from the first elements. */
static double estimate(const variant *v) {
    inputs first = *v->in;
    variant part = *v;
    part.in = &first;
    first.count = first.count < ESTIMATED_ELEMENTS ? first.count : ESTIMATED_ELEMENTS;
    variant_enter(&part);
    time_runs(&part, 1);
    double seconds = 0;
    int64_t runs = 1;
    for (; seconds < ROUND_SECONDS / 20; runs *= 2) {
        seconds = time_runs(&part, runs);
    }
    variant_leave(&part);
    return seconds / (double)(runs / 2) * (double)v->in->count / (double)first.count;
}

/* Finds out how many runs make a round, and in which rounds. */
static void calibrate(variant *v, double round_seconds) {
    const double each = estimate(v);
    v->repeats = each > round_seconds ? 1 : (int64_t)(round_seconds / each);
    v->interval = 1;
    for (size_t i = 0; i < sizeof SLOWER / sizeof *SLOWER; i++) {
        v->interval = each > SLOWER[i].seconds ? SLOWER[i].interval : v->interval;
    }
    v->rounds = 0;
}

static void run_round(variant *v) {
    variant_enter(v);
    time_runs(v, v->repeats > 1); /* arrays of a round's size are in no cache */
    const double seconds = time_runs(v, v->repeats);
    variant_leave(v);
    v->ns[v->rounds++] = seconds * 1e9 / (double)v->repeats / (double)v->in->count;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void show_progress(const group *g, const char *doing) {
    if (isatty(STDERR_FILENO)) {
        const inputs *in = &g->inputs[0];
        fprintf(stderr, "\r\033[K%s: %s, %s, %" PRId64 " elements: %s", g->suite->name,
                ELEMENT_TYPES[in->predictions_type].name, ELEMENT_TYPES[in->targets_type].name, in->count, doing);
    }
}

void measure_group(group *g, int is_quick) {
    const int rounds = is_quick ? QUICK_ROUNDS : ROUNDS;
    show_progress(g, "warming up");
    for (int i = 0; i < g->count; i++) {
        calibrate(&g->variants[i], is_quick ? ROUND_SECONDS / 5 : ROUND_SECONDS);
    }
    for (int round = 0; round < rounds; round++) {
        char doing[32];
        snprintf(doing, sizeof doing, "round %d of %d", round + 1, rounds);
        show_progress(g, doing);
        for (int i = 0; i < g->count; i++) {
            if (round % g->variants[i].interval == 0) {
                run_round(&g->variants[i]);
            }
        }
    }
    for (int i = 0; i < g->count; i++) {
        qsort(g->variants[i].ns, (size_t)g->variants[i].rounds, sizeof(double), ascending);
    }
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K");
    }
}

double measured_median(const variant *v) { return v->ns[v->rounds / 2]; }
