/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss: the losses, gradients and metrics of a binary classifier, exactly, at the speed of memory.
 *
 *     double loss;
 *     int status = exactloss_loss(EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8,
 *                                 predictions, targets, NULL, n, NULL, &loss, NULL);
 *
 * An element has a prediction p (or a logit x, of which p = sigmoid(x)), a target, and optionally a weight w. A
 * target is positive where it equals 1, and negative where it has any other value, NaN included. The distance d of an
 * element is 1 - p where its target is positive, and p where it is negative. A loss is the mean, or the sum, of a
 * function of the distances:
 *
 *     EXACTLOSS_MNIST    d    the mean absolute error of 0/1 targets: torch.where(targets == 1, 1 - p, p).mean(), the
 *                             loss of the digit classifier in Howard and Gugger, "Deep Learning for Coders with fastai
 *                             and PyTorch", ch. 4
 *     EXACTLOSS_BRIER    d²   the squared error of 0/1 targets: torch.nn.MSELoss, sklearn.metrics.brier_score_loss; the
 *                             score of G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950
 *     EXACTLOSS_LOG      -ln(1 - d), binary cross-entropy: torch.nn.BCELoss, sklearn.metrics.log_loss; from logits
 *                             ln(1 + exp(-x)) or ln(1 + exp(x)): torch.nn.BCEWithLogitsLoss
 *
 * The numeric contract
 *   - A mean or sum of EXACTLOSS_MNIST and EXACTLOSS_BRIER is the real-number one of the exact d or d², and one of
 *     EXACTLOSS_LOG that of its values (see below), rounded once, to nearest even, to double. Its float form is rounded
 *     once from the exact value too, not from the double. An exact zero is +0; what underflows keeps its sign.
 *   - Hence equal inputs give equal bits on every processor, in any number of pieces, in any order.
 *   - Every finite prediction is allowed for EXACTLOSS_MNIST and EXACTLOSS_BRIER: subnormals, -0.0, raw scores, 3e38. A
 *     NaN element makes a loss NaN, an infinite one makes it that infinity, both infinities make it NaN. The mean of
 *     nothing is NaN, its sum +0.
 *   - With weights, a sum is that of w times the element's loss, and a mean is this sum divided by the sum of the
 *     weights; exact until the one rounding at the end. Weights that add up to 0 give NaN. A weight of 0 times an
 *     infinite or NaN loss is NaN, as in IEEE 754.
 *   - A value of EXACTLOSS_LOG is the library's own logarithm of the exact 1 - d: -ln(p) where the target is positive,
 *     and -ln(1 - p) elsewhere, so that p = 1e-30 against 0 is 1e-30. It is NaN for a prediction outside [0, 1], and
 *     +infinity where d is 1. With EXACTLOSS_CLAMP it is at most 100. From logits it is that of the logit itself, never
 *     infinite for a finite one.
 *   - From logits, the distance is sigmoid(-x) where the target is positive, and sigmoid(x) elsewhere: one value of the
 *     function, so nothing cancels and a distance of 1e-30 has all its digits. The sums of EXACTLOSS_MNIST and
 *     EXACTLOSS_BRIER are the exact ones of these distances and of their squares.
 *   - These functions are computed in float32 for the types up to that and in float64 for float64, with the same bits
 *     everywhere: within 1 unit in the last place in float32, 2 in float64.
 *   - The floating-point environment of the caller (rounding mode, flush-to-zero, traps) has no influence. It is left
 *     as it was, with its exception flags.
 *
 * The parameters that most functions have
 *   options       What to compute and how the arrays are typed: constants of the section "options", or-ed together.
 *                 Each function names the groups that it takes. A bit outside these groups is an error, never ignored.
 *   predictions   `count` elements of the type EXACTLOSS_P_*. Types narrower than float32 are widened to it, exactly.
 *   targets       `count` elements of the type EXACTLOSS_T_*.
 *   weights       `count` finite float32 numbers that are not negative, or NULL: every weight is 1 then.
 *   count         The number of elements, at least 0. Where it is 0, no array is read or written, and all may be NULL.
 *   violation     Receives the first element that was refused (EXACTLOSS_ERROR_STRICT, EXACTLOSS_ERROR_WEIGHT). May be
 *                 NULL. Not touched unless one of these two statuses is returned.
 *
 * Rules for every function
 *   Status       0 (EXACTLOSS_OK) or a positive EXACTLOSS_ERROR_* code. exactloss_status_string() says it in words.
 *                On an error no output has been written but *violation.
 *   Order        Arguments are checked in this order, and the first fault is returned: EXACTLOSS_MAX_ISA in the
 *                environment; the accumulator (NULL, alignment, content); options (unknown bits, loss, reduction,
 *                types); numbers (count, rows, strides, divisor); the threshold; other pointers that are NULL; the
 *                size of an evaluation; an accumulator's overflow. Elements are looked at after that: the first bad
 *                one in the order of the arrays is named, and of one element the prediction before the target before
 *                the weight.
 *   Alignment    Arrays of elements (predictions, targets, weights, values, gradients ...) are contiguous, in the
 *                machine's byte order, and may have any alignment. Structs, and the doubles and counts that a function
 *                writes, have that of their type.
 *   Bounds       No byte outside of the arrays is read or written, not even one that could not fault.
 *   Aliasing     Inputs may overlap each other. An output must not overlap any input or any other output, unless the
 *                function allows it: the result would be undefined.
 *   Threads      Every function may be called from any thread, at the same time as any other, as long as no two calls
 *                write the same memory (an output, an accumulator), and none reads what another writes.
 *   Ownership    All memory is the caller's. No function allocates, locks, starts a thread, or keeps a pointer after it
 *                has returned.
 *   Stack        At most 32 KiB are used. A thread that makes calls needs a larger stack, and a signal handler that
 *                makes them a larger alternate stack: SIGSTKSZ may be less.
 *   Signals      A call may be interrupted by a signal handler, and the handler may make calls of its own. Neither a
 *                handler nor another thread may leave a call by longjmp(): the floating-point environment would stay
 *                the library's.
 *   fork()       A child process may go on with everything.
 *   Not promised Which kernels run, how often an array is read, in which order outputs are written.
 *
 * The environment variable EXACTLOSS_MAX_ISA names an instruction set (exactloss_isa_name_of() lists them), and forbids
 * the kernels that rank above it. It is read once, by the first call that needs it. With an unknown name every
 * computing function returns EXACTLOSS_ERROR_MAX_ISA.
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

/* --------------------------------------------------------------------------------------------------- constants -- */

/*
 * The version of the binary interface. A program that was compiled for one number works with every library whose
 * exactloss_abi_version() returns the same number. It changes only when something below changes incompatibly.
 */
#define EXACTLOSS_ABI_VERSION 1

/* Statuses. */
#define EXACTLOSS_OK 0
#define EXACTLOSS_ERROR_NULL 1        /* a required pointer is NULL */
#define EXACTLOSS_ERROR_COUNT 2       /* a count, a stride or a divisor is out of range */
#define EXACTLOSS_ERROR_TYPE 3        /* options have no type, or an unknown one, of predictions or targets */
#define EXACTLOSS_ERROR_REDUCTION 4   /* options have no reduction, or both */
#define EXACTLOSS_ERROR_OPTIONS 5     /* options have a bit that the function does not take */
#define EXACTLOSS_ERROR_THRESHOLD 6   /* a threshold is NaN, or two accumulators differ in theirs */
#define EXACTLOSS_ERROR_STRICT 7      /* strict mode refused an element; see exactloss_violation */
#define EXACTLOSS_ERROR_ACCUMULATOR 8 /* the memory is no initialised accumulator */
#define EXACTLOSS_ERROR_OVERFLOW 9    /* an accumulator would count more than 2^63-1 elements */
#define EXACTLOSS_ERROR_SIZE 10       /* the size of a buffer, a struct or a byte form is out of range */
#define EXACTLOSS_ERROR_FORMAT 11     /* bytes are no accumulator, or one of an unknown version */
#define EXACTLOSS_ERROR_MAX_ISA 12    /* EXACTLOSS_MAX_ISA is the name of no instruction set */
#define EXACTLOSS_ERROR_WEIGHT 13     /* a weight is negative, NaN or infinite; see exactloss_violation */
#define EXACTLOSS_ERROR_LOSS 14       /* options have no loss, an unknown one, too many, or not the accumulator's */
#define EXACTLOSS_ERROR_ALIGNMENT 15  /* an accumulator is not aligned to 8 bytes */
#define EXACTLOSS_ERROR_METRIC 16     /* there is no such metric, or a beta is negative, NaN or infinite */

/* Statuses of exactloss_dlpack.h and exactloss_arrow.h. */
#define EXACTLOSS_ERROR_ROLE 17     /* there is no such role of an array, or no such type of device */
#define EXACTLOSS_ERROR_DEVICE 18   /* a tensor is in the memory of another device */
#define EXACTLOSS_ERROR_STRIDES 19  /* a tensor is not contiguous */
#define EXACTLOSS_ERROR_RELEASED 20 /* an ArrowSchema or an ArrowArray was released */
#define EXACTLOSS_ERROR_CHILD 21    /* a struct has no child of this name, or several */
#define EXACTLOSS_ERROR_ARRAY 22    /* an ArrowArray contradicts itself or its ArrowSchema */

/* ----------------------------------------------------------------------------------------------------- options -- */

/* The losses. A function that takes "losses" takes any set of them, or-ed; one that takes "a loss" takes one. */
#define EXACTLOSS_MNIST 0x1
#define EXACTLOSS_BRIER 0x2
#define EXACTLOSS_LOG 0x4

/* The reduction: how the elements' losses become one number. */
#define EXACTLOSS_MEAN 0x100
#define EXACTLOSS_SUM 0x200

/* The type of predictions, logits, values and gradients. FLOAT16 is IEEE 754's binary16. */
#define EXACTLOSS_P_FLOAT16 0x1000
#define EXACTLOSS_P_BFLOAT16 0x2000
#define EXACTLOSS_P_FLOAT32 0x3000
#define EXACTLOSS_P_FLOAT64 0x4000

/*
 * The type of targets. UINT8 includes C's and NumPy's bool. BITS are packed bits, the least significant bit of a byte
 * first, as Arrow stores booleans: element i is bit k + i of the array, with k = 0 unless k * EXACTLOSS_T_BIT_OFFSET
 * (0 <= k < 8) is or-ed to EXACTLOSS_T_BITS.
 */
#define EXACTLOSS_T_UINT8 0x10000
#define EXACTLOSS_T_INT8 0x20000
#define EXACTLOSS_T_INT32 0x30000
#define EXACTLOSS_T_INT64 0x40000
#define EXACTLOSS_T_FLOAT32 0x50000
#define EXACTLOSS_T_FLOAT64 0x60000
#define EXACTLOSS_T_BITS 0x70000
#define EXACTLOSS_T_BIT_OFFSET 0x100000

/* Flags. */
#define EXACTLOSS_FROM_LOGITS 0x1000000 /* the predictions are given as logits */
#define EXACTLOSS_STRICT 0x2000000      /* refuse predictions outside [0, 1], NaN, and targets other than 0 and 1 */
#define EXACTLOSS_ACCUMULATE 0x4000000  /* add to what the gradient's memory holds, instead of overwriting it */
#define EXACTLOSS_CLAMP 0x8000000       /* a value of EXACTLOSS_LOG is at most 100, as in torch.nn.BCELoss */
#define EXACTLOSS_SCALAR_A 0x10000000   /* a points to one element that stands for all */
#define EXACTLOSS_SCALAR_B 0x20000000   /* b points to one element that stands for all */

/* The arrays that a violation may be found in. */
#define EXACTLOSS_PREDICTIONS 1
#define EXACTLOSS_TARGETS 2
#define EXACTLOSS_WEIGHTS 3

/* The metrics, with what exactloss_metric() computes of the counts: true and false (t, f) positives, negatives (p, n). */
#define EXACTLOSS_METRIC_ACCURACY 1          /* (tp + tn) / (tp + fp + tn + fn) */
#define EXACTLOSS_METRIC_PRECISION 2         /* tp / (tp + fp) */
#define EXACTLOSS_METRIC_RECALL 3            /* tp / (tp + fn), the sensitivity */
#define EXACTLOSS_METRIC_SPECIFICITY 4       /* tn / (tn + fp) */
#define EXACTLOSS_METRIC_F1 5                /* 2 tp / (2 tp + fp + fn), exactloss_f_beta() of 1 */
#define EXACTLOSS_METRIC_BALANCED_ACCURACY 6 /* (recall + specificity) / 2, as one quotient */
#define EXACTLOSS_METRIC_JACCARD 7           /* tp / (tp + fp + fn) */
#define EXACTLOSS_METRIC_KAPPA 8    /* Cohen's: 2 (tp tn - fp fn) / ((tp + fp) (fp + tn) + (tp + fn) (fn + tn)) */
#define EXACTLOSS_METRIC_MATTHEWS 9 /* (tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn)) */

/* What exactloss_isa_support() says of an instruction set. */
#define EXACTLOSS_ISA_USABLE 1      /* the processor has it and the operating system saves its registers */
#define EXACTLOSS_ISA_ABSENT 0      /* the processor does not have it, or its translator does not keep what it should */
#define EXACTLOSS_ISA_DISABLED (-1) /* the processor has it, but the operating system does not enable it */

/* The size in bytes of an accumulator in memory, and the largest size of its byte form. */
#define EXACTLOSS_ACCUMULATOR_SIZE 4864
#define EXACTLOSS_ACCUMULATOR_MAX_BYTES 1384

/* ------------------------------------------------------------------------------------------------------- types -- */

/* The first element that was refused. */
typedef struct exactloss_violation {
    int64_t index;    /* of the element, counted from the first one of the call; in a matrix, row * count + column */
    double value;     /* of the element, rounded to double */
    int32_t argument; /* EXACTLOSS_PREDICTIONS, EXACTLOSS_TARGETS or EXACTLOSS_WEIGHTS */
    int32_t reserved; /* 0 */
} exactloss_violation;

/*
 * The shape of a matrix whose rows are computed apart. Row r is `count` elements of each array: predictions from
 * element r * predictions_stride on, targets from element r * targets_stride on (bit, for EXACTLOSS_T_BITS), weights
 * from element r * weights_stride on. A stride is at least 0, and `count` where rows are adjacent; 0 gives all rows
 * the same elements.
 */
typedef struct exactloss_rows {
    int64_t count; /* of rows, at least 0 */
    int64_t predictions_stride;
    int64_t targets_stride;
    int64_t weights_stride; /* not looked at without weights */
} exactloss_rows;

/* The results of one loss. If it was not asked for, the numbers are NaN and the count is 0. */
typedef struct exactloss_loss_result {
    double mean;            /* sum / weight_sum before either is rounded; NaN without elements */
    double sum;             /* of the weighted losses of the elements */
    float mean_f32;         /* the exact mean rounded once to float */
    float sum_f32;          /* the exact sum rounded once to float; infinite beyond its range */
    int64_t nan_count;      /* elements whose weighted loss is NaN */
    int64_t infinite_count; /* elements whose weighted loss is infinite, of either sign */
} exactloss_loss_result;

/*
 * The losses and the counts of a batch, or of the content of an accumulator. An element is predicted positive when
 * its prediction is greater than the threshold. A NaN prediction is not; its target counts as usual. Weights enter the
 * losses and weight_sum, not the counts and not the accuracy.
 *
 * The caller sets `size` to sizeof(exactloss_evaluation) beforehand, so that fields can be appended: no more bytes than
 * that are written. It is then set to the number of bytes that were written.
 */
typedef struct exactloss_evaluation {
    int64_t size;
    int64_t losses;          /* EXACTLOSS_MNIST ...: those that were asked for */
    double threshold;        /* of the counts below */
    double accuracy;         /* (true_positives + true_negatives) / count, rounded once; NaN when count is 0 */
    double weight_sum;       /* sum of the weights; count without weights */
    int64_t count;           /* elements */
    int64_t positives;       /* elements whose target is positive */
    int64_t true_positives;  /* target positive, predicted positive */
    int64_t false_positives; /* target negative, predicted positive */
    int64_t true_negatives;  /* target negative, not predicted positive */
    int64_t false_negatives; /* target positive, not predicted positive */
    exactloss_loss_result mnist;
    exactloss_loss_result brier;
    exactloss_loss_result log;
} exactloss_evaluation;

/*
 * An evaluation that takes its data in pieces. Its memory is the caller's: on the stack, on the heap, in an arena,
 * aligned to 8 bytes. It may be copied with memcpy() and needs no destruction. Only the functions below give its
 * content a meaning; for storage and transport use its byte form.
 */
typedef struct exactloss_accumulator {
    uint64_t opaque[EXACTLOSS_ACCUMULATOR_SIZE / 8];
} exactloss_accumulator;

/* ---------------------------------------------------------------------------------------- losses and gradients -- */

/*
 * The loss of a batch, or of each row of a matrix, in one pass over memory.
 *
 * options      a loss, a reduction, the types; FROM_LOGITS, STRICT, CLAMP
 * count        elements of the batch, or of each row
 * rows         the shape of a matrix; NULL: one batch
 * losses       receives one double, or rows->count of them
 *
 * A count of 0 gives NaN for the mean and +0 for the sum. In strict mode, and with weights, a matrix is read once
 * before anything is written.
 */
EXACTLOSS_API int exactloss_loss(int options, const void *predictions, const void *targets, const float *weights,
                                 int64_t count, const exactloss_rows *rows, double *losses,
                                 exactloss_violation *violation);

/*
 * The losses of the elements themselves, in the type of the predictions (PyTorch's reduction='none').
 *
 * options      a loss, the types; FROM_LOGITS, STRICT, CLAMP
 * values       receives `count` elements. It may be the predictions' own memory (in place).
 *
 * EXACTLOSS_MNIST gives the distances: 1 - p, rounded to the type of the predictions as IEEE 754 and PyTorch do it,
 * or p, copied bit by bit; 1 - NaN is a NaN of unspecified sign and payload. From logits it gives sigmoid(-x) or
 * sigmoid(x), rounded to the type. EXACTLOSS_BRIER gives the squares of these, rounded once more, EXACTLOSS_LOG its
 * values. Types narrower than float32 are computed in it, and rounded to the type at the end. With weights, the value
 * (in float32, for the types narrower than it) is multiplied by the weight, and the product is rounded to the type.
 *
 * In strict mode, and with weights, the arrays are read once before anything is written.
 */
EXACTLOSS_API int exactloss_values(int options, const void *predictions, const void *targets, const float *weights,
                                   int64_t count, void *values, exactloss_violation *violation);

/*
 * The gradient of a loss with respect to the predictions, or from logits with respect to the logits; and the loss
 * itself, in the same pass over memory, unless `loss` is NULL.
 *
 * options      a loss, a reduction (of `loss`; none is needed without it), the types; FROM_LOGITS, STRICT, ACCUMULATE,
 *              CLAMP
 * predictions  may be NULL where `loss` is, for EXACTLOSS_MNIST without FROM_LOGITS, whose gradient does not depend on
 *              them
 * upstream     the derivative of the final result with respect to the loss, usually 1; NaN and infinities pass on
 * divisor      the divisor of the sum of the elements' losses, at least 1: usually the count for a mean (that of all
 *              pieces, if the batch is computed in pieces), and 1 for a sum. For a weighted mean, divide `upstream` by
 *              the sum of the weights, which need not be a whole number, and give 1.
 * gradient     receives `count` elements of the type of the predictions, or with ACCUMULATE has them added, each sum
 *              rounded once to that type. Without ACCUMULATE it may be the predictions' own memory (in place).
 * loss         receives the loss, as exactloss_loss() gives it; may be NULL
 *
 * With g = upstream / divisor, rounded once, to nearest even, to float32 for the types up to that (for EXACTLOSS_MNIST
 * of predictions to the type of the gradient), an element's gradient is the following, negative where its target is
 * positive. Each operation rounds once, in the order given, and the result to the type of the gradient.
 *     EXACTLOSS_MNIST   of predictions g              from logits g * s
 *     EXACTLOSS_BRIER   of predictions (2 * d) * g    from logits (2 * d) * (g * s)
 *     EXACTLOSS_LOG     of predictions g / (1 - d)    from logits d * g
 * Here s = sigmoid(x) * sigmoid(-x), computed from exp(-|x|), so that it keeps its digits where s * (1 - s) loses them.
 * With EXACTLOSS_CLAMP, g / (1 - d) is at most 1e12 * g in magnitude, as in torch.nn.BCELoss.
 * With weights this, in float32 for the types up to that, is multiplied by the weight, and the product is rounded to
 * the type of the gradient.
 *
 * A count of 0 writes no gradient. In strict mode, and with weights, the arrays are read once before anything is
 * written.
 */
EXACTLOSS_API int exactloss_gradient(int options, const void *predictions, const void *targets, const float *weights,
                                     int64_t count, double upstream, int64_t divisor, void *gradient, double *loss,
                                     exactloss_violation *violation);

/* -------------------------------------------------------------------------------------------------- evaluation -- */

/*
 * Any set of losses and all counts of a batch, or of each row of a matrix, in one pass over memory.
 *
 * options      losses, the types; FROM_LOGITS, STRICT, CLAMP
 * count        elements of the batch, or of each row
 * rows         the shape of a matrix; NULL: one batch
 * threshold    any double but NaN, compared exactly with each prediction; customarily 0.5. From logits it is compared
 *              with sigmoid(x), as a float32 (float64 for float64).
 * evaluations  receives one evaluation, or rows->count of them, `evaluations->size` bytes apart. Set that in the first.
 *              A size that is too small, no multiple of 8, or too large for so many evaluations to be addressed, is
 *              EXACTLOSS_ERROR_SIZE.
 */
EXACTLOSS_API int exactloss_evaluate(int options, const void *predictions, const void *targets, const float *weights,
                                     int64_t count, const exactloss_rows *rows, double threshold,
                                     exactloss_evaluation *evaluations, exactloss_violation *violation);

/*
 * A metric of the counts of an evaluation. The metric or beta is checked first, then the pointers, then the evaluation.
 *
 * evaluation   Only its size and its four counts of true and false, positives and negatives, are looked at. A size
 *              without them is EXACTLOSS_ERROR_SIZE; a negative count, or counts of more than 2^63-1 elements, are
 *              EXACTLOSS_ERROR_COUNT.
 * metric       EXACTLOSS_METRIC_*; any other number is EXACTLOSS_ERROR_METRIC
 * value        receives the exact quotient of whole numbers, rounded once, to nearest even, or NaN where its divisor is
 *              0. EXACTLOSS_METRIC_MATTHEWS, which is no such quotient, is within 2 units in the last place, has the
 *              right sign, and is exactly 0, 1 or -1 where it should be.
 */
EXACTLOSS_API int exactloss_metric(const exactloss_evaluation *evaluation, int metric, double *value);

/*
 * The F-score, which counts recall beta times as much as precision: (1 + b) tp / ((1 + b) tp + b fn + fp) with b =
 * beta². It is the exact quotient of these numbers, rounded once, or NaN where the divisor is 0.
 *
 * evaluation   as above
 * beta         finite and not negative, -0 being negative; otherwise EXACTLOSS_ERROR_METRIC
 */
EXACTLOSS_API int exactloss_f_beta(const exactloss_evaluation *evaluation, double beta, double *value);

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/*
 * Makes an empty accumulator of the memory at `accumulator`. Its former content does not matter.
 *
 * options      losses, and nothing else
 * threshold    any double but NaN
 */
EXACTLOSS_API int exactloss_accumulator_init(exactloss_accumulator *accumulator, int options, double threshold);

/*
 * Adds a batch to an accumulator, or each row of a matrix to one of its own.
 *
 * accumulators  one, or rows->count adjacent ones, with the same losses and thresholds or with different ones
 * options       the accumulator's losses, or none of them; the types; FROM_LOGITS, STRICT, CLAMP
 * rows          the shape of a matrix; NULL: one batch
 *
 * The final result does not depend on how the data was cut into calls, on their order, or on the kernels that ran.
 * Options may differ from call to call, FROM_LOGITS and the types too. A call that is refused leaves every
 * accumulator as it was.
 */
EXACTLOSS_API int exactloss_accumulator_add(exactloss_accumulator *accumulators, int options, const void *predictions,
                                            const void *targets, const float *weights, int64_t count,
                                            const exactloss_rows *rows, exactloss_violation *violation);

/*
 * Adds a batch to an accumulator and gives the gradient of one of its losses, in one pass over memory: for a mini-batch
 * that comes in pieces, or a training step whose loss goes into that of the epoch.
 *
 * options       one loss, which is the accumulator's or one of its losses; the types; FROM_LOGITS, STRICT, ACCUMULATE,
 *               CLAMP
 *
 * upstream, divisor and gradient are as in exactloss_gradient(); predictions must not be NULL.
 */
EXACTLOSS_API int exactloss_accumulator_add_with_gradient(exactloss_accumulator *accumulator, int options,
                                                          const void *predictions, const void *targets,
                                                          const float *weights, int64_t count, double upstream,
                                                          int64_t divisor, void *gradient,
                                                          exactloss_violation *violation);

/*
 * Adds the content of `other` to `accumulator`. Both have the same losses (otherwise EXACTLOSS_ERROR_LOSS) and the
 * same threshold (otherwise EXACTLOSS_ERROR_THRESHOLD). `other` may be `accumulator` itself, and is not written
 * otherwise.
 */
EXACTLOSS_API int exactloss_accumulator_merge(exactloss_accumulator *accumulator, const exactloss_accumulator *other);

/*
 * The evaluation of everything added so far. The accumulator stays as it is and takes further data.
 * `evaluation->size` is set beforehand.
 */
EXACTLOSS_API int exactloss_accumulator_result(const exactloss_accumulator *accumulator,
                                               exactloss_evaluation *evaluation);

/*
 * Writes the byte form of an accumulator: little-endian, of a fixed and versioned layout that says which losses it
 * carries (native/docs/byte-form.md). Accumulators that were given the same elements have the same bytes, whatever the
 * order, the pieces and the machine.
 *
 * bytes        receives the form, of at most EXACTLOSS_ACCUMULATOR_MAX_BYTES bytes
 * capacity     of the buffer in bytes; less than the form has is EXACTLOSS_ERROR_SIZE
 * size         receives the number of bytes of the form
 */
EXACTLOSS_API int exactloss_accumulator_serialize(const exactloss_accumulator *accumulator, void *bytes,
                                                  int64_t capacity, int64_t *size);

/*
 * Makes an accumulator of the memory at `accumulator` from a byte form. `size` is the number of bytes, neither more
 * nor less than the form has (otherwise EXACTLOSS_ERROR_SIZE). Another magic or version, and numbers that contradict
 * each other (the document lists the checks), are EXACTLOSS_ERROR_FORMAT. Any input is safe. The memory's former
 * content is lost on success, and kept on error.
 */
EXACTLOSS_API int exactloss_accumulator_deserialize(exactloss_accumulator *accumulator, const void *bytes,
                                                    int64_t size);

/* -------------------------------------------------------------------------------------------- array operations -- */

/*
 * out[i] = condition[i] ? a[i] : b[i], bit by bit, for elements of any type (torch.where, numpy.where).
 *
 * options       EXACTLOSS_T_UINT8 (true unless 0) or EXACTLOSS_T_BITS, the type of the condition; SCALAR_A, SCALAR_B
 * condition     `count` elements
 * a, b          `count` elements each, or one with the flag for it
 * element_size  of a, b and out: 1, 2, 4 or 8 bytes; any other is EXACTLOSS_ERROR_TYPE
 * out           receives `count` elements. It may be the memory of a or b, or of a condition of bytes where
 *               element_size is 1.
 */
EXACTLOSS_API int exactloss_where(int options, const void *condition, const void *a, const void *b, int element_size,
                                  int64_t count, void *out);

/*
 * out[i] = sigmoid(logits[i]) = 1 / (1 + exp(-logits[i])), rounded to the type of the logits; NaN gives a NaN of
 * unspecified sign and payload.
 *
 * options       EXACTLOSS_P_*, the type of both arrays
 * out           receives `count` elements. It may be the logits' own memory.
 */
EXACTLOSS_API int exactloss_sigmoid(int options, const void *logits, int64_t count, void *out);

/* ------------------------------------------------------------------------------------------------- the library -- */

/* The meaning of a status: one English sentence without a full stop. Never NULL; a static string. */
EXACTLOSS_API const char *exactloss_status_string(int status);

/* The version of the library, "MAJOR.MINOR.PATCH"; a static string. */
EXACTLOSS_API const char *exactloss_version(void);

/* EXACTLOSS_ABI_VERSION as it was when the library was compiled. */
EXACTLOSS_API int exactloss_abi_version(void);

/*
 * The instruction set whose kernels run in this process; a static string, one of those that exactloss_isa_name_of()
 * gives. NULL when EXACTLOSS_MAX_ISA has an unknown name.
 */
EXACTLOSS_API const char *exactloss_isa_name(void);

/*
 * The instruction sets that this build of the library has kernels for, from the lowest rank ("portable", which is
 * number 0) to the highest; a static string. NULL where there is no such number.
 */
EXACTLOSS_API const char *exactloss_isa_name_of(int number);

/*
 * Whether this machine can run the kernels of an instruction set, by its name: EXACTLOSS_ISA_USABLE,
 * EXACTLOSS_ISA_ABSENT or EXACTLOSS_ISA_DISABLED. EXACTLOSS_MAX_ISA has no influence. An unknown name, or NULL, is
 * EXACTLOSS_ISA_ABSENT.
 */
EXACTLOSS_API int exactloss_isa_support(const char *name);

#ifdef __cplusplus
}
#endif

#endif
