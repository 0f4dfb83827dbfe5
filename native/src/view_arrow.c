/* SPDX-License-Identifier: Apache-2.0 */
/* Views of Arrow's arrays. */
#include "exactloss/exactloss_arrow.h"
#include "nulls.h"
#include "view.h"

#include <string.h>

/* What a message calls the two structures that an element's validity comes from. */
enum { COLUMN, STRUCT };

enum { STRUCT_BUFFERS = 1, COLUMN_BUFFERS = 2 }; /* a validity bitmap; and the values */

#define UNKNOWN (-1) /* a number of nulls that nobody has counted */

/* Formats are one letter. */
static const view_type TYPES[] = {
    {'e', 16, EXACTLOSS_P_FLOAT16},
    {'f', 32, EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_FLOAT32},
    {'g', 64, EXACTLOSS_P_FLOAT64 | EXACTLOSS_T_FLOAT64},
    {'C', 8, EXACTLOSS_T_UINT8},
    {'c', 8, EXACTLOSS_T_INT8},
    {'i', 32, EXACTLOSS_T_INT32},
    {'l', 64, EXACTLOSS_T_INT64},
    {'b', 1, EXACTLOSS_T_BITS},
};

/* A structure with its description. */
typedef struct lent_array {
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    int kind; /* COLUMN or STRUCT */
} lent_array;

/* Refuses an array for one of two texts, of which the second is that of a struct. */
#define CONTRADICTS(lent, problem, found, wanted, fault)                                                               \
    exactloss_refuse(EXACTLOSS_ERROR_ARRAY, (lent)->kind == COLUMN ? "the column " problem : "the struct " problem,    \
                     found, wanted, fault)

/* What is true of any array. */
static int check_structures(const lent_array *lent, exactloss_fault *fault) {
    const struct ArrowArray *array = lent->array;
    if (array == NULL || lent->schema == NULL) {
        return CONTRADICTS(lent, "has a null pointer for its ArrowArray or its ArrowSchema", 0, 0, fault);
    }
    if (array->release == NULL || lent->schema->release == NULL) {
        return exactloss_refuse(EXACTLOSS_ERROR_RELEASED, "the ArrowArray or the ArrowSchema was released", 0, 0,
                                fault);
    }
    if (lent->schema->format == NULL) {
        return CONTRADICTS(lent, "has no format", 0, 0, fault);
    }
    if (!exactloss_is_range(array->offset, array->length)) {
        return CONTRADICTS(lent, "has an offset and a length that no memory has", 0, 0, fault);
    }
    if (array->null_count < UNKNOWN) {
        return CONTRADICTS(lent, "has a negative number of nulls; it is", array->null_count, UNKNOWN, fault);
    }
    if (array->null_count > array->length) {
        return CONTRADICTS(lent, "has more nulls than elements; their number is", array->null_count, array->length,
                           fault);
    }
    if (array->n_children < 0 || array->n_children != lent->schema->n_children) {
        return CONTRADICTS(lent, "has more or fewer children than its ArrowSchema; the number is", array->n_children,
                           lent->schema->n_children, fault);
    }
    return EXACTLOSS_OK;
}

static int is_struct(const lent_array *lent) { return strcmp(lent->schema->format, "+s") == 0; }

/* The child of a struct with a name. */
static int find_child(const lent_array *parent, const char *name, lent_array *child, exactloss_fault *fault) {
    const struct ArrowSchema *schema = parent->schema;
    int64_t found = -1, matches = 0;
    if (!is_struct(parent)) {
        return exactloss_refuse(EXACTLOSS_ERROR_CHILD, "the array has no columns: it is no struct", 0, 0, fault);
    }
    if (schema->n_children > 0 && (schema->children == NULL || parent->array->children == NULL)) {
        return CONTRADICTS(parent, "has a null pointer in place of its children", 0, 0, fault);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] == NULL) {
            return CONTRADICTS(parent, "has a null pointer for the ArrowSchema of a child", 0, 0, fault);
        }
        const char *own = schema->children[i]->name == NULL ? "" : schema->children[i]->name;
        if (strcmp(own, name) == 0) {
            found = i;
            matches++;
        }
    }
    if (matches != 1) {
        return exactloss_refuse(EXACTLOSS_ERROR_CHILD, "the number of columns with this name is", matches, 1, fault);
    }
    *child = (lent_array){schema->children[found], parent->array->children[found], COLUMN};
    return check_structures(child, fault);
}

/*
 * The validity of elements first .. first + count - 1 of an array, of which there is at least one. Its number of nulls
 * is held to its bitmap.
 */
static int find_validity(const lent_array *lent, int64_t buffers, exactloss_arrow_column *column, int64_t first,
                         exactloss_fault *fault) {
    const struct ArrowArray *array = lent->array;
    if (array->n_buffers != buffers) {
        return CONTRADICTS(lent, "has more or fewer buffers than its type; the number is", array->n_buffers, buffers,
                           fault);
    }
    if (array->buffers == NULL) {
        return CONTRADICTS(lent, "has a null pointer in place of its buffers", 0, 0, fault);
    }
    const void *bitmap = array->buffers[0];
    if (bitmap == NULL && array->null_count > 0) {
        return CONTRADICTS(lent, "has nulls, but no validity bitmap; their number is", array->null_count, 0, fault);
    }
    if (bitmap != NULL && array->null_count != UNKNOWN) {
        const int64_t nulls = exactloss_count_nulls(&(bitmaps){{bitmap}, {array->offset}}, array->length);
        if (nulls != array->null_count) {
            return CONTRADICTS(lent, "has another number of nulls than its validity bitmap:", array->null_count, nulls,
                               fault);
        }
    }
    if (array->null_count != 0) {
        column->validity[lent->kind] = bitmap;
        column->validity_offset[lent->kind] = first;
    }
    return EXACTLOSS_OK;
}

/* The elements of a column from element `from` on, counted from its offset. */
static int view_elements(const lent_array *lent, int role, int64_t from, exactloss_arrow_column *column,
                         exactloss_fault *fault) {
    const struct ArrowArray *array = lent->array;
    const char *format = lent->schema->format;
    const view_type *type = NULL;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        type = format[0] == TYPES[i].code && format[1] == '\0' ? &TYPES[i] : type;
    }
    if (array->dictionary != NULL || lent->schema->dictionary != NULL) {
        return exactloss_refuse(EXACTLOSS_ERROR_TYPE, "the column is dictionary-encoded: decode it", 0, 0, fault);
    }
    if (type == NULL) {
        return exactloss_refuse(EXACTLOSS_ERROR_TYPE,
                                "the type of the column must be float16, float32, float64, bool, uint8, int8, int32 or "
                                "int64: convert it",
                                0, 0, fault);
    }
    exactloss_view *view = &column->view;
    view->element_size = type->bits / 8;
    int status = exactloss_view_options(type->options, role, &view->options, fault);
    if (status != EXACTLOSS_OK || view->count == 0) { /* and the array may have an offset, but no buffers */
        return status;
    }
    const int64_t first = array->offset + from;
    status = find_validity(lent, COLUMN_BUFFERS, column, first, fault);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    const unsigned char *values = array->buffers[1];
    if (values == NULL) {
        return CONTRADICTS(lent, "has no buffer of values", 0, 0, fault);
    }
    view->data = values + (type->bits == 1 ? first / 8 : view->element_size * first);
    view->options |= type->bits == 1 ? (int32_t)(first % 8) * EXACTLOSS_T_BIT_OFFSET : 0;
    return EXACTLOSS_OK;
}

static int view_child(const lent_array *parent, const char *name, int role, exactloss_arrow_column *column,
                      exactloss_fault *fault) {
    lent_array child;
    const int64_t from = parent->array->offset, count = parent->array->length;
    int status = find_child(parent, name, &child, fault);
    if (status != EXACTLOSS_OK) {
        return status;
    }
    if (count > child.array->length - from) {
        return exactloss_refuse(EXACTLOSS_ERROR_ARRAY, "the column is shorter than the struct that it is a child of", 0,
                                0, fault);
    }
    column->view.count = count;
    status = view_elements(&child, role, from, column, fault);
    return status != EXACTLOSS_OK || count == 0 ? status : find_validity(parent, STRUCT_BUFFERS, column, from, fault);
}

static void count_nulls(exactloss_arrow_column *column) {
    const bitmaps both = {{column->validity[0], column->validity[1]},
                          {column->validity_offset[0], column->validity_offset[1]}};
    column->null_count = exactloss_count_nulls(&both, column->view.count);
}

int exactloss_arrow_view(const struct ArrowSchema *schema, const struct ArrowArray *array, const char *child, int role,
                         exactloss_arrow_column *column, exactloss_fault *fault) {
    const lent_array lent = {schema, array, child == NULL ? COLUMN : STRUCT};
    exactloss_arrow_column result = {.null_count = 0};
    if (schema == NULL || array == NULL || column == NULL) {
        return exactloss_refuse(EXACTLOSS_ERROR_NULL, exactloss_status_string(EXACTLOSS_ERROR_NULL), 0, 0, fault);
    }
    if (!exactloss_is_role(role)) {
        return exactloss_refuse(EXACTLOSS_ERROR_ROLE, exactloss_status_string(EXACTLOSS_ERROR_ROLE), 0, 0, fault);
    }
    int status = check_structures(&lent, fault);
    if (status == EXACTLOSS_OK && child != NULL) {
        status = view_child(&lent, child, role, &result, fault);
    } else if (status == EXACTLOSS_OK) {
        result.view.count = array->length;
        status = view_elements(&lent, role, 0, &result, fault);
    }
    if (status == EXACTLOSS_OK) {
        *column = result;
        count_nulls(column);
    }
    return status;
}

int exactloss_arrow_slice(exactloss_arrow_column *column, int64_t from, int64_t count) {
    if (column == NULL) {
        return EXACTLOSS_ERROR_NULL;
    }
    exactloss_view *view = &column->view;
    if (from < 0 || count < 0 || count > view->count - from) {
        return EXACTLOSS_ERROR_COUNT;
    }
    const int is_bits = view->element_size == 0;
    const int64_t bit = is_bits ? (view->options & OPTION_BIT_OFFSET) / EXACTLOSS_T_BIT_OFFSET + from : 0;
    if (view->data != NULL) {
        view->data = (const unsigned char *)view->data + (is_bits ? bit / 8 : view->element_size * from);
    }
    view->options = (view->options & ~OPTION_BIT_OFFSET) | (int32_t)(bit % 8) * EXACTLOSS_T_BIT_OFFSET;
    view->count = count;
    for (int i = 0; i < 2; i++) {
        column->validity_offset[i] += from;
    }
    count_nulls(column);
    return EXACTLOSS_OK;
}
