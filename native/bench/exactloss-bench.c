/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss-bench: how fast the library is on this machine, next to loops that move the same bytes and to an inexact
 * mean. suites.c has the measured operations, measure.c the method, and report.c the meaning of the columns.
 */
#include "check.h"
#include "measure.h"
#include "report.h"

#include <stdio.h>
#include <string.h>

#define MORE_THREADS 3 /* than processors, perhaps: a number that divides little evenly */

typedef struct options {
    int is_json, is_check, is_quick;
    const char *suite; /* NULL: all that need no request */
} options;

static const char USAGE[] = "usage: exactloss-bench [--json] [--quick] [--suite NAME]\n"
                            "       exactloss-bench --check\n"
                            "       exactloss-bench --help\n";

static const char HELP[] =
    "\n"
    "Measures the operations of exactloss on this machine. A full run takes some minutes, and up "
    "to 3 GiB of memory.\n\n"
    "  --json         one JSON object on standard output instead of a table\n"
    "  --quick        to try it out: fewer and shorter rounds, and a quarter of the largest size\n"
    "  --suite NAME   only this part of the table; those in brackets run only so: cuda where there is a GPU, "
    "everything\n"
    "                 for hours, in up to 5 GiB:\n";

static const char MORE_HELP[] = "  --check        measure nothing, but compare the bits that all variants give\n";

static int find_suite(const char *name) {
    for (int s = 0; s < SUITE_COUNT; s++) {
        if (strcmp(SUITES[s].name, name) == 0) {
            return s;
        }
    }
    return -1;
}

static void print_help(void) {
    printf("%s%s", USAGE, HELP);
    for (int s = 0; s < SUITE_COUNT; s++) {
        if (find_suite(SUITES[s].name) == s) { /* some suites are parts of one name */
            printf(SUITES[s].is_on_request ? "                   (%s)\n" : "                   %s\n", SUITES[s].name);
        }
    }
    printf("%s", MORE_HELP);
}

/* -1: go on; otherwise the exit status. */
static int read_options(int argc, char **argv, options *o) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            return 0;
        }
        if (strcmp(argv[i], "--json") == 0) {
            o->is_json = 1;
        } else if (strcmp(argv[i], "--suite") == 0) {
            o->suite = i + 1 < argc ? argv[++i] : "";
            if (find_suite(o->suite) < 0) {
                fprintf(stderr, "exactloss-bench: there is no suite \"%s\"; see exactloss-bench --help\n", o->suite);
                return 2;
            }
        } else if (strcmp(argv[i], "--check") == 0) {
            o->is_check = 1;
        } else if (strcmp(argv[i], "--quick") == 0) {
            o->is_quick = 1;
        } else {
            fprintf(stderr, "exactloss-bench: there is no argument \"%s\"; see exactloss-bench --help\n", argv[i]);
            return 2;
        }
    }
    if (o->is_check && (o->is_json || o->is_quick || o->suite != NULL)) {
        fprintf(stderr, "exactloss-bench: --check takes no other option\n%s", USAGE);
        return 2;
    }
    return -1;
}

/* The plan of a suite for one size. */
static plan plan_for(const suite *s, const plan *all, int64_t elements) {
    plan p = {.backend_count = all->backend_count, .threads = {1}, .thread_count = 1, .elements = elements};
    memcpy(p.backends, all->backends, sizeof p.backends);
    if (s->is_threaded && all->threads[0] > 1) {
        p.threads[p.thread_count++] = all->threads[0];
    }
    if (s->by == ON_GPU) {
        p.backends[0] = all->gpu;
        p.backend_count = 1;
    }
    if (s->by == BEST_ISA) {
        p.backends[0] = all->backends[all->backend_count - 1];
        p.backend_count = 1;
    }
    if (s->by == PUBLIC_FUNCTIONS) {
        p.backends[p.backend_count++] = backend_public();
        p.is_public_only = 1;
    }
    return p;
}

typedef struct run {
    const options *options;
    report report;
} run;

static void measure_and_report(group *g, void *context) {
    run *r = context;
    measure_group(g, r->options->is_quick);
    report_group(&r->report, g);
}

static int check(const plan *all) {
    plan p = {.backend_count = all->backend_count, .threads = {1, all->threads[0], MORE_THREADS}, .thread_count = 3};
    memcpy(p.backends, all->backends, sizeof p.backends);
    p.backends[p.backend_count++] = backend_public();
    p.backends[p.backend_count] = backend_cuda();
    p.backend_count += p.backends[p.backend_count] != NULL;
    return check_suites(&p) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    options o = {.suite = NULL};
    const int status = read_options(argc, argv, &o);
    if (status >= 0) {
        return status;
    }
    plan all = {.threads = {team_processors()}};
    all.backend_count = backends_list(all.backends);
    if (o.is_check) {
        return check(&all);
    }
    if (o.suite != NULL && SUITES[find_suite(o.suite)].by == ON_GPU) {
        all.gpu = backend_cuda();
        if (all.gpu == NULL) {
            return 1;
        }
    }
    run r = {.options = &o, .report = {.is_json = o.is_json}};
    report_begin(&r.report, all.threads[0], all.gpu == NULL ? NULL : all.gpu->device);
    for (int s = 0; s < SUITE_COUNT; s++) {
        const int is_wanted = o.suite == NULL ? !SUITES[s].is_on_request : strcmp(o.suite, SUITES[s].name) == 0;
        for (size_id size = 0; is_wanted && size < SIZES; size++) {
            if ((SUITES[s].sizes & BIT(size)) != 0) {
                const int64_t elements = ELEMENTS[size] / (o.is_quick && size == RAM ? 4 : 1);
                const plan p = plan_for(&SUITES[s], &all, elements);
                suite_visit(&SUITES[s], &p, measure_and_report, &r);
            }
        }
    }
    report_end(&r.report);
    return 0;
}
