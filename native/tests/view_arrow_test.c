/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views of Arrow arrays: types, roles, offsets, children, slices, and every contradiction. Sums of columns with nulls
 * are compared, as bytes, with those of their rows one by one.
 */
#include "exactloss/exactloss_arrow.h"
#include "inputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MOST 700          /* rows */
#define ROOM (MOST + 100) /* elements of a buffer, for offsets */
#define BYTE_FORM EXACTLOSS_ACCUMULATOR_MAX_BYTES
#define SEED 2026u

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }
static void release_array(struct ArrowArray *array) { array->release = NULL; }

/* A column, with what its structures point to. */
typedef struct lent {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[2];
    unsigned char bitmap[ROOM / 8 + 1];
    _Alignas(8) unsigned char values[8 * ROOM];
} lent;

/* A batch: a struct of three columns. */
typedef struct lent_batch {
    lent columns[3];
    struct ArrowSchema schema, *schemas[3];
    struct ArrowArray array, *arrays[3];
    const void *buffers[1];
    unsigned char bitmap[ROOM / 8 + 1];
} lent_batch;

static uint64_t random_state;

static uint64_t random_below(uint64_t bound) { return next_random(&random_state) % bound; }

static int is_set(const unsigned char *bits, int64_t i) { return bits[i / 8] >> i % 8 & 1; }

/* Sound structures for what is in memory: `length` elements from `offset` on. */
static void lend(lent *l, const char *name, const char *format, int64_t offset, int64_t length) {
    int64_t nulls = 0;
    for (int64_t i = offset; i < offset + length; i++) {
        nulls += !is_set(l->bitmap, i);
    }
    l->buffers[0] = l->bitmap;
    l->buffers[1] = l->values;
    l->schema = (struct ArrowSchema){.format = format, .name = name, .release = release_schema};
    l->array = (struct ArrowArray){.length = length,
                                   .null_count = nulls,
                                   .offset = offset,
                                   .n_buffers = 2,
                                   .buffers = l->buffers,
                                   .release = release_array};
}

static void lend_batch(lent_batch *b, int64_t offset, int64_t length) {
    int64_t nulls = 0;
    for (int i = 0; i < 3; i++) {
        b->schemas[i] = &b->columns[i].schema;
        b->arrays[i] = &b->columns[i].array;
    }
    for (int64_t i = offset; i < offset + length; i++) {
        nulls += !is_set(b->bitmap, i);
    }
    b->buffers[0] = b->bitmap;
    b->schema = (struct ArrowSchema){
        .format = "+s", .name = "", .n_children = 3, .children = b->schemas, .release = release_schema};
    b->array = (struct ArrowArray){.length = length,
                                   .null_count = nulls,
                                   .offset = offset,
                                   .n_buffers = 1,
                                   .n_children = 3,
                                   .buffers = b->buffers,
                                   .children = b->arrays,
                                   .release = release_array};
}

/* --------------------------------------------------------------------------------------------------------- views -- */

static const struct {
    const char *format;
    int predictions, targets, size;
} TYPES[] = {
    {"e", EXACTLOSS_P_FLOAT16, 0, 2},
    {"f", EXACTLOSS_P_FLOAT32, EXACTLOSS_T_FLOAT32, 4},
    {"g", EXACTLOSS_P_FLOAT64, EXACTLOSS_T_FLOAT64, 8},
    {"C", 0, EXACTLOSS_T_UINT8, 1},
    {"c", 0, EXACTLOSS_T_INT8, 1},
    {"i", 0, EXACTLOSS_T_INT32, 4},
    {"l", 0, EXACTLOSS_T_INT64, 8},
    {"b", 0, EXACTLOSS_T_BITS, 0},
    {"s", 0, 0, 2}, /* not supported, as all that follow */
    {"S", 0, 0, 2},
    {"u", 0, 0, 0},
    {"n", 0, 0, 0},
    {"+s", 0, 0, 0},
    {"ff", 0, 0, 0},
    {"", 0, 0, 0},
};

static lent column;
static lent_batch batch;

static void fill_with_nothing_null(void) {
    memset(&column, 0, sizeof column);
    memset(column.bitmap, 0xff, sizeof column.bitmap);
    memset(&batch, 0, sizeof batch);
    memset(batch.bitmap, 0xff, sizeof batch.bitmap);
    for (int i = 0; i < 3; i++) {
        memset(batch.columns[i].bitmap, 0xff, sizeof batch.columns[i].bitmap);
    }
}

/* The status of a view of `column` or, by name, of a child of `batch`. A refusal gives a reason, and writes nothing. */
static int view_of(const char *child, int role, exactloss_arrow_column *view) {
    exactloss_arrow_column before;
    exactloss_fault fault = {NULL, 0, 0};
    memset(&before, 0x5a, sizeof before);
    *view = before;
    const int status = exactloss_arrow_view(child == NULL ? &column.schema : &batch.schema,
                                            child == NULL ? &column.array : &batch.array, child, role, view, &fault);
    assert_int_equal(fault.problem == NULL, status == EXACTLOSS_OK);
    if (status != EXACTLOSS_OK) {
        assert_memory_equal(view, &before, sizeof before);
    }
    return status;
}

static void test_types(void **state) {
    exactloss_arrow_column view;
    (void)state;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        for (int64_t offset = 0; offset < 20; offset++) {
            const int p = TYPES[i].predictions, t = TYPES[i].targets, is_bits = t == EXACTLOSS_T_BITS;
            const int bit = is_bits ? (int)(offset % 8) * EXACTLOSS_T_BIT_OFFSET : 0;
            fill_with_nothing_null();
            lend(&column, "p", TYPES[i].format, offset, 9);
            const int status = view_of(NULL, EXACTLOSS_ANY_ROLE, &view);
            assert_int_equal(status, p == 0 && t == 0 ? EXACTLOSS_ERROR_TYPE : EXACTLOSS_OK);
            if (status == EXACTLOSS_OK) {
                assert_int_equal(view.view.options, p | t | bit);
                assert_int_equal(view.view.count, 9);
                assert_int_equal(view.view.element_size, TYPES[i].size);
                assert_int_equal(view.null_count, 0);
                assert_ptr_equal(view.view.data, column.values + (is_bits ? offset / 8 : TYPES[i].size * offset));
            }
            assert_int_equal(view_of(NULL, EXACTLOSS_PREDICTIONS, &view), p == 0 ? EXACTLOSS_ERROR_TYPE : EXACTLOSS_OK);
            assert_true(p == 0 || view.view.options == p);
            assert_int_equal(view_of(NULL, EXACTLOSS_TARGETS, &view), t == 0 ? EXACTLOSS_ERROR_TYPE : EXACTLOSS_OK);
            assert_true(t == 0 || view.view.options == (t | bit));
            assert_int_equal(view_of(NULL, EXACTLOSS_WEIGHTS, &view),
                             p == EXACTLOSS_P_FLOAT32 ? EXACTLOSS_OK : EXACTLOSS_ERROR_TYPE);
            assert_true(p != EXACTLOSS_P_FLOAT32 || view.view.options == 0);
        }
    }
}

static void test_arguments(void **state) {
    exactloss_arrow_column view;
    (void)state;
    fill_with_nothing_null();
    lend(&column, "p", "f", 0, 9);
    assert_int_equal(view_of(NULL, -1, &view), EXACTLOSS_ERROR_ROLE);
    assert_int_equal(view_of(NULL, 4, &view), EXACTLOSS_ERROR_ROLE);
    assert_int_equal(exactloss_arrow_view(NULL, &column.array, NULL, 1, &view, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_arrow_view(&column.schema, NULL, NULL, 1, &view, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_arrow_view(&column.schema, &column.array, NULL, 1, NULL, NULL), EXACTLOSS_ERROR_NULL);
}

/* A fault of a column, or of a struct. */
typedef struct contradiction {
    const char *name;
    void (*cause)(struct ArrowSchema *schema, struct ArrowArray *array);
    int status;
} contradiction;

#define CAUSE(name, statement)                                                                                         \
    static void cause_##name(struct ArrowSchema *s, struct ArrowArray *a) {                                            \
        (void)s, (void)a;                                                                                              \
        statement;                                                                                                     \
    }
CAUSE(many_nulls, a->null_count = 71)
CAUSE(negative_nulls, a->null_count = -2)
CAUSE(null_too_few, a->null_count -= 1)
CAUSE(null_too_many, a->null_count += 1)
CAUSE(no_bitmap, a->buffers[0] = NULL)
CAUSE(no_values, a->buffers[1] = NULL)
CAUSE(no_buffers, a->buffers = NULL)
CAUSE(other_buffers, a->n_buffers = 3)
CAUSE(negative_length, a->length = -1)
CAUSE(negative_offset, a->offset = -1)
CAUSE(overflow, a->offset = INT64_MAX)
CAUSE(bytes_overflow, a->offset = (int64_t)1 << 61)
CAUSE(other_children, a->n_children += 1)
CAUSE(negative_children, a->n_children = s->n_children = -1)
CAUSE(array_dictionary, a->dictionary = a)
CAUSE(schema_dictionary, s->dictionary = s)
CAUSE(released_array, a->release = NULL)
CAUSE(released_schema, s->release = NULL)
CAUSE(no_format, s->format = NULL)
CAUSE(no_children, a->children = NULL)
CAUSE(no_schemas, s->children = NULL)
CAUSE(no_child, a->children[0] = NULL)
CAUSE(no_schema, s->children[0] = NULL)
CAUSE(longer, a->length += 1)
CAUSE(further, a->offset += 1)
CAUSE(no_struct, s->format = "f")

#define CONTRADICTION(name, status)                                                                                    \
    { #name, cause_##name, EXACTLOSS_ERROR_##status }

static const contradiction OF_BOTH[] = {
    CONTRADICTION(many_nulls, ARRAY),         CONTRADICTION(negative_nulls, ARRAY),
    CONTRADICTION(null_too_few, ARRAY),       CONTRADICTION(null_too_many, ARRAY),
    CONTRADICTION(no_bitmap, ARRAY),          CONTRADICTION(no_buffers, ARRAY),
    CONTRADICTION(other_buffers, ARRAY),      CONTRADICTION(negative_length, ARRAY),
    CONTRADICTION(negative_offset, ARRAY),    CONTRADICTION(overflow, ARRAY),
    CONTRADICTION(bytes_overflow, ARRAY),     CONTRADICTION(other_children, ARRAY),
    CONTRADICTION(negative_children, ARRAY),  CONTRADICTION(released_array, RELEASED),
    CONTRADICTION(released_schema, RELEASED), CONTRADICTION(no_format, ARRAY),
};
static const contradiction OF_COLUMNS[] = {
    CONTRADICTION(no_values, ARRAY),
    CONTRADICTION(array_dictionary, TYPE),
    CONTRADICTION(schema_dictionary, TYPE),
};
static const contradiction OF_STRUCTS[] = {
    CONTRADICTION(no_children, ARRAY), CONTRADICTION(no_schemas, ARRAY), CONTRADICTION(no_child, ARRAY),
    CONTRADICTION(no_schema, ARRAY),   CONTRADICTION(longer, ARRAY),     CONTRADICTION(further, ARRAY),
    CONTRADICTION(no_struct, CHILD),
};

/* A column of 70 floats and a batch of 70 rows, in each of which one element is null. */
static void lend_both(void) {
    fill_with_nothing_null();
    column.bitmap[0] = (unsigned char)~2;
    batch.columns[0].bitmap[0] = (unsigned char)~2;
    batch.bitmap[0] = (unsigned char)~4;
    lend(&column, "p", "f", 0, 70);
    for (int i = 0; i < 3; i++) {
        lend(&batch.columns[i], (const char *[3]){"p", "t", "w"}[i], (const char *[3]){"f", "C", "f"}[i], 0, 70);
    }
    lend_batch(&batch, 0, 70);
}

static void expect_refused(const contradiction *c, size_t count, int is_of_column, int is_of_struct) {
    exactloss_arrow_column view;
    for (size_t i = 0; i < count; i++) {
        int statuses[3] = {c[i].status, c[i].status, c[i].status};
        if (is_of_column) {
            lend_both();
            c[i].cause(&column.schema, &column.array);
            statuses[0] = view_of(NULL, EXACTLOSS_PREDICTIONS, &view);
            lend_both();
            c[i].cause(batch.schemas[0], batch.arrays[0]);
            statuses[1] = view_of("p", EXACTLOSS_PREDICTIONS, &view);
        }
        if (is_of_struct) {
            lend_both();
            c[i].cause(&batch.schema, &batch.array);
            statuses[2] = view_of("p", EXACTLOSS_PREDICTIONS, &view);
        }
        for (int j = 0; j < 3; j++) {
            if (statuses[j] != c[i].status) {
                fail_msg("%s of %s: status %d", c[i].name, (const char *[3]){"a column", "a child", "a struct"}[j],
                         statuses[j]);
            }
        }
    }
}

static void test_contradictions(void **state) {
    (void)state;
    expect_refused(OF_BOTH, sizeof OF_BOTH / sizeof *OF_BOTH, 1, 1);
    expect_refused(OF_COLUMNS, sizeof OF_COLUMNS / sizeof *OF_COLUMNS, 1, 0);
    expect_refused(OF_STRUCTS, sizeof OF_STRUCTS / sizeof *OF_STRUCTS, 0, 1);
}

static void test_what_is_sound(void **state) {
    exactloss_arrow_column view;
    (void)state;
    lend_both(); /* row 1 is null in the child, and row 2 in the struct */
    assert_int_equal(view_of("p", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_OK);
    assert_int_equal(view.null_count, 2);
    batch.array.null_count = batch.arrays[0]->null_count = -1; /* nobody has counted */
    assert_int_equal(view_of("p", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_OK);
    assert_int_equal(view.null_count, 2);

    assert_int_equal(exactloss_arrow_slice(&view, 2, 60), EXACTLOSS_OK);
    assert_int_equal(view.null_count, 1);
    assert_int_equal(view.view.count, 60);
    assert_ptr_equal(view.view.data, batch.columns[0].values + 8);
    for (int i = 0; i < 5; i++) {
        const int64_t ranges[5][2] = {{-1, 1}, {0, 61}, {61, 0}, {0, -1}, {INT64_MAX, INT64_MAX}};
        assert_int_equal(exactloss_arrow_slice(&view, ranges[i][0], ranges[i][1]), EXACTLOSS_ERROR_COUNT);
    }
    assert_int_equal(exactloss_arrow_slice(NULL, 0, 0), EXACTLOSS_ERROR_NULL);

    /* Without a bitmap nothing is null, and without elements there need be no buffers. */
    batch.arrays[0]->buffers[0] = batch.array.buffers[0] = NULL;
    assert_int_equal(view_of("p", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_OK);
    assert_int_equal(view.null_count, 0);
    batch.array.length = 0;
    batch.array.buffers = batch.arrays[0]->buffers = NULL;
    assert_int_equal(view_of("p", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_OK);
    assert_int_equal(view.view.count, 0);
}

static void test_names(void **state) {
    exactloss_arrow_column view;
    (void)state;
    lend_both();
    assert_int_equal(view_of("x", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_ERROR_CHILD);
    batch.schemas[2]->name = "p";
    assert_int_equal(view_of("p", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_ERROR_CHILD);
    batch.schemas[2]->name = NULL;
    assert_int_equal(view_of("", EXACTLOSS_PREDICTIONS, &view), EXACTLOSS_OK);
}

/* ---------------------------------------------------------------------------------------------------------- sums -- */

static void fill_bitmap(unsigned char *bitmap, int kind) {
    for (int64_t i = 0; i < ROOM; i++) {
        const int run = kind == 0 || (kind == 1 && i % 2 == 0) || (kind == 2 && random_below(3) > 0) ||
                        (kind == 3 && i % 97 != 0) || (kind == 4 && random_below(50) > 0);
        bitmap[i / 8] = (unsigned char)((bitmap[i / 8] & ~(1 << i % 8)) | run << i % 8);
    }
}

static void fill_values(lent *l, const char *format) {
    for (int64_t i = 0; i < ROOM; i++) {
        const double real = (double)random_below(1000) / 999;
        const float narrow = (float)real;
        const int64_t label = (int64_t)random_below(2);
        const uint16_t half = (uint16_t)random_below(0x3c01);
        switch (*format) {
            case 'e':
                memcpy(l->values + 2 * i, &half, 2);
                break;
            case 'f':
                memcpy(l->values + 4 * i, &narrow, 4);
                break;
            case 'g':
                memcpy(l->values + 8 * i, &real, 8);
                break;
            case 'b':
            case 'C':
            case 'c':
                l->values[i] = (unsigned char)(*format == 'b' ? random_below(256) : (uint64_t)label);
                break;
            case 'i':
                memcpy(l->values + 4 * i, &(int32_t){(int32_t)label}, 4);
                break;
            default:
                memcpy(l->values + 8 * i, &label, 8);
        }
    }
}

static int is_null(const exactloss_arrow_column *c, int64_t row) {
    int any = 0;
    for (int i = 0; i < 2; i++) {
        any |= c->validity[i] != NULL && !is_set(c->validity[i], c->validity_offset[i] + row);
    }
    return any;
}

/* Adds rows one by one: the number of nulls, or -1 for a violation, whose index is that of the row. */
static int64_t add_one_by_one(exactloss_accumulator *a, int options, const exactloss_arrow_column *p,
                              const exactloss_arrow_column *t, const exactloss_arrow_column *w,
                              exactloss_violation *violation) {
    int64_t nulls = 0;
    for (int64_t row = 0; row < p->view.count; row++) {
        exactloss_arrow_column one[3] = {*p, *t, *t};
        if (w != NULL) {
            one[2] = *w;
        }
        int has_null = 0;
        for (int i = 0; i < 3; i++) {
            has_null |= is_null(&one[i], row);
            assert_int_equal(exactloss_arrow_slice(&one[i], row, 1), EXACTLOSS_OK);
        }
        nulls += has_null;
        if (!has_null && exactloss_accumulator_add(
                             a, options | one[0].view.options | one[1].view.options, one[0].view.data, one[1].view.data,
                             w == NULL ? NULL : one[2].view.data, 1, NULL, violation) != EXACTLOSS_OK) {
            violation->index = row;
            return -1;
        }
    }
    return nulls;
}

static int are_same(const exactloss_accumulator *a, const exactloss_accumulator *b) {
    unsigned char first[BYTE_FORM], second[BYTE_FORM];
    int64_t sizes[2];
    assert_int_equal(exactloss_accumulator_serialize(a, first, BYTE_FORM, &sizes[0]), EXACTLOSS_OK);
    assert_int_equal(exactloss_accumulator_serialize(b, second, BYTE_FORM, &sizes[1]), EXACTLOSS_OK);
    return sizes[0] == sizes[1] && memcmp(first, second, (size_t)sizes[0]) == 0;
}

static void expect_sum_of_random_columns(uint64_t seed) {
    static const char *const predictions[] = {"e", "f", "g"};
    static const char *const targets[] = {"C", "c", "i", "l", "f", "g", "b"};
    const char *formats[3] = {predictions[random_below(3)], targets[random_below(7)], "f"};
    const int64_t length = (int64_t)random_below(MOST), offset = (int64_t)random_below(40);
    const int losses = 1 + (int)random_below(7), is_strict = random_below(2) > 0, is_weighted = random_below(2) > 0;
    exactloss_arrow_column views[3], *weights = is_weighted ? &views[2] : NULL;
    exactloss_accumulator sum, reference;
    exactloss_violation violations[2] = {{.index = -1}, {.index = -1}};
    fill_bitmap(batch.bitmap, (int)random_below(5));
    for (int i = 0; i < 3; i++) {
        const int64_t own = (int64_t)random_below(50);
        fill_bitmap(batch.columns[i].bitmap, (int)random_below(5));
        fill_values(&batch.columns[i], formats[i]);
        lend(&batch.columns[i], (const char *[3]){"p", "t", "w"}[i], formats[i], own, length + offset);
    }
    lend_batch(&batch, offset, length);
    if (is_weighted && random_below(4) == 0) { /* perhaps at a null */
        const float bad = NAN;
        memcpy(batch.columns[2].values + 4 * random_below(MOST), &bad, 4);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(view_of((const char *[3]){"p", "t", "w"}[i], i + 1, &views[i]), EXACTLOSS_OK);
    }
    const int options = losses | (is_strict ? EXACTLOSS_STRICT : 0);
    int64_t nulls = -1;
    assert_int_equal(exactloss_accumulator_init(&sum, losses, 0.5), EXACTLOSS_OK);
    reference = sum;
    const exactloss_accumulator empty = sum;
    const int status = exactloss_arrow_add(&sum, options, &views[0], &views[1], weights, &nulls, &violations[0]);
    const int64_t wanted = add_one_by_one(&reference, options, &views[0], &views[1], weights, &violations[1]);
    if ((status != EXACTLOSS_OK) != (wanted < 0) || nulls != wanted || violations[0].index != violations[1].index ||
        violations[0].argument != violations[1].argument ||
        !are_same(&sum, status == EXACTLOSS_OK ? &reference : &empty)) {
        fail_msg("state %llu: status %d, %lld nulls of %lld, violation at %lld of %lld", (unsigned long long)seed,
                 status, (long long)nulls, (long long)wanted, (long long)violations[0].index,
                 (long long)violations[1].index);
    }
}

static void test_sums(void **state) {
    (void)state;
    random_state = SEED;
    for (int number = 0; number < 3000; number++) {
        const uint64_t seed = random_state;
        expect_sum_of_random_columns(seed);
    }
}

static void test_arguments_of_sums(void **state) {
    exactloss_arrow_column p, t, w;
    exactloss_accumulator a;
    int64_t nulls = -1;
    (void)state;
    lend_both();
    view_of("p", EXACTLOSS_PREDICTIONS, &p);
    view_of("t", EXACTLOSS_TARGETS, &t);
    view_of("w", EXACTLOSS_WEIGHTS, &w);
    exactloss_accumulator_init(&a, EXACTLOSS_MNIST, 0.5);
    const exactloss_accumulator empty = a;
    assert_int_equal(exactloss_arrow_add(NULL, 0, &p, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_arrow_add(&a, 0, NULL, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, NULL, NULL, &nulls, NULL), EXACTLOSS_ERROR_NULL);
    assert_int_equal(exactloss_arrow_add(&a, EXACTLOSS_MEAN, &p, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(exactloss_arrow_add(&a, EXACTLOSS_P_FLOAT32, &p, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_OPTIONS);
    assert_int_equal(exactloss_arrow_add(&a, EXACTLOSS_LOG, &p, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_LOSS);
    assert_int_equal(exactloss_arrow_add(&a, 0, &t, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_TYPE);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, &w, NULL, &nulls, NULL), EXACTLOSS_ERROR_TYPE);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, &t, &t, &nulls, NULL), EXACTLOSS_ERROR_TYPE);
    exactloss_arrow_slice(&w, 0, 69);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, &t, &w, &nulls, NULL), EXACTLOSS_ERROR_COUNT);
    exactloss_arrow_slice(&t, 0, 69);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, &t, NULL, &nulls, NULL), EXACTLOSS_ERROR_COUNT);
    assert_true(are_same(&a, &empty));
    assert_int_equal(nulls, -1);

    view_of("p", EXACTLOSS_ANY_ROLE, &p); /* whose role is that of the argument */
    view_of("w", EXACTLOSS_ANY_ROLE, &w);
    assert_int_equal(exactloss_arrow_add(&a, 0, &p, &p, &w, &nulls, NULL), EXACTLOSS_OK);
    assert_int_equal(nulls, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_what_is_sound),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_arguments_of_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
