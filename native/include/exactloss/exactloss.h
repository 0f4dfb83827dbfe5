/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss: the loss, the gradient and the metrics of a binary classifier, exactly, at the speed of memory.
 *
 *     double loss;
 *     int status = exactloss_mnist_loss(predictions, EXACTLOSS_FLOAT32, targets, EXACTLOSS_UINT8, 0, n,
 *                                       EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL);
 *
 * The distance of a prediction p from its target is 1-p where the target equals 1, and p elsewhere. The loss is the
 * mean (or the sum) of the distances:
 *
 *     mnist_loss(predictions, targets) = where(targets == 1, 1 - predictions, predictions).mean()
 *
 * (the loss of the digit classifier in Howard and Gugger, "Deep Learning for Coders with fastai and PyTorch", ch. 4).
 *
 * The numeric contract
 *   - A loss is the real-number mean (or sum) of the exact distances, rounded once, to nearest even, to double. Its
 *     float form is rounded once from the exact value too, not from the double. An exact zero is +0; what underflows
 *     keeps its sign.
 *   - Hence the same inputs give the same bits on every instruction set, in any number of pieces, in any order.
 *   - Every finite prediction is summed exactly: subnormals, -0.0, raw scores, 3e38. A NaN distance makes the loss NaN,
 *     an infinite one makes it that infinity, both infinities make it NaN. The mean of nothing is NaN, its sum +0.
 *   - A target counts as positive when it equals 1; any other value, NaN included, counts as negative.
 *   - The floating-point environment of the caller (rounding mode, flush-to-zero, traps) has no influence, and is left
 *     as it was, except for the sticky exception flags.
 *
 * Rules for every function
 *   - Returns a status: EXACTLOSS_OK (0), or an EXACTLOSS_ERROR_* code; then no output was written, except
 *     *violation where the function has one. exactloss_status_string() says the code in words.
 *   - Arrays are contiguous, in the byte order of the machine, and may have any alignment. Nothing outside
 *     [pointer, pointer + count) is read or written. count is a number of elements and must not be negative; a count of
 *     0 allows NULL arrays.
 *   - Inputs are never written. Output arrays must not overlap the inputs, unless the function says otherwise.
 *   - No function allocates, locks, starts threads or keeps a pointer after it returns: memory belongs to the caller.
 *     Every function may be called from any thread, at the same time, as long as no two calls write the same memory
 *     (an output, an accumulator).
 *   - targets_offset is the index of the first target to use, in elements (bits for EXACTLOSS_BITS): target i of the
 *     call is targets[targets_offset + i]. It must not be negative.
 *   - flags is 0 or EXACTLOSS_STRICT. In strict mode a prediction outside [0, 1] or NaN, or a target other than 0 or 1,
 *     is EXACTLOSS_ERROR_STRICT, and *violation (if not NULL) names the first such element. Without it, violation is
 *     not touched.
 *   - A dtype, a reduction or a flag that is not listed below is an error, never undefined behaviour.
 *
 * The environment variable EXACTLOSS_MAX_ISA (portable, avx2 or avx512) forbids the kernels above the one it names. It
 * is read once, by the first call that needs it. Any other value makes every computing function return
 * EXACTLOSS_ERROR_MAX_ISA.
 */
#ifndef EXACTLOSS_EXACTLOSS_H
#define EXACTLOSS_EXACTLOSS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(EXACTLOSS_BUILD) && defined(_WIN32)
#define EXACTLOSS_API __declspec(dllexport)
#elif defined(EXACTLOSS_BUILD) && defined(__GNUC__)
#define EXACTLOSS_API __attribute__((visibility("default")))
#else
#define EXACTLOSS_API
#endif

/* ------------------------------------------------------------------------------------------------ constants -- */

/*
 * The version of the binary interface. A program that was compiled for one number works with every library whose
 * exactloss_abi_version() returns the same number. It changes only when something below changes incompatibly.
 */
#define EXACTLOSS_ABI_VERSION 1

/* Statuses. */
#define EXACTLOSS_OK 0
#define EXACTLOSS_ERROR_NULL 1        /* a required pointer is NULL */
#define EXACTLOSS_ERROR_COUNT 2       /* a count or offset is negative, or too large to address */
#define EXACTLOSS_ERROR_DTYPE 3       /* an element type is unknown or not allowed in this place */
#define EXACTLOSS_ERROR_REDUCTION 4   /* a reduction is unknown or not allowed in this place */
#define EXACTLOSS_ERROR_FLAGS 5       /* flags has a bit that means nothing */
#define EXACTLOSS_ERROR_THRESHOLD 6   /* a threshold is NaN, or two accumulators differ in theirs */
#define EXACTLOSS_ERROR_STRICT 7      /* strict mode refused an element; see exactloss_violation */
#define EXACTLOSS_ERROR_ACCUMULATOR 8 /* the memory is no initialised accumulator */
#define EXACTLOSS_ERROR_OVERFLOW 9    /* an accumulator would count more than 2^63-1 elements */
#define EXACTLOSS_ERROR_BUFFER 10     /* a byte buffer has the wrong size */
#define EXACTLOSS_ERROR_FORMAT 11     /* bytes are no accumulator, or one of an unknown version */
#define EXACTLOSS_ERROR_MAX_ISA 12    /* EXACTLOSS_MAX_ISA has a value other than portable, avx2 or avx512 */

/*
 * Element types. Predictions: FLOAT32. Targets: all.
 *
 * UINT8 includes C's and NumPy's bool. BITS are packed bits, the least significant bit of a byte first, as Arrow stores
 * booleans: element i is bit i % 8 of byte i / 8, and targets_offset counts bits.
 */
#define EXACTLOSS_UINT8 1
#define EXACTLOSS_INT32 2
#define EXACTLOSS_INT64 3
#define EXACTLOSS_FLOAT32 6
#define EXACTLOSS_FLOAT64 7
#define EXACTLOSS_BITS 8

/* Reductions, numbered as in PyTorch. */
#define EXACTLOSS_REDUCTION_NONE 0
#define EXACTLOSS_REDUCTION_MEAN 1
#define EXACTLOSS_REDUCTION_SUM 2

/* Flags. */
#define EXACTLOSS_STRICT 1

/* The arrays that a violation may be found in. */
#define EXACTLOSS_PREDICTIONS 1
#define EXACTLOSS_TARGETS 2

/* Instruction sets, and what exactloss_isa_support() says of one. */
#define EXACTLOSS_ISA_PORTABLE 0
#define EXACTLOSS_ISA_AVX2 1
#define EXACTLOSS_ISA_AVX512 2
#define EXACTLOSS_ISA_USABLE 1      /* the processor has it and the operating system saves its registers */
#define EXACTLOSS_ISA_ABSENT 0      /* the processor, or this build of the library, does not have it */
#define EXACTLOSS_ISA_DISABLED (-1) /* the processor has it, but the operating system does not enable it */

/* Sizes in bytes of an accumulator in memory, and of its byte form. */
#define EXACTLOSS_ACCUMULATOR_SIZE 640
#define EXACTLOSS_ACCUMULATOR_BYTES 344

/* ---------------------------------------------------------------------------------------------------- types -- */

/* The first element that strict mode refused. When both arrays are bad at one index, the prediction is named. */
typedef struct exactloss_violation {
    int64_t index;    /* of the element, counted from the first one of the call */
    double value;     /* of the element, rounded to double */
    int32_t argument; /* EXACTLOSS_PREDICTIONS or EXACTLOSS_TARGETS */
    int32_t reserved; /* 0 */
} exactloss_violation;

/*
 * The loss and the metrics of a batch, or of all that an accumulator was given. An element is predicted positive when
 * its prediction is greater than the threshold. A NaN prediction is not; its target counts as usual.
 */
typedef struct exactloss_evaluation {
    double loss;             /* mean distance; NaN when count is 0 */
    double loss_sum;         /* sum of the distances */
    float loss_f32;          /* the exact mean rounded once to float */
    float loss_sum_f32;      /* the exact sum rounded once to float; infinite beyond its range */
    double accuracy;         /* (true_positives + true_negatives) / count, rounded once; NaN when count is 0 */
    double threshold;        /* that the counts below were taken at */
    int64_t count;           /* elements */
    int64_t positives;       /* elements whose target is positive */
    int64_t true_positives;  /* target positive, predicted positive */
    int64_t false_positives; /* target negative, predicted positive */
    int64_t true_negatives;  /* target negative, not predicted positive */
    int64_t false_negatives; /* target positive, not predicted positive */
    int64_t nan_count;       /* elements whose prediction is NaN */
} exactloss_evaluation;

/*
 * An evaluation that takes its data in pieces. Its memory is the caller's: on the stack, on the heap, in an arena,
 * aligned to 8 bytes. It may be copied with memcpy and needs no destruction. Only the functions below give its content
 * a meaning; for storage and transport use its byte form.
 */
typedef struct exactloss_accumulator {
    uint64_t opaque[EXACTLOSS_ACCUMULATOR_SIZE / 8];
} exactloss_accumulator;

/* ------------------------------------------------------------------------------------------------- the loss -- */

/*
 * The mean or the sum of the distances of `count` predictions from their targets.
 *
 * predictions   count elements of predictions_dtype
 * targets       targets_offset + count elements of targets_dtype
 * reduction     EXACTLOSS_REDUCTION_MEAN or EXACTLOSS_REDUCTION_SUM
 * loss          receives the result as a double; may be NULL
 * loss_f32      receives the result as a float, rounded once from the exact value; may be NULL
 * violation     see EXACTLOSS_STRICT above; may be NULL
 *
 * A count of 0 gives NaN for the mean and +0 for the sum. One pass over memory.
 */
EXACTLOSS_API int exactloss_mnist_loss(const void *predictions, int predictions_dtype, const void *targets,
                                       int targets_dtype, int64_t targets_offset, int64_t count, int reduction,
                                       int flags, double *loss, float *loss_f32, exactloss_violation *violation);

/*
 * The distances themselves (PyTorch's reduction='none'): distances[i] = targets[i] == 1 ? 1 - p : p, where 1 - p is
 * rounded to nearest even to the type of the predictions, as IEEE 754 and PyTorch do it. Elsewhere p is copied, bit by
 * bit; 1 - NaN is a NaN of unspecified sign and payload.
 *
 * distances     receives count elements of predictions_dtype. It may be the predictions' own memory (in place); any
 *               other overlap is undefined.
 *
 * In strict mode both arrays are read once before anything is written.
 */
EXACTLOSS_API int exactloss_mnist_loss_none(const void *predictions, int predictions_dtype, const void *targets,
                                            int targets_dtype, int64_t targets_offset, int64_t count, int flags,
                                            void *distances, exactloss_violation *violation);

/*
 * The gradient of the loss with respect to the predictions: -g where the target is positive, +g elsewhere. It does not
 * depend on the predictions. g is upstream / count for EXACTLOSS_REDUCTION_MEAN, and upstream for
 * EXACTLOSS_REDUCTION_SUM and EXACTLOSS_REDUCTION_NONE; the quotient is rounded once, to nearest even, to the type of
 * the gradient.
 *
 * upstream        the derivative of the final result with respect to the loss, usually 1; NaN and infinities pass on
 * gradient        receives count elements of gradient_dtype
 * gradient_dtype  EXACTLOSS_FLOAT32
 *
 * A count of 0 writes nothing. In strict mode the targets are read once before anything is written.
 */
EXACTLOSS_API int exactloss_mnist_loss_gradient(const void *targets, int targets_dtype, int64_t targets_offset,
                                                int64_t count, double upstream, int reduction, int flags,
                                                void *gradient, int gradient_dtype, exactloss_violation *violation);

/*
 * The loss and all counting metrics in one pass over memory.
 *
 * threshold     any double but NaN, compared exactly with each prediction; customarily 0.5
 * evaluation    receives the result
 */
EXACTLOSS_API int exactloss_evaluate(const void *predictions, int predictions_dtype, const void *targets,
                                     int targets_dtype, int64_t targets_offset, int64_t count, double threshold,
                                     int flags, exactloss_evaluation *evaluation, exactloss_violation *violation);

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/* Makes an empty accumulator of the memory at `accumulator`, whatever it held. threshold: any double but NaN. */
EXACTLOSS_API int exactloss_accumulator_init(exactloss_accumulator *accumulator, double threshold);

/*
 * Adds `count` elements. The final result does not depend on how the data was cut into calls, on their order, or on the
 * kernels that ran. A refused call (strict mode, overflow, a bad argument) leaves the accumulator as it was.
 */
EXACTLOSS_API int exactloss_accumulator_add(exactloss_accumulator *accumulator, const void *predictions,
                                            int predictions_dtype, const void *targets, int targets_dtype,
                                            int64_t targets_offset, int64_t count, int flags,
                                            exactloss_violation *violation);

/* Adds all that `other` was given to `accumulator`; both have the same threshold. other may be accumulator itself. */
EXACTLOSS_API int exactloss_accumulator_merge(exactloss_accumulator *accumulator, const exactloss_accumulator *other);

/* The evaluation of everything added so far. The accumulator stays as it is and takes further data. */
EXACTLOSS_API int exactloss_accumulator_result(const exactloss_accumulator *accumulator,
                                               exactloss_evaluation *evaluation);

/*
 * Writes the byte form of an accumulator: EXACTLOSS_ACCUMULATOR_BYTES bytes, little-endian, of a fixed and versioned
 * layout (native/docs/byte-form.md). Accumulators that were given the same elements have the same bytes, whatever
 * the order, the pieces and the machine. capacity: the size of the buffer at `bytes`, at least that many.
 */
EXACTLOSS_API int exactloss_accumulator_serialize(const exactloss_accumulator *accumulator, void *bytes,
                                                  int64_t capacity);

/*
 * Makes an accumulator from its byte form, of exactly EXACTLOSS_ACCUMULATOR_BYTES bytes. Bytes with another magic or
 * version, or with numbers that contradict each other (the document lists the checks), are EXACTLOSS_ERROR_FORMAT; any
 * input is safe. Whatever the memory at `accumulator` held is lost on success, and kept on error.
 */
EXACTLOSS_API int exactloss_accumulator_deserialize(exactloss_accumulator *accumulator, const void *bytes,
                                                    int64_t size);

/* ---------------------------------------------------------------------------------------------- the library -- */

/* What a status means, in one English sentence without a full stop. Never NULL; a static string. */
EXACTLOSS_API const char *exactloss_status_string(int status);

/* The version of the library, "MAJOR.MINOR.PATCH"; a static string. */
EXACTLOSS_API const char *exactloss_version(void);

/* EXACTLOSS_ABI_VERSION as it was when the library was compiled. */
EXACTLOSS_API int exactloss_abi_version(void);

/*
 * The instruction set whose kernels run in this process: "portable", "avx2" or "avx512"; a static string. NULL when
 * EXACTLOSS_MAX_ISA has a value other than these.
 */
EXACTLOSS_API const char *exactloss_isa_name(void);

/*
 * Whether this machine can run the kernels of an EXACTLOSS_ISA_*: EXACTLOSS_ISA_USABLE, EXACTLOSS_ISA_ABSENT or
 * EXACTLOSS_ISA_DISABLED. EXACTLOSS_MAX_ISA has no influence. An unknown number is EXACTLOSS_ISA_ABSENT.
 */
EXACTLOSS_API int exactloss_isa_support(int isa);

#ifdef __cplusplus
}
#endif

#endif
