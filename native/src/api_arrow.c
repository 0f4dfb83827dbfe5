/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of columns that have nulls. The rows between nulls are batches. Long runs of them are read where they lie. Short
 * ones are gathered: a batch costs as much as copying a hundred rows.
 */
#include "accumulator.h"
#include "arguments.h"
#include "exactloss/exactloss_arrow.h"
#include "fp_environment.h"
#include "nulls.h"

#include <string.h>

#define LONG_RUN 32
#define MOST_GATHERED 48

enum { PREDICTIONS, TARGETS, WEIGHTS, ROLES };

/* Rows that were copied next to each other. */
typedef struct gathered_rows {
    _Alignas(8) unsigned char predictions[MOST_GATHERED * 8];
    _Alignas(8) unsigned char targets[MOST_GATHERED * 8];
    _Alignas(8) unsigned char weights[MOST_GATHERED * sizeof(float)];
    int64_t rows[MOST_GATHERED]; /* where they come from */
    int count;
} gathered_rows;

/* Reads all rows that are not null, batch by batch. */
typedef struct row_reader {
    batch all; /* nulls included */
    bitmaps nulls;
    run_reader runs;
    int64_t first, count; /* the run that comes next; no rows at the end */
    int64_t start;        /* the first row of the latest batch, unless it is gathered */
    gathered_rows gathered;
} row_reader;

static void take_run(row_reader *reader) { reader->count = exactloss_next_run(&reader->runs, &reader->first); }

static void rewind_rows(row_reader *reader) {
    exactloss_open_runs(&reader->runs, &reader->nulls, reader->all.count);
    take_run(reader);
}

/* Copies the run that comes next. */
static void gather(row_reader *reader) {
    const batch *all = &reader->all;
    gathered_rows *g = &reader->gathered;
    const size_t to = (size_t)g->count, from = (size_t)reader->first, count = (size_t)reader->count;
    const size_t size = (size_t)all->type->size, target_size = (size_t)all->target_type->size;
    memcpy(g->predictions + size * to, all->predictions + size * from, size * count);
    memcpy(g->targets + target_size * to, all->targets + target_size * from, target_size * count);
    if (all->weights != NULL) {
        memcpy(g->weights + sizeof(float) * to, all->weights + sizeof(float) * from, sizeof(float) * count);
    }
    for (size_t i = to; i < to + count; i++) {
        g->rows[i] = reader->first + (int64_t)(i - to);
        if (target_size == 0) {
            const int64_t bit = all->first_target + g->rows[i];
            const int set = all->targets[bit / 8] >> bit % 8 & 1;
            g->targets[i / 8] = (unsigned char)((i % 8 == 0 ? 0 : g->targets[i / 8]) | set << i % 8);
        }
    }
    g->count += (int)count;
}

/* The next batch of rows without null; 0 at the end. Its rows are gathered where gathered.count is not 0. */
static int next_batch(row_reader *reader, batch *b) {
    gathered_rows *g = &reader->gathered;
    *b = reader->all;
    g->count = 0;
    if (reader->count >= LONG_RUN) {
        reader->start = reader->first;
        exactloss_advance(b, reader->first, reader->first, reader->first);
        b->count = reader->count;
        take_run(reader);
        return 1;
    }
    while (reader->count > 0 && reader->count < LONG_RUN && reader->count <= MOST_GATHERED - g->count) {
        gather(reader);
        take_run(reader);
    }
    b->predictions = g->predictions;
    b->targets = g->targets;
    b->weights = b->weights == NULL ? NULL : g->weights;
    b->first_target = 0;
    b->count = g->count;
    return g->count > 0;
}

/* Looks for a row that must be refused. */
static int check_rows(row_reader *reader, exactloss_violation *violation) {
    batch b;
    int status = EXACTLOSS_OK;
    rewind_rows(reader);
    while (status == EXACTLOSS_OK && next_batch(reader, &b)) {
        status = exactloss_batch_check(&b, violation);
    }
    if (status != EXACTLOSS_OK && violation != NULL) {
        const gathered_rows *g = &reader->gathered;
        violation->index = g->count > 0 ? g->rows[violation->index] : reader->start + violation->index;
    }
    return status;
}

/* Adds all rows, of which none must be refused. Returns how many were null. */
static int64_t add_rows(row_reader *reader, accumulator *a) {
    batch b;
    int64_t nulls = reader->all.count;
    rewind_rows(reader);
    while (next_batch(reader, &b)) {
        totals t;
        exactloss_totals_init(&t, b.losses);
        exactloss_batch_total(&b, &a->threshold, &t, NULL, NULL);
        exactloss_totals_merge(&a->totals, &t);
        nulls -= b.count;
    }
    return nulls;
}

/* Completes a reader of columns from the options: EXACTLOSS_OK, or the first error. */
static int open_reader(row_reader *reader, const accumulator *a, int options,
                       const exactloss_arrow_column *const columns[ROLES]) {
    const int losses = options & OPTION_LOSSES, allowed = OPTION_BATCH & ~(OPTION_P | OPTION_T | OPTION_BIT_OFFSET);
    int status = exactloss_check_options(options, allowed, 0);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (losses != 0 && losses != a->totals.losses) {
        return EXACTLOSS_ERROR_LOSS;
    }
    if (columns[PREDICTIONS] == NULL || columns[TARGETS] == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    const exactloss_view *p = &columns[PREDICTIONS]->view, *t = &columns[TARGETS]->view;
    const exactloss_view *w = columns[WEIGHTS] == NULL ? NULL : &columns[WEIGHTS]->view;
    if (w != NULL && (w->element_size != sizeof(float) || (w->options & OPTION_T & ~EXACTLOSS_T_FLOAT32) != 0)) {
        return EXACTLOSS_ERROR_TYPE;
    }
    if (p->count != t->count || (w != NULL && p->count != w->count)) {
        return EXACTLOSS_ERROR_COUNT;
    }
    batch *all = &reader->all;
    *all =
        (batch){.predictions = p->data, .targets = t->data, .weights = w == NULL ? NULL : w->data, .count = p->count};
    options = (options & ~OPTION_LOSSES) | (int)a->totals.losses | (p->options & OPTION_P) |
              (t->options & (OPTION_T | OPTION_BIT_OFFSET));
    status = exactloss_open_batch(all, options, OPTION_BATCH, NEEDS_LOSSES);
    if (status == EXACTLOSS_OK) {
        status = exactloss_check_pointers(all);
    }
    if (status == EXACTLOSS_OK && all->count > INT64_MAX - a->totals.count) {
        status = EXACTLOSS_ERROR_OVERFLOW;
    }
    for (int i = 0; i < BITMAP_COUNT; i++) {
        const exactloss_arrow_column *column = columns[i / 2];
        reader->nulls.bits[i] = column == NULL || column->null_count == 0 ? NULL : column->validity[i % 2];
        reader->nulls.offset[i] = column == NULL ? 0 : column->validity_offset[i % 2];
    }
    return status;
}

int exactloss_arrow_add(exactloss_accumulator *memory, int options, const exactloss_arrow_column *predictions,
                        const exactloss_arrow_column *targets, const exactloss_arrow_column *weights,
                        int64_t *null_rows, exactloss_violation *violation) {
    row_reader reader;
    if (exactloss_dispatch() == NULL) {
        return EXACTLOSS_ERROR_MAX_ISA;
    }
    int status = exactloss_accumulator_check(memory);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    accumulator *a = exactloss_accumulator_state(memory);
    status = open_reader(&reader, a, options, (const exactloss_arrow_column *[ROLES]){predictions, targets, weights});
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const fp_environment saved = fp_environment_enter();
    status = reader.all.is_unchecked ? check_rows(&reader, violation) : EXACTLOSS_OK;
    if (status == EXACTLOSS_OK) {
        reader.all.is_unchecked = 0;
        const int64_t nulls = add_rows(&reader, a);
        if (null_rows != NULL) {
            *null_rows = nulls;
        }
    }
    fp_environment_leave(saved);
    return status;
}
