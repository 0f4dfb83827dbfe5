/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss over the Arrow C Data Interface: columns of PyArrow, Polars, DuckDB, Arrow for Java and others, read where
 * they lie, with their nulls left out.
 *
 *     exactloss_arrow_column p, t;
 *     int64_t null_rows;
 *     int status = exactloss_arrow_view(schema, array, "prediction", EXACTLOSS_PREDICTIONS, &p, NULL);
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_arrow_view(schema, array, "target", EXACTLOSS_TARGETS, &t, NULL);
 *     }
 *     if (status == EXACTLOSS_OK) {
 *         status = exactloss_arrow_add(&accumulator, 0, &p, &t, NULL, &null_rows, NULL);
 *     }
 *
 * The structures are borrowed: nothing is released or moved, and their owner keeps them until the columns are no longer
 * used. The addresses in them, and the sizes of the memory behind these, are trusted. What contradicts itself is
 * refused.
 */
#ifndef EXACTLOSS_EXACTLOSS_ARROW_H
#define EXACTLOSS_EXACTLOSS_ARROW_H

#include "exactloss_view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The two structures of the Arrow C Data Interface. Whichever header comes first defines them, as Arrow asks for. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

/*
 * A column: its elements and which of them are not null. An element is null where its bit is 0 in one of the two
 * bitmaps: its own, and that of the struct that it is a child of. What lies in memory at a null has no meaning.
 */
typedef struct exactloss_arrow_column {
    exactloss_view view;
    const void *validity[2];    /* NULL: nothing is null; the least significant bit of a byte comes first */
    int64_t validity_offset[2]; /* the bit of the first element */
    int64_t null_count;         /* elements that are null, counted in the bitmaps */
} exactloss_arrow_column;

/*
 * An array, or a child of a struct (a record batch is a struct), as a column. Offsets are respected, also those of a
 * struct.
 *
 * schema, array  the two structures
 * child          the name of a child of a struct; NULL: the array itself
 * role           EXACTLOSS_PREDICTIONS: float16, float32, float64. EXACTLOSS_TARGETS: bool (packed bits), uint8, int8,
 *                int32, int64, float32, float64. EXACTLOSS_WEIGHTS: float32. EXACTLOSS_ANY_ROLE: any of these
 * column         receives the column
 * fault          receives the reason of a refusal; may be NULL
 *
 * Statuses: EXACTLOSS_ERROR_NULL (`schema`, `array` or `column`); EXACTLOSS_ERROR_ROLE; EXACTLOSS_ERROR_RELEASED;
 * EXACTLOSS_ERROR_CHILD (there is not exactly one child of this name); EXACTLOSS_ERROR_TYPE (of the role, or
 * dictionary-encoded); EXACTLOSS_ERROR_ARRAY (a structure contradicts itself or the other: a number of nulls that is
 * not that of the bitmap, for example). The column is not written on an error.
 *
 * The bitmaps are read, and nothing else of an element.
 */
EXACTLOSS_API int exactloss_arrow_view(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                       const char *child, int role, exactloss_arrow_column *column,
                                       exactloss_fault *fault);

/*
 * Narrows a column to `count` of its elements from element `from` on; a range that is not within it is
 * EXACTLOSS_ERROR_COUNT, and leaves it as it was.
 */
EXACTLOSS_API int exactloss_arrow_slice(exactloss_arrow_column *column, int64_t from, int64_t count);

/*
 * Adds the rows of columns to an accumulator, as exactloss_accumulator_add() does, except those that are null in any of
 * the columns.
 *
 * options      the accumulator's losses, or none of them; FROM_LOGITS, STRICT, CLAMP. The types are the columns'.
 * predictions, targets  of these roles, and of the same number of elements (otherwise EXACTLOSS_ERROR_COUNT)
 * weights      the same, or NULL
 * null_rows    receives the number of rows that were left out; may be NULL
 *
 * The index of a violation is that of its row, nulls included. A null costs as much as a thousand elements where few
 * rows are null, and about 10 elements where every other one is.
 */
EXACTLOSS_API int exactloss_arrow_add(exactloss_accumulator *accumulator, int options,
                                      const exactloss_arrow_column *predictions, const exactloss_arrow_column *targets,
                                      const exactloss_arrow_column *weights, int64_t *null_rows,
                                      exactloss_violation *violation);

#ifdef __cplusplus
}
#endif

#endif
