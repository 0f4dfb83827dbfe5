/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of Python's arrays into the library: one function opens the buffers of all arrays of an operation, checks
 * them against each other, computes without the interpreter's lock, and closes them. With a call of ctypes for each of
 * these steps, the loss of 64 elements would take four times as long.
 *
 * This file needs no header of Python and fits every CPython since 3.9, as the functions and the struct that it uses
 * belong to the stable ABI. Python hands over the addresses of the functions: ctypes.pythonapi finds them wherever the
 * interpreter is. Those of exactloss come the same way, so this file calls the library that Python has loaded.
 */
#include <exactloss/exactloss.h>
#include <exactloss/exactloss_dlpack.h>

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(ptrdiff_t) == sizeof(int64_t), "a shape of Python is read as one of exactloss_dltensor");

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

/* ---------------------------------------------------------------------------------------------- Python's stable ABI */

typedef struct object object;

/* Py_buffer */
typedef struct buffer {
    void *data;
    object *owner;
    ptrdiff_t bytes;
    ptrdiff_t item_bytes;
    int readonly;
    int ndim;
    const char *format;
    int64_t *shape;
    int64_t *strides; /* in bytes */
    int64_t *suboffsets;
    void *internal;
} buffer;

enum { BUF_WRITABLE = 0x1, BUF_FORMAT = 0x4, BUF_STRIDES = 0x18, MAX_DIMENSIONS = 64 };

/* What Python hands over. The order is that of _library.py. */
typedef struct functions {
    int (*get_buffer)(object *exporter, buffer *view, int flags);
    void (*release_buffer)(buffer *view);
    void (*clear_error)(void);
    void *(*release_lock)(void);
    void (*take_lock)(void *state);
    int (*parse)(object *tuple, const char *format, ...);
    object *(*build)(const char *format, ...);
    object *none;
    int (*view)(const exactloss_dltensor *, int, int, exactloss_view *, exactloss_fault *);
    int (*loss)(int, const void *, const void *, const float *, int64_t, const exactloss_rows *, double *,
                exactloss_violation *);
    int (*values)(int, const void *, const void *, const float *, int64_t, void *, exactloss_violation *);
    int (*gradient)(int, const void *, const void *, const float *, int64_t, double, int64_t, void *, double *,
                    exactloss_violation *);
    int (*evaluate)(int, const void *, const void *, const float *, int64_t, const exactloss_rows *, double,
                    exactloss_evaluation *, exactloss_violation *);
    int (*add)(exactloss_accumulator *, int, const void *, const void *, const float *, int64_t, const exactloss_rows *,
               exactloss_violation *);
    int (*add_with_gradient)(exactloss_accumulator *, int, const void *, const void *, const float *, int64_t, double,
                             int64_t, void *, exactloss_violation *);
} functions;

static functions call;

/* To be called once, before anything else here. */
EXPORTED void exactloss_python_init(const functions *f) { call = *f; }

/* ----------------------------------------------------------------------------------------------------------- arrays */

/* An array that can be computed with; _library.Array in Python. */
typedef struct array {
    exactloss_view view;
    int64_t ndim;
    const int64_t *shape;
} array;

/* The type of a buffer's elements as DLPack has it. What is no type of numbers becomes an opaque handle. */
static void set_type(exactloss_dltensor *tensor, const buffer *b) {
    enum { INT = 0, UINT = 1, FLOAT = 2, OPAQUE = 3, BOOL = 6 };
    const char *format = b->format == NULL ? "B" : b->format;
    format += strchr("@=<>!", format[0]) != NULL && format[0] != '\0';
    tensor->type_code = format[0] == '\0' || format[1] != '\0' ? OPAQUE
                        : format[0] == '?'                     ? BOOL
                        : strchr("bhilqn", format[0]) != NULL  ? INT
                        : strchr("BHILQN", format[0]) != NULL  ? UINT
                        : strchr("efd", format[0]) != NULL     ? FLOAT
                                                               : OPAQUE;
    tensor->type_bits = (uint8_t)(b->item_bytes <= 8 ? 8 * b->item_bytes : 0);
    tensor->type_lanes = 1;
}

static int is_of_another_byte_order(const buffer *b) {
    const uint16_t one = 1;
    const int little_endian = *(const unsigned char *)&one;
    return b->format != NULL && b->item_bytes > 1 && strchr(little_endian ? ">!" : "<", b->format[0]) != NULL &&
           b->format[0] != '\0';
}

/* The array in a buffer that was got with BUF_FORMAT and BUF_STRIDES. */
EXPORTED int exactloss_python_view(const buffer *b, int role, array *a, exactloss_fault *fault) {
    if (b->ndim > MAX_DIMENSIONS || is_of_another_byte_order(b)) {
        if (fault != NULL) {
            *fault = (exactloss_fault){b->ndim > MAX_DIMENSIONS ? "the array has more than 64 dimensions: reshape it"
                                                                : "the byte order is that of another kind of machine: "
                                                                  "convert the array, for example by "
                                                                  "array.astype(array.dtype.newbyteorder(\"=\"))",
                                       0, 0};
        }
        return EXACTLOSS_ERROR_TYPE;
    }
    exactloss_dltensor tensor = {.data = b->data, .device_type = EXACTLOSS_DL_CPU, .ndim = b->ndim, .shape = b->shape};
    set_type(&tensor, b);
    int64_t strides[MAX_DIMENSIONS];
    if (b->strides != NULL) {
        for (int i = 0; i < b->ndim; i++) {
            /* 0 is right nowhere: an array whose strides are no whole elements is not contiguous. */
            strides[i] = b->item_bytes > 0 && b->strides[i] % b->item_bytes == 0 ? b->strides[i] / b->item_bytes : 0;
        }
        tensor.strides = strides;
    }
    a->ndim = b->ndim;
    a->shape = b->shape;
    return call.view(&tensor, role, EXACTLOSS_DL_CPU, &a->view, fault);
}

static int same_shape(const array *a, const array *b) {
    return a->view.count == b->view.count && a->ndim == b->ndim &&
           (a->ndim == 0 || memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof(int64_t)) == 0);
}

static const char *end_of(const array *a) {
    const int64_t size = a->view.element_size > 0 ? a->view.count * a->view.element_size
                                                  : (a->view.options / EXACTLOSS_T_BIT_OFFSET + a->view.count + 7) / 8;
    return (const char *)a->view.data + size;
}

static int overlap(const array *a, const array *b) {
    return (uintptr_t)a->view.data < (uintptr_t)end_of(b) && (uintptr_t)b->view.data < (uintptr_t)end_of(a);
}

/* Element number `first`, which is the first of a byte where elements are bits. */
static const void *element(const array *a, int64_t first) {
    return (const char *)a->view.data + (a->view.element_size > 0 ? first * a->view.element_size : first / 8);
}

/* ------------------------------------------------------------------------------------------------------- operations */

/* The numbers are those of _library.py. */
enum { LOSS, VALUES, GRADIENT, LOSS_AND_GRADIENT, EVALUATE, ADD, ADD_WITH_GRADIENT };
enum { PREDICTIONS, TARGETS, WEIGHTS, OUT, ARRAYS };

/* Why an operation was not begun, as negative statuses. */
enum { REFUSED_ARRAY = -1, REFUSED_SHAPE = -2, REFUSED_OUT_TYPE = -3, REFUSED_OVERLAP = -4 };

/* Below this number of elements, other threads would wait longer for the lock than for the result. */
enum { UNLOCKED_FROM = 4096 };

typedef struct operation {
    int kind;
    int opened; /* the objects are structs `array` of Python, and not what a user gave */
    int options;
    object *objects[ARRAYS]; /* None: absent */
    int64_t first;           /* the first element; a multiple of 8 */
    int64_t count;           /* of elements; -1: all */
    double factor;           /* the upstream of a gradient, the threshold of an evaluation */
    int64_t divisor;         /* of a gradient; 0: the number of elements */
    void *memory;            /* the accumulator or the evaluation */
    buffer buffers[ARRAYS];
    array arrays[ARRAYS];
    int held[ARRAYS]; /* buffers that have to be released */
    int argument;     /* the array that was refused */
    double loss;
    exactloss_violation violation;
} operation;

/* Opens the arrays that there are; on failure some may be open. */
static int open_arrays(operation *o) {
    static const int roles[ARRAYS] = {EXACTLOSS_PREDICTIONS, EXACTLOSS_TARGETS, EXACTLOSS_WEIGHTS,
                                      EXACTLOSS_PREDICTIONS};
    for (int i = 0; i < ARRAYS; i++) {
        o->argument = i;
        o->arrays[i] = (array){0};
        if (o->objects[i] == call.none) {
            continue;
        }
        const int flags = BUF_FORMAT | BUF_STRIDES | (i == OUT && !o->opened ? BUF_WRITABLE : 0);
        if (call.get_buffer(o->objects[i], &o->buffers[i], flags) != 0) {
            call.clear_error();
            return REFUSED_ARRAY;
        }
        o->held[i] = 1;
        if (o->opened) {
            memcpy(&o->arrays[i], o->buffers[i].data, sizeof(array));
        } else if (exactloss_python_view(&o->buffers[i], roles[i], &o->arrays[i], NULL) != EXACTLOSS_OK) {
            return REFUSED_ARRAY;
        }
    }
    return EXACTLOSS_OK;
}

static void close_arrays(operation *o) {
    for (int i = 0; i < ARRAYS; i++) {
        if (o->held[i]) {
            call.release_buffer(&o->buffers[i]);
        }
    }
}

/* Of the outputs, only a gradient that is overwritten, and values, may take the place of their predictions. */
static int check_arrays(operation *o) {
    const array *a = o->arrays;
    for (int i = TARGETS; i < ARRAYS; i++) {
        o->argument = i;
        if (o->objects[i] != call.none && !same_shape(&a[i], &a[PREDICTIONS])) {
            return REFUSED_SHAPE;
        }
    }
    if (o->objects[OUT] == call.none) {
        return EXACTLOSS_OK;
    }
    if (a[OUT].view.options != a[PREDICTIONS].view.options) {
        return REFUSED_OUT_TYPE;
    }
    for (int i = PREDICTIONS; i < OUT; i++) {
        o->argument = i;
        const int in_place =
            i == PREDICTIONS && a[i].view.data == a[OUT].view.data && (o->options & EXACTLOSS_ACCUMULATE) == 0;
        if (o->objects[i] != call.none && !in_place && overlap(&a[i], &a[OUT])) {
            return REFUSED_OVERLAP;
        }
    }
    return EXACTLOSS_OK;
}

static int compute(operation *o) {
    const array *a = o->arrays;
    const int options = o->options | a[PREDICTIONS].view.options | a[TARGETS].view.options;
    const int64_t count = o->count < 0 ? a[PREDICTIONS].view.count : o->count;
    const int64_t divisor = o->divisor != 0 ? o->divisor : count > 0 ? count : 1;
    const void *p = element(&a[PREDICTIONS], o->first);
    const void *t = element(&a[TARGETS], o->first);
    const float *w = o->objects[WEIGHTS] == call.none ? NULL : element(&a[WEIGHTS], o->first);
    void *out = (void *)(uintptr_t)element(&a[OUT], o->first);
    switch (o->kind) {
        case LOSS:
            return call.loss(options, p, t, w, count, NULL, &o->loss, &o->violation);
        case VALUES:
            return call.values(options, p, t, w, count, out, &o->violation);
        case GRADIENT:
            return call.gradient(options, p, t, w, count, o->factor, divisor, out, NULL, &o->violation);
        case LOSS_AND_GRADIENT:
            return call.gradient(options, p, t, w, count, o->factor, divisor, out, &o->loss, &o->violation);
        case EVALUATE:
            return call.evaluate(options, p, t, w, count, NULL, o->factor, o->memory, &o->violation);
        case ADD:
            return call.add(o->memory, options, p, t, w, count, NULL, &o->violation);
        default:
            return call.add_with_gradient(o->memory, options, p, t, w, count, o->factor, divisor, out, &o->violation);
    }
}

/*
 * Runs an operation: a PyCFunction. Takes a tuple of what the struct begins with. Returns the loss (0.0 where there is
 * none), or a tuple (status, argument, index, value) that says why there is no result.
 */
EXPORTED object *exactloss_python_call(object *self, object *arguments) {
    (void)self;
    operation o;
    unsigned long long memory;
    long long first;
    long long count;
    long long divisor;
    if (!call.parse(arguments, "iiiOOOOLLdLK", &o.kind, &o.opened, &o.options, &o.objects[PREDICTIONS],
                    &o.objects[TARGETS], &o.objects[WEIGHTS], &o.objects[OUT], &first, &count, &o.factor, &divisor,
                    &memory)) {
        return NULL;
    }
    o.first = first;
    o.count = count;
    o.divisor = divisor;
    o.memory = (void *)(uintptr_t)memory;
    memset(o.held, 0, sizeof o.held);
    o.loss = 0;
    o.violation = (exactloss_violation){0};
    int status = open_arrays(&o);
    if (status == EXACTLOSS_OK) {
        status = check_arrays(&o);
    }
    if (status == EXACTLOSS_OK) {
        void *state = o.arrays[PREDICTIONS].view.count < UNLOCKED_FROM ? NULL : call.release_lock();
        status = compute(&o);
        if (state != NULL) {
            call.take_lock(state);
        }
        o.argument = o.violation.argument - EXACTLOSS_PREDICTIONS;
    }
    close_arrays(&o);
    return status == EXACTLOSS_OK
               ? call.build("d", o.loss)
               : call.build("(iiLd)", status, o.argument, (long long)(o.first + o.violation.index), o.violation.value);
}
