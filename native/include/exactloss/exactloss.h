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
 *   - From logits x, with EXACTLOSS_LOGITS, the prediction is sigmoid(x) = 1 / (1 + exp(-x)), and the distance is
 *     sigmoid(-x) where the target equals 1: one value of the function, so nothing cancels and a distance of 1e-30 has
 *     all its digits. The function is the library's own, of float32 for the types up to that and of float64 for
 *     float64, with the same bits everywhere: within 1 unit in the last place in float32, 2 in float64. The exact sum
 *     is that of these distances.
 *   - The floating-point environment of the caller (rounding mode, flush-to-zero, traps) has no influence, and is left
 *     as it was, with its exception flags.
 *
 * Rules for every function
 *   - Returns a status: EXACTLOSS_OK (0), or an EXACTLOSS_ERROR_* code; then no output was written, except
 *     *violation where the function has one. exactloss_status_string() says the code in words.
 *   - Predictions are float32, float64, float16 or bfloat16, targets are of any type but the latter two. What the types
 *     narrower than float32 hold is widened to it, which is exact.
 *   - Arrays are contiguous, in the byte order of the machine, and may have any alignment. Nothing outside
 *     [pointer, pointer + count) is read or written. count is a number of elements and must not be negative; a count of
 *     0 allows NULL arrays.
 *   - Inputs are never written. Output arrays must not overlap the inputs, unless the function says otherwise.
 *   - No function allocates, locks, starts threads or keeps a pointer after it returns: memory belongs to the caller.
 *     Every function may be called from any thread, at the same time, as long as no two calls write the same memory
 *     (an output, an accumulator).
 *   - targets_offset is the index of the first target to use, in elements (bits for EXACTLOSS_BITS): target i of the
 *     call is targets[targets_offset + i]. It must not be negative.
 *   - flags is 0, or the sum of the flags below that the function names. EXACTLOSS_STRICT: a prediction outside [0, 1]
 *     or NaN, a logit that is NaN, or a target other than 0 or 1, is EXACTLOSS_ERROR_STRICT, and *violation (if not
 *     NULL) names the first such element. Where nothing is refused, violation is not touched.
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
#define EXACTLOSS_ERROR_WEIGHT 13     /* a weight is negative, NaN or infinite; see exactloss_violation */

/*
 * Element types. Predictions, logits and gradients: FLOAT16 (IEEE binary16), BFLOAT16, FLOAT32 and FLOAT64. Targets:
 * UINT8, INT32, INT64, FLOAT32, FLOAT64 and BITS.
 *
 * UINT8 includes C's and NumPy's bool. BITS are packed bits, the least significant bit of a byte first, as Arrow stores
 * booleans: element i is bit i % 8 of byte i / 8, and targets_offset counts bits.
 */
#define EXACTLOSS_UINT8 1
#define EXACTLOSS_INT32 2
#define EXACTLOSS_INT64 3
#define EXACTLOSS_FLOAT16 4
#define EXACTLOSS_BFLOAT16 5
#define EXACTLOSS_FLOAT32 6
#define EXACTLOSS_FLOAT64 7
#define EXACTLOSS_BITS 8

/* Reductions, numbered as in PyTorch. */
#define EXACTLOSS_REDUCTION_NONE 0
#define EXACTLOSS_REDUCTION_MEAN 1
#define EXACTLOSS_REDUCTION_SUM 2

/* Flags. */
#define EXACTLOSS_STRICT 1     /* refuse what is no prediction or no target */
#define EXACTLOSS_LOGITS 2     /* the predictions are given as logits */
#define EXACTLOSS_ACCUMULATE 4 /* add to what the gradient's memory holds, instead of overwriting it */
#define EXACTLOSS_SCALAR_A 8   /* a points to one element that stands for all */
#define EXACTLOSS_SCALAR_B 16  /* b points to one element that stands for all */

/* The arrays that a violation may be found in. */
#define EXACTLOSS_PREDICTIONS 1
#define EXACTLOSS_TARGETS 2
#define EXACTLOSS_WEIGHTS 3

/* Instruction sets, and what exactloss_isa_support() says of one. */
#define EXACTLOSS_ISA_PORTABLE 0
#define EXACTLOSS_ISA_AVX2 1
#define EXACTLOSS_ISA_AVX512 2
#define EXACTLOSS_ISA_USABLE 1      /* the processor has it and the operating system saves its registers */
#define EXACTLOSS_ISA_ABSENT 0      /* the processor, or this build of the library, does not have it */
#define EXACTLOSS_ISA_DISABLED (-1) /* the processor has it, but the operating system does not enable it */

/* Sizes in bytes of an accumulator in memory, and of its byte form. */
#define EXACTLOSS_ACCUMULATOR_SIZE 1408
#define EXACTLOSS_ACCUMULATOR_BYTES 432

/* ---------------------------------------------------------------------------------------------------- types -- */

/* The first element that was refused. When several arrays are bad at one index, the first of the three is named. */
typedef struct exactloss_violation {
    int64_t index;    /* of the element, counted from the first one of the call; row * columns + column in rows */
    double value;     /* of the element, rounded to double */
    int32_t argument; /* EXACTLOSS_PREDICTIONS, EXACTLOSS_TARGETS or EXACTLOSS_WEIGHTS */
    int32_t reserved; /* 0 */
} exactloss_violation;

/*
 * The loss and the metrics of a batch, or of all that an accumulator was given. An element is predicted positive when
 * its prediction is greater than the threshold. A NaN prediction is not; its target counts as usual.
 *
 * Elements without a weight have the weight 1. Weights enter the loss, not the counts and not the accuracy.
 */
typedef struct exactloss_evaluation {
    double loss;             /* mean distance, loss_sum / weight_sum before either is rounded; NaN when count is 0 */
    double loss_sum;         /* sum of the weighted distances */
    double weight_sum;       /* sum of the weights: count, where there are none */
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
    int64_t nan_count;       /* elements whose weighted distance is NaN: those whose prediction is, or is 0 * Inf */
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
 * flags         EXACTLOSS_STRICT, EXACTLOSS_LOGITS
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
 * bit; 1 - NaN is a NaN of unspecified sign and payload. From logits: sigmoid(-x) and sigmoid(x), rounded to their type.
 *
 * flags         EXACTLOSS_STRICT, EXACTLOSS_LOGITS
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
 * the gradient. For the gradient with respect to logits see exactloss_mnist_loss_and_gradient().
 *
 * upstream        the derivative of the final result with respect to the loss, usually 1; NaN and infinities pass on
 * flags           EXACTLOSS_STRICT, EXACTLOSS_ACCUMULATE
 * gradient        receives count elements of gradient_dtype, or has them added, each sum rounded once to that type
 * gradient_dtype  a type of predictions
 *
 * A count of 0 writes nothing. In strict mode the targets are read once before anything is written.
 */
EXACTLOSS_API int exactloss_mnist_loss_gradient(const void *targets, int targets_dtype, int64_t targets_offset,
                                                int64_t count, double upstream, int reduction, int flags,
                                                void *gradient, int gradient_dtype, exactloss_violation *violation);

/*
 * The loss and its gradient in one pass over memory: as exactloss_mnist_loss() and exactloss_mnist_loss_gradient() give
 * them, with the same bits.
 *
 * From logits the gradient is that with respect to them: -g * s where the target is positive, +g * s elsewhere, with
 * s = sigmoid(x) * sigmoid(-x), computed from exp(-|x|), so that it keeps its digits where s * (1 - s) loses them. Here
 * g is rounded to float32 (to float64 for float64), s and the product are rounded once more, and the result to the
 * type of the logits.
 *
 * reduction     EXACTLOSS_REDUCTION_MEAN, _SUM or _NONE; the last has no loss, so loss and loss_f32 must be NULL
 * flags         EXACTLOSS_STRICT, EXACTLOSS_LOGITS, EXACTLOSS_ACCUMULATE
 * loss          receives the loss as a double; may be NULL
 * loss_f32      receives the loss as a float, rounded once from the exact value; may be NULL
 * gradient      receives count elements of predictions_dtype, or has them added. Without EXACTLOSS_ACCUMULATE it may be
 *               the predictions' own memory (in place); any other overlap is undefined.
 *
 * In strict mode both arrays are read once before anything is written.
 */
EXACTLOSS_API int exactloss_mnist_loss_and_gradient(const void *predictions, int predictions_dtype, const void *targets,
                                                    int targets_dtype, int64_t targets_offset, int64_t count,
                                                    double upstream, int reduction, int flags, double *loss,
                                                    float *loss_f32, void *gradient, exactloss_violation *violation);

/*
 * The loss and all counting metrics in one pass over memory.
 *
 * threshold     any double but NaN, compared exactly with each prediction; customarily 0.5. From logits it is compared
 *               with sigmoid(x), as a float32 (float64 for float64).
 * flags         EXACTLOSS_STRICT, EXACTLOSS_LOGITS
 * evaluation    receives the result
 */
EXACTLOSS_API int exactloss_evaluate(const void *predictions, int predictions_dtype, const void *targets,
                                     int targets_dtype, int64_t targets_offset, int64_t count, double threshold,
                                     int flags, exactloss_evaluation *evaluation, exactloss_violation *violation);

/* ------------------------------------------------------------------------------------------- weights and rows -- */

/*
 * The loss of weighted elements: the sum of weights[i] * distance[i], and for the mean that sum divided by the sum of
 * the weights; exact until the one rounding at the end. Σw = 0 gives NaN.
 *
 * weights       count float32 values, finite and not negative; any other is EXACTLOSS_ERROR_WEIGHT, named in *violation
 *
 * All else is as in exactloss_mnist_loss(). A weight of 0 times an infinite or NaN distance is NaN, as in IEEE 754.
 */
EXACTLOSS_API int exactloss_weighted_mnist_loss(const void *predictions, int predictions_dtype, const void *targets,
                                                int targets_dtype, int64_t targets_offset, const void *weights,
                                                int64_t count, int reduction, int flags, double *loss, float *loss_f32,
                                                exactloss_violation *violation);

/* The evaluation of weighted elements: as exactloss_evaluate(), with weights as above. */
EXACTLOSS_API int exactloss_weighted_evaluate(const void *predictions, int predictions_dtype, const void *targets,
                                              int targets_dtype, int64_t targets_offset, const void *weights,
                                              int64_t count, double threshold, int flags,
                                              exactloss_evaluation *evaluation, exactloss_violation *violation);

/*
 * One loss for each row of a matrix, as exactloss_mnist_loss() gives it for the row's elements.
 *
 * predictions_stride  elements from the start of a row to that of the next, at least 0; columns where rows are adjacent
 * targets_stride      the same for the targets, in elements (bits for EXACTLOSS_BITS); 0 gives all rows the same ones
 * rows, columns       the shape; neither may be negative
 * losses              receives `rows` doubles; may be NULL
 * losses_f32          receives `rows` floats; may be NULL
 *
 * In strict mode both arrays are read once before anything is written.
 */
EXACTLOSS_API int exactloss_mnist_loss_rows(const void *predictions, int predictions_dtype, int64_t predictions_stride,
                                            const void *targets, int targets_dtype, int64_t targets_offset,
                                            int64_t targets_stride, int64_t rows, int64_t columns, int reduction,
                                            int flags, double *losses, float *losses_f32,
                                            exactloss_violation *violation);

/* One evaluation for each row of a matrix: evaluations receives `rows` structs. All else is as above. */
EXACTLOSS_API int exactloss_evaluate_rows(const void *predictions, int predictions_dtype, int64_t predictions_stride,
                                          const void *targets, int targets_dtype, int64_t targets_offset,
                                          int64_t targets_stride, int64_t rows, int64_t columns, double threshold,
                                          int flags, exactloss_evaluation *evaluations, exactloss_violation *violation);

/* --------------------------------------------------------------------------------------------- array operations -- */

/*
 * out[i] = condition[i] ? a[i] : b[i], bit by bit, for elements of any type (torch.where, numpy.where).
 *
 * condition         count elements from condition_offset on: of EXACTLOSS_UINT8, true unless 0, or of EXACTLOSS_BITS
 * a, b              count elements each, or one with the flag for it
 * element_size      1, 2, 4 or 8 bytes
 * flags             EXACTLOSS_SCALAR_A, EXACTLOSS_SCALAR_B
 * out               receives count elements. It may be the memory of a or b, or of a condition of bytes where
 *                   element_size is 1 and condition_offset is 0; any other overlap is undefined.
 *
 * A wrong element_size or condition_dtype is EXACTLOSS_ERROR_DTYPE.
 */
EXACTLOSS_API int exactloss_where(const void *condition, int condition_dtype, int64_t condition_offset, const void *a,
                                  const void *b, int element_size, int64_t count, int flags, void *out);

/*
 * out[i] = sigmoid(logits[i]) = 1 / (1 + exp(-logits[i])), rounded to the type of the logits; NaN gives a NaN of
 * unspecified sign and payload. out receives count elements of dtype; it may be the logits' own memory.
 */
EXACTLOSS_API int exactloss_sigmoid(const void *logits, int dtype, int64_t count, void *out);

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/* Makes an empty accumulator of the memory at `accumulator`, whatever it held. threshold: any double but NaN. */
EXACTLOSS_API int exactloss_accumulator_init(exactloss_accumulator *accumulator, double threshold);

/*
 * Adds `count` elements; flags as in exactloss_evaluate(). The final result does not depend on how the data was cut into
 * calls, on their order, or on the kernels that ran. Types may differ from call to call, logits too. A refused call (strict mode, overflow, a bad argument) leaves the accumulator as it was.
 */
EXACTLOSS_API int exactloss_accumulator_add(exactloss_accumulator *accumulator, const void *predictions,
                                            int predictions_dtype, const void *targets, int targets_dtype,
                                            int64_t targets_offset, int64_t count, int flags,
                                            exactloss_violation *violation);

/* Adds `count` elements with weights, as in exactloss_weighted_mnist_loss(). All else is as above. */
EXACTLOSS_API int exactloss_accumulator_add_weighted(exactloss_accumulator *accumulator, const void *predictions,
                                                     int predictions_dtype, const void *targets, int targets_dtype,
                                                     int64_t targets_offset, const void *weights, int64_t count,
                                                     int flags, exactloss_violation *violation);

/*
 * Adds `count` elements and gives their gradient, in one pass over memory: a mini-batch that comes in pieces, or a
 * training step whose loss goes into the epoch's. The gradient is that of exactloss_mnist_loss_and_gradient() with
 * g = upstream / divisor, rounded once.
 *
 * divisor       the number of elements that the mean is taken over, of all pieces; 1 for the sum; at least 1, or it is
 *               EXACTLOSS_ERROR_COUNT
 * flags         EXACTLOSS_STRICT, EXACTLOSS_LOGITS, EXACTLOSS_ACCUMULATE
 *
 * In strict mode both arrays are read once before anything is written.
 */
EXACTLOSS_API int exactloss_accumulator_add_with_gradient(exactloss_accumulator *accumulator, const void *predictions,
                                                          int predictions_dtype, const void *targets, int targets_dtype,
                                                          int64_t targets_offset, int64_t count, double upstream,
                                                          int64_t divisor, int flags, void *gradient,
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
