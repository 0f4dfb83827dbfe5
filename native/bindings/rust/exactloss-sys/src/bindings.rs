// SPDX-License-Identifier: Apache-2.0
// Written by generate.py from exactloss.h. Do not edit.

use core::ffi::c_void;

/// ```text
/// The version of the binary interface. A program that was compiled for one number works with every library whose
/// exactloss_abi_version() returns the same number. It changes only when something below changes incompatibly.
/// ```
pub const EXACTLOSS_ABI_VERSION: i32 = 1;
/// Statuses.
pub const EXACTLOSS_OK: i32 = 0;
/// a required pointer is NULL
pub const EXACTLOSS_ERROR_NULL: i32 = 1;
/// a count, a stride or a divisor is out of range
pub const EXACTLOSS_ERROR_COUNT: i32 = 2;
/// options have no type, or an unknown one, of predictions or targets
pub const EXACTLOSS_ERROR_TYPE: i32 = 3;
/// options have no reduction, or both
pub const EXACTLOSS_ERROR_REDUCTION: i32 = 4;
/// options have a bit that the function does not take
pub const EXACTLOSS_ERROR_OPTIONS: i32 = 5;
/// a threshold is NaN, or two accumulators differ in theirs
pub const EXACTLOSS_ERROR_THRESHOLD: i32 = 6;
/// strict mode refused an element; see exactloss_violation
pub const EXACTLOSS_ERROR_STRICT: i32 = 7;
/// the memory is no initialised accumulator
pub const EXACTLOSS_ERROR_ACCUMULATOR: i32 = 8;
/// an accumulator would count more than 2^63-1 elements
pub const EXACTLOSS_ERROR_OVERFLOW: i32 = 9;
/// the size of a buffer, a struct or a byte form is out of range
pub const EXACTLOSS_ERROR_SIZE: i32 = 10;
/// bytes are no accumulator, or one of an unknown version
pub const EXACTLOSS_ERROR_FORMAT: i32 = 11;
/// EXACTLOSS_MAX_ISA is the name of no instruction set
pub const EXACTLOSS_ERROR_MAX_ISA: i32 = 12;
/// a weight is negative, NaN or infinite; see exactloss_violation
pub const EXACTLOSS_ERROR_WEIGHT: i32 = 13;
/// options have no loss, an unknown one, too many, or not the accumulator's
pub const EXACTLOSS_ERROR_LOSS: i32 = 14;
/// an accumulator is not aligned to 8 bytes
pub const EXACTLOSS_ERROR_ALIGNMENT: i32 = 15;
/// there is no such metric, or a beta is negative, NaN or infinite
pub const EXACTLOSS_ERROR_METRIC: i32 = 16;
/// there is no such role of an array, or no such type of device
pub const EXACTLOSS_ERROR_ROLE: i32 = 17;
/// a tensor is in the memory of another device
pub const EXACTLOSS_ERROR_DEVICE: i32 = 18;
/// a tensor is not contiguous
pub const EXACTLOSS_ERROR_STRIDES: i32 = 19;
/// an ArrowSchema or an ArrowArray was released
pub const EXACTLOSS_ERROR_RELEASED: i32 = 20;
/// a struct has no child of this name, or several
pub const EXACTLOSS_ERROR_CHILD: i32 = 21;
/// an ArrowArray contradicts itself or its ArrowSchema
pub const EXACTLOSS_ERROR_ARRAY: i32 = 22;
/// The losses. A function that takes "losses" takes any set of them, or-ed; one that takes "a loss" takes one.
pub const EXACTLOSS_MNIST: i32 = 0x1;
pub const EXACTLOSS_BRIER: i32 = 0x2;
pub const EXACTLOSS_LOG: i32 = 0x4;
/// The reduction: how the elements' losses become one number.
pub const EXACTLOSS_MEAN: i32 = 0x100;
pub const EXACTLOSS_SUM: i32 = 0x200;
/// The type of predictions, logits, values and gradients. FLOAT16 is IEEE 754's binary16.
pub const EXACTLOSS_P_FLOAT16: i32 = 0x1000;
pub const EXACTLOSS_P_BFLOAT16: i32 = 0x2000;
pub const EXACTLOSS_P_FLOAT32: i32 = 0x3000;
pub const EXACTLOSS_P_FLOAT64: i32 = 0x4000;
/// ```text
/// The type of targets. UINT8 includes C's and NumPy's bool. BITS are packed bits, the least significant bit of a byte
/// first, as Arrow stores booleans: element i is bit k + i of the array, with k = 0 unless k * EXACTLOSS_T_BIT_OFFSET
/// (0 <= k < 8) is or-ed to EXACTLOSS_T_BITS.
/// ```
pub const EXACTLOSS_T_UINT8: i32 = 0x10000;
pub const EXACTLOSS_T_INT8: i32 = 0x20000;
pub const EXACTLOSS_T_INT32: i32 = 0x30000;
pub const EXACTLOSS_T_INT64: i32 = 0x40000;
pub const EXACTLOSS_T_FLOAT32: i32 = 0x50000;
pub const EXACTLOSS_T_FLOAT64: i32 = 0x60000;
pub const EXACTLOSS_T_BITS: i32 = 0x70000;
pub const EXACTLOSS_T_BIT_OFFSET: i32 = 0x100000;
/// the predictions are given as logits
pub const EXACTLOSS_FROM_LOGITS: i32 = 0x1000000;
/// refuse predictions outside [0, 1], NaN, and targets other than 0 and 1
pub const EXACTLOSS_STRICT: i32 = 0x2000000;
/// add to what the gradient's memory holds, instead of overwriting it
pub const EXACTLOSS_ACCUMULATE: i32 = 0x4000000;
/// a value of EXACTLOSS_LOG is at most 100, as in torch.nn.BCELoss
pub const EXACTLOSS_CLAMP: i32 = 0x8000000;
/// a points to one element that stands for all
pub const EXACTLOSS_SCALAR_A: i32 = 0x10000000;
/// b points to one element that stands for all
pub const EXACTLOSS_SCALAR_B: i32 = 0x20000000;
/// The arrays that a violation may be found in.
pub const EXACTLOSS_PREDICTIONS: i32 = 1;
pub const EXACTLOSS_TARGETS: i32 = 2;
pub const EXACTLOSS_WEIGHTS: i32 = 3;
/// (tp + tn) / (tp + fp + tn + fn)
pub const EXACTLOSS_METRIC_ACCURACY: i32 = 1;
/// tp / (tp + fp)
pub const EXACTLOSS_METRIC_PRECISION: i32 = 2;
/// tp / (tp + fn), the sensitivity
pub const EXACTLOSS_METRIC_RECALL: i32 = 3;
/// tn / (tn + fp)
pub const EXACTLOSS_METRIC_SPECIFICITY: i32 = 4;
/// 2 tp / (2 tp + fp + fn), exactloss_f_beta() of 1
pub const EXACTLOSS_METRIC_F1: i32 = 5;
/// (recall + specificity) / 2, as one quotient
pub const EXACTLOSS_METRIC_BALANCED_ACCURACY: i32 = 6;
/// tp / (tp + fp + fn)
pub const EXACTLOSS_METRIC_JACCARD: i32 = 7;
/// Cohen's: 2 (tp tn - fp fn) / ((tp + fp) (fp + tn) + (tp + fn) (fn + tn))
pub const EXACTLOSS_METRIC_KAPPA: i32 = 8;
/// (tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))
pub const EXACTLOSS_METRIC_MATTHEWS: i32 = 9;
/// the processor has it and the operating system saves its registers
pub const EXACTLOSS_ISA_USABLE: i32 = 1;
/// the processor does not have it, or its translator does not keep what it should
pub const EXACTLOSS_ISA_ABSENT: i32 = 0;
/// the processor has it, but the operating system does not enable it
pub const EXACTLOSS_ISA_DISABLED: i32 = -1;
/// The size in bytes of an accumulator in memory, and the largest size of its byte form.
pub const EXACTLOSS_ACCUMULATOR_SIZE: usize = 4864;
pub const EXACTLOSS_ACCUMULATOR_MAX_BYTES: usize = 1384;

/// The first element that was refused.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct exactloss_violation {
    /// of the element, counted from the first one of the call; in a matrix, row * count + column
    pub index: i64,
    /// of the element, rounded to double
    pub value: f64,
    /// EXACTLOSS_PREDICTIONS, EXACTLOSS_TARGETS or EXACTLOSS_WEIGHTS
    pub argument: i32,
    /// 0
    pub reserved: i32,
}

/// ```text
/// The shape of a matrix whose rows are computed apart. Row r is `count` elements of each array: predictions from
/// element r * predictions_stride on, targets from element r * targets_stride on (bit, for EXACTLOSS_T_BITS), weights
/// from element r * weights_stride on. A stride is at least 0, and `count` where rows are adjacent; 0 gives all rows
/// the same elements.
/// ```
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct exactloss_rows {
    /// of rows, at least 0
    pub count: i64,
    pub predictions_stride: i64,
    pub targets_stride: i64,
    /// not looked at without weights
    pub weights_stride: i64,
}

/// The results of one loss. If it was not asked for, the numbers are NaN and the count is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct exactloss_loss_result {
    /// sum / weight_sum before either is rounded; NaN without elements
    pub mean: f64,
    /// of the weighted losses of the elements
    pub sum: f64,
    /// the exact mean rounded once to float
    pub mean_f32: f32,
    /// the exact sum rounded once to float; infinite beyond its range
    pub sum_f32: f32,
    /// elements whose weighted loss is NaN
    pub nan_count: i64,
    /// elements whose weighted loss is infinite, of either sign
    pub infinite_count: i64,
}

/// ```text
/// The losses and the counts of a batch, or of the content of an accumulator. An element is predicted positive when
/// its prediction is greater than the threshold. A NaN prediction is not; its target counts as usual. Weights enter the
/// losses and weight_sum, not the counts and not the accuracy.
///
/// The caller sets `size` to sizeof(exactloss_evaluation) beforehand, so that fields can be appended: no more bytes than
/// that are written. It is then set to the number of bytes that were written.
/// ```
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct exactloss_evaluation {
    pub size: i64,
    /// EXACTLOSS_MNIST ...: those that were asked for
    pub losses: i64,
    /// of the counts below
    pub threshold: f64,
    /// (true_positives + true_negatives) / count, rounded once; NaN when count is 0
    pub accuracy: f64,
    /// sum of the weights; count without weights
    pub weight_sum: f64,
    /// elements
    pub count: i64,
    /// elements whose target is positive
    pub positives: i64,
    /// target positive, predicted positive
    pub true_positives: i64,
    /// target negative, predicted positive
    pub false_positives: i64,
    /// target negative, not predicted positive
    pub true_negatives: i64,
    /// target positive, not predicted positive
    pub false_negatives: i64,
    pub mnist: exactloss_loss_result,
    pub brier: exactloss_loss_result,
    pub log: exactloss_loss_result,
}

/// ```text
/// An evaluation that takes its data in pieces. Its memory is the caller's: on the stack, on the heap, in an arena,
/// aligned to 8 bytes. It may be copied with memcpy() and needs no destruction. Only the functions below give its
/// content a meaning; for storage and transport use its byte form.
/// ```
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct exactloss_accumulator {
    pub opaque: [u64; EXACTLOSS_ACCUMULATOR_SIZE / 8],
}

extern "C" {
    /// ```text
    /// The loss of a batch, or of each row of a matrix, in one pass over memory.
    ///
    /// options      a loss, a reduction, the types; FROM_LOGITS, STRICT, CLAMP
    /// count        elements of the batch, or of each row
    /// rows         the shape of a matrix; NULL: one batch
    /// losses       receives one double, or rows->count of them
    ///
    /// A count of 0 gives NaN for the mean and +0 for the sum. In strict mode, and with weights, a matrix is read once
    /// before anything is written.
    /// ```
    pub fn exactloss_loss(
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        rows: *const exactloss_rows,
        losses: *mut f64,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// The losses of the elements themselves, in the type of the predictions (PyTorch's reduction='none').
    ///
    /// options      a loss, the types; FROM_LOGITS, STRICT, CLAMP
    /// values       receives `count` elements. It may be the predictions' own memory (in place).
    ///
    /// EXACTLOSS_MNIST gives the distances: 1 - p, rounded to the type of the predictions as IEEE 754 and PyTorch do it,
    /// or p, copied bit by bit; 1 - NaN is a NaN of unspecified sign and payload. From logits it gives sigmoid(-x) or
    /// sigmoid(x), rounded to the type. EXACTLOSS_BRIER gives the squares of these, rounded once more, EXACTLOSS_LOG its
    /// values. Types narrower than float32 are computed in it, and rounded to the type at the end. With weights, the value
    /// (in float32, for the types narrower than it) is multiplied by the weight, and the product is rounded to the type.
    ///
    /// In strict mode, and with weights, the arrays are read once before anything is written.
    /// ```
    pub fn exactloss_values(
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        values: *mut c_void,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// The gradient of a loss with respect to the predictions, or from logits with respect to the logits; and the loss
    /// itself, in the same pass over memory, unless `loss` is NULL.
    ///
    /// options      a loss, a reduction (of `loss`; none is needed without it), the types; FROM_LOGITS, STRICT, ACCUMULATE,
    ///              CLAMP
    /// predictions  may be NULL where `loss` is, for EXACTLOSS_MNIST without FROM_LOGITS, whose gradient does not depend on
    ///              them
    /// upstream     the derivative of the final result with respect to the loss, usually 1; NaN and infinities pass on
    /// divisor      the divisor of the sum of the elements' losses, at least 1: usually the count for a mean (that of all
    ///              pieces, if the batch is computed in pieces), and 1 for a sum. For a weighted mean, divide `upstream` by
    ///              the sum of the weights, which need not be a whole number, and give 1.
    /// gradient     receives `count` elements of the type of the predictions, or with ACCUMULATE has them added, each sum
    ///              rounded once to that type. Without ACCUMULATE it may be the predictions' own memory (in place).
    /// loss         receives the loss, as exactloss_loss() gives it; may be NULL
    ///
    /// With g = upstream / divisor, rounded once, to nearest even, to float32 for the types up to that (for EXACTLOSS_MNIST
    /// of predictions to the type of the gradient), an element's gradient is the following, negative where its target is
    /// positive. Each operation rounds once, in the order given, and the result to the type of the gradient.
    ///     EXACTLOSS_MNIST   of predictions g              from logits g * s
    ///     EXACTLOSS_BRIER   of predictions (2 * d) * g    from logits (2 * d) * (g * s)
    ///     EXACTLOSS_LOG     of predictions g / (1 - d)    from logits d * g
    /// Here s = sigmoid(x) * sigmoid(-x), computed from exp(-|x|), so that it keeps its digits where s * (1 - s) loses them.
    /// With EXACTLOSS_CLAMP, g / (1 - d) is at most 1e12 * g in magnitude, as in torch.nn.BCELoss.
    /// With weights this, in float32 for the types up to that, is multiplied by the weight, and the product is rounded to
    /// the type of the gradient.
    ///
    /// A count of 0 writes no gradient. In strict mode, and with weights, the arrays are read once before anything is
    /// written.
    /// ```
    pub fn exactloss_gradient(
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        upstream: f64,
        divisor: i64,
        gradient: *mut c_void,
        loss: *mut f64,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// Any set of losses and all counts of a batch, or of each row of a matrix, in one pass over memory.
    ///
    /// options      losses, the types; FROM_LOGITS, STRICT, CLAMP
    /// count        elements of the batch, or of each row
    /// rows         the shape of a matrix; NULL: one batch
    /// threshold    any double but NaN, compared exactly with each prediction; customarily 0.5. From logits it is compared
    ///              with sigmoid(x), as a float32 (float64 for float64).
    /// evaluations  receives one evaluation, or rows->count of them, `evaluations->size` bytes apart. Set that in the first.
    ///              A size that is too small, no multiple of 8, or too large for so many evaluations to be addressed, is
    ///              EXACTLOSS_ERROR_SIZE.
    /// ```
    pub fn exactloss_evaluate(
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        rows: *const exactloss_rows,
        threshold: f64,
        evaluations: *mut exactloss_evaluation,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// A metric of the counts of an evaluation. The metric or beta is checked first, then the pointers, then the evaluation.
    ///
    /// evaluation   Only its size and its four counts of true and false, positives and negatives, are looked at. A size
    ///              without them is EXACTLOSS_ERROR_SIZE; a negative count, or counts of more than 2^63-1 elements, are
    ///              EXACTLOSS_ERROR_COUNT.
    /// metric       EXACTLOSS_METRIC_*; any other number is EXACTLOSS_ERROR_METRIC
    /// value        receives the exact quotient of whole numbers, rounded once, to nearest even, or NaN where its divisor is
    ///              0. EXACTLOSS_METRIC_MATTHEWS, which is no such quotient, is within 2 units in the last place, has the
    ///              right sign, and is exactly 0, 1 or -1 where it should be.
    /// ```
    pub fn exactloss_metric(evaluation: *const exactloss_evaluation, metric: i32, value: *mut f64) -> i32;

    /// ```text
    /// The F-score, which counts recall beta times as much as precision: (1 + b) tp / ((1 + b) tp + b fn + fp) with b =
    /// beta². It is the exact quotient of these numbers, rounded once, or NaN where the divisor is 0.
    ///
    /// evaluation   as above
    /// beta         finite and not negative, -0 being negative; otherwise EXACTLOSS_ERROR_METRIC
    /// ```
    pub fn exactloss_f_beta(evaluation: *const exactloss_evaluation, beta: f64, value: *mut f64) -> i32;

    /// ```text
    /// Makes an empty accumulator of the memory at `accumulator`. Its former content does not matter.
    ///
    /// options      losses, and nothing else
    /// threshold    any double but NaN
    /// ```
    pub fn exactloss_accumulator_init(accumulator: *mut exactloss_accumulator, options: i32, threshold: f64) -> i32;

    /// ```text
    /// Adds a batch to an accumulator, or each row of a matrix to one of its own.
    ///
    /// accumulators  one, or rows->count adjacent ones, with the same losses and thresholds or with different ones
    /// options       the accumulator's losses, or none of them; the types; FROM_LOGITS, STRICT, CLAMP
    /// rows          the shape of a matrix; NULL: one batch
    ///
    /// The final result does not depend on how the data was cut into calls, on their order, or on the kernels that ran.
    /// Options may differ from call to call, FROM_LOGITS and the types too. A call that is refused leaves every
    /// accumulator as it was.
    /// ```
    pub fn exactloss_accumulator_add(
        accumulators: *mut exactloss_accumulator,
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        rows: *const exactloss_rows,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// Adds a batch to an accumulator and gives the gradient of one of its losses, in one pass over memory: for a mini-batch
    /// that comes in pieces, or a training step whose loss goes into that of the epoch.
    ///
    /// options       one loss, which is the accumulator's or one of its losses; the types; FROM_LOGITS, STRICT, ACCUMULATE,
    ///               CLAMP
    ///
    /// upstream, divisor and gradient are as in exactloss_gradient(); predictions must not be NULL.
    /// ```
    pub fn exactloss_accumulator_add_with_gradient(
        accumulator: *mut exactloss_accumulator,
        options: i32,
        predictions: *const c_void,
        targets: *const c_void,
        weights: *const f32,
        count: i64,
        upstream: f64,
        divisor: i64,
        gradient: *mut c_void,
        violation: *mut exactloss_violation,
    ) -> i32;

    /// ```text
    /// Adds the content of `other` to `accumulator`. Both have the same losses (otherwise EXACTLOSS_ERROR_LOSS) and the
    /// same threshold (otherwise EXACTLOSS_ERROR_THRESHOLD). `other` may be `accumulator` itself, and is not written
    /// otherwise.
    /// ```
    pub fn exactloss_accumulator_merge(
        accumulator: *mut exactloss_accumulator,
        other: *const exactloss_accumulator,
    ) -> i32;

    /// ```text
    /// The evaluation of everything added so far. The accumulator stays as it is and takes further data.
    /// `evaluation->size` is set beforehand.
    /// ```
    pub fn exactloss_accumulator_result(
        accumulator: *const exactloss_accumulator,
        evaluation: *mut exactloss_evaluation,
    ) -> i32;

    /// ```text
    /// Writes the byte form of an accumulator: little-endian, of a fixed and versioned layout that says which losses it
    /// carries (native/docs/byte-form.md). Accumulators that were given the same elements have the same bytes, whatever the
    /// order, the pieces and the machine.
    ///
    /// bytes        receives the form, of at most EXACTLOSS_ACCUMULATOR_MAX_BYTES bytes
    /// capacity     of the buffer in bytes; less than the form has is EXACTLOSS_ERROR_SIZE
    /// size         receives the number of bytes of the form
    /// ```
    pub fn exactloss_accumulator_serialize(
        accumulator: *const exactloss_accumulator,
        bytes: *mut c_void,
        capacity: i64,
        size: *mut i64,
    ) -> i32;

    /// ```text
    /// Makes an accumulator of the memory at `accumulator` from a byte form. `size` is the number of bytes, neither more
    /// nor less than the form has (otherwise EXACTLOSS_ERROR_SIZE). Another magic or version, and numbers that contradict
    /// each other (the document lists the checks), are EXACTLOSS_ERROR_FORMAT. Any input is safe. The memory's former
    /// content is lost on success, and kept on error.
    /// ```
    pub fn exactloss_accumulator_deserialize(
        accumulator: *mut exactloss_accumulator,
        bytes: *const c_void,
        size: i64,
    ) -> i32;

    /// ```text
    /// out[i] = condition[i] ? a[i] : b[i], bit by bit, for elements of any type (torch.where, numpy.where).
    ///
    /// options       EXACTLOSS_T_UINT8 (true unless 0) or EXACTLOSS_T_BITS, the type of the condition; SCALAR_A, SCALAR_B
    /// condition     `count` elements
    /// a, b          `count` elements each, or one with the flag for it
    /// element_size  of a, b and out: 1, 2, 4 or 8 bytes; any other is EXACTLOSS_ERROR_TYPE
    /// out           receives `count` elements. It may be the memory of a or b, or of a condition of bytes where
    ///               element_size is 1.
    /// ```
    pub fn exactloss_where(
        options: i32,
        condition: *const c_void,
        a: *const c_void,
        b: *const c_void,
        element_size: i32,
        count: i64,
        out: *mut c_void,
    ) -> i32;

    /// ```text
    /// out[i] = sigmoid(logits[i]) = 1 / (1 + exp(-logits[i])), rounded to the type of the logits; NaN gives a NaN of
    /// unspecified sign and payload.
    ///
    /// options       EXACTLOSS_P_*, the type of both arrays
    /// out           receives `count` elements. It may be the logits' own memory.
    /// ```
    pub fn exactloss_sigmoid(options: i32, logits: *const c_void, count: i64, out: *mut c_void) -> i32;

    /// The meaning of a status: one English sentence without a full stop. Never NULL; a static string.
    pub fn exactloss_status_string(status: i32) -> *const u8;

    /// The version of the library, "MAJOR.MINOR.PATCH"; a static string.
    pub fn exactloss_version() -> *const u8;

    /// EXACTLOSS_ABI_VERSION as it was when the library was compiled.
    pub fn exactloss_abi_version() -> i32;

    /// ```text
    /// The instruction set whose kernels run in this process; a static string, one of those that exactloss_isa_name_of()
    /// gives. NULL when EXACTLOSS_MAX_ISA has an unknown name.
    /// ```
    pub fn exactloss_isa_name() -> *const u8;

    /// ```text
    /// The instruction sets that this build of the library has kernels for, from the lowest rank ("portable", which is
    /// number 0) to the highest; a static string. NULL where there is no such number.
    /// ```
    pub fn exactloss_isa_name_of(number: i32) -> *const u8;

    /// ```text
    /// Whether this machine can run the kernels of an instruction set, by its name: EXACTLOSS_ISA_USABLE,
    /// EXACTLOSS_ISA_ABSENT or EXACTLOSS_ISA_DISABLED. EXACTLOSS_MAX_ISA has no influence. An unknown name, or NULL, is
    /// EXACTLOSS_ISA_ABSENT.
    /// ```
    pub fn exactloss_isa_support(name: *const u8) -> i32;
}
