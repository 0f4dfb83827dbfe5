// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import (
	"math"
	"reflect"
	"unsafe"
)

// Batch is a view of predictions and their targets, and how they are looked at. The fields may be set before a call.
type Batch[P Prediction] struct {
	Weights    []float32 // of the elements: finite, not negative; nil: every weight is 1
	FromLogits bool      // the predictions are logits, and gradients are with respect to them
	Strict     bool      // predictions outside [0, 1], NaN, and targets other than 0 and 1 are refused
	Clamp      bool      // a value of Log is at most 100, as in torch.nn.BCELoss
	Threads    int       // means, sums and evaluations of long batches use up to so many threads; 0 is one

	predictions []P
	targets     targetView
}

// targetView is a view of targets, without their type.
type targetView struct {
	memory unsafe.Pointer
	size   int // in bytes
	bits   int // of an element
	option C.int
	count  int // of elements, or -1 if there are not so many
}

// NewBatch makes a batch of predictions, or logits, and as many targets.
func NewBatch[P Prediction, T Target](predictions []P, targets []T) Batch[P] {
	var zero T
	option := C.int(C.EXACTLOSS_T_INT64)
	switch reflect.TypeOf(zero).Kind() {
	case reflect.Bool, reflect.Uint8:
		option = C.EXACTLOSS_T_UINT8
	case reflect.Int8:
		option = C.EXACTLOSS_T_INT8
	case reflect.Float32:
		option = C.EXACTLOSS_T_FLOAT32
	case reflect.Float64:
		option = C.EXACTLOSS_T_FLOAT64
	default: // int is one of the two others
		if unsafe.Sizeof(zero) == 4 {
			option = C.EXACTLOSS_T_INT32
		}
	}
	size, n := int(unsafe.Sizeof(zero)), len(targets)
	view := targetView{unsafe.Pointer(memory(targets)), n * size, size * 8, option, n}
	return Batch[P]{predictions: predictions, targets: view}
}

// NewPackedBatch makes a batch of predictions, or logits, and as many targets in packed bits.
func NewPackedBatch[P Prediction](predictions []P, targets Bits) Batch[P] {
	return Batch[P]{predictions: predictions, targets: targets.view()}
}

func (b Bits) view() targetView {
	if b.Count == 0 && b.Offset >= 0 { // no bit is read, so no byte is needed
		return targetView{bits: 1, option: C.EXACTLOSS_T_BITS}
	}
	// In bytes, as the number of bits may be beyond an int.
	size := b.Count/8 + (b.Offset%8+b.Count%8+7)/8
	if b.Offset < 0 || b.Count < 0 || len(b.Bytes) < b.Offset/8+size {
		return targetView{count: -1}
	}
	option := C.int(C.EXACTLOSS_T_BITS + C.EXACTLOSS_T_BIT_OFFSET*(b.Offset%8))
	return targetView{unsafe.Pointer(memory(b.Bytes[b.Offset/8:])), size, 1, option, b.Count}
}

// Mean returns the mean of the elements' losses; with weights, the weighted mean. It is NaN if there are no elements, or
// if the weights add up to 0.
func (b Batch[P]) Mean(loss Loss) (float64, error) {
	return b.loss(loss, C.EXACTLOSS_MEAN)
}

// Sum returns the sum of the elements' losses, each times its weight.
func (b Batch[P]) Sum(loss Loss) (float64, error) {
	return b.loss(loss, C.EXACTLOSS_SUM)
}

func (b *Batch[P]) loss(loss Loss, reduction C.int) (float64, error) {
	if err := b.check(); err != nil {
		return math.NaN(), err
	}
	if b.isLong() && loss&(loss-1) == 0 { // a set of several losses is refused below
		return b.lossByThreads(loss, reduction)
	}
	result := C.loss_of(b.options()|C.int(loss)|reduction, b.predictionsMemory(), b.targetsMemory(), b.weightsMemory(),
		b.count())
	return float64(result.value), errorOf(result.status, result.violation)
}

// Values writes the losses of the elements themselves, rounded to the type of the predictions (PyTorch's reduction
// "none"). The values may be written over the predictions.
func (b Batch[P]) Values(loss Loss, values []P) error {
	if err := b.checkOutput("values", values, true); err != nil {
		return err
	}
	result := C.values_of(b.options()|C.int(loss), b.predictionsMemory(), b.targetsMemory(), b.weightsMemory(),
		b.count(), memory(values))
	return errorOf(result.status, result.violation)
}

// Gradient writes the gradient with respect to the predictions, or the logits: of the mean, unless it has a divisor. It
// may be written over the predictions, unless it is accumulated.
func (b Batch[P]) Gradient(gradient Gradient, gradients []P) error {
	_, err := b.gradient(gradient, 0, gradients)
	return err
}

// MeanAndGradient writes the gradient as Gradient does, and returns the mean, in one pass over memory; with weights and
// without a divisor, in two.
func (b Batch[P]) MeanAndGradient(gradient Gradient, gradients []P) (float64, error) {
	return b.gradient(gradient, C.EXACTLOSS_MEAN, gradients)
}

// SumAndGradient writes the gradient of the sum, unless it has a divisor, and returns the sum, in one pass over memory.
func (b Batch[P]) SumAndGradient(gradient Gradient, gradients []P) (float64, error) {
	return b.gradient(gradient, C.EXACTLOSS_SUM, gradients)
}

func (b *Batch[P]) gradient(gradient Gradient, reduction C.int, gradients []P) (float64, error) {
	if err := b.checkOutput("gradients", gradients, !gradient.accumulate); err != nil {
		return math.NaN(), err
	}
	if reduction == C.EXACTLOSS_SUM && !gradient.hasDivisor {
		gradient = gradient.Divisor(1)
	}
	gradient, err := b.scaled(gradient)
	if err != nil {
		return math.NaN(), err
	}
	result := C.gradient_of(b.options()|gradient.options()|reduction, b.predictionsMemory(), b.targetsMemory(),
		b.weightsMemory(), b.count(), C.double(gradient.upstream), C.int64_t(gradient.divisor), memory(gradients))
	return float64(result.value), errorOf(result.status, result.violation)
}

// scaled returns the gradient with its divisor; if it has none, with that of the mean.
func (b *Batch[P]) scaled(gradient Gradient) (Gradient, error) {
	switch {
	case gradient.hasDivisor:
		return gradient, gradient.check()
	case b.Weights != nil:
		evaluation, err := b.Evaluate(Mnist, math.Inf(1))
		return gradient.Upstream(gradient.upstream / evaluation.WeightSum).Divisor(1), err
	case len(b.predictions) == 0:
		return gradient.Divisor(1), nil
	}
	return gradient.Divisor(int64(len(b.predictions))), nil
}

// Evaluate returns a set of losses, and all counts, in one pass over memory. An element is predicted positive when its
// prediction is greater than the threshold, which is customarily 0.5.
func (b Batch[P]) Evaluate(losses Loss, threshold float64) (Evaluation, error) {
	if err := b.check(); err != nil {
		return Evaluation{}, err
	}
	if err := checkThreshold(threshold); err != nil {
		return Evaluation{}, err
	}
	if b.isLong() {
		return b.evaluateByThreads(losses, threshold)
	}
	result := C.evaluation_of(b.options()|C.int(losses), b.predictionsMemory(), b.targetsMemory(), b.weightsMemory(),
		b.count(), C.double(threshold))
	if err := errorOf(result.status, result.violation); err != nil {
		return Evaluation{}, err
	}
	return evaluationOf(&result.evaluation), nil
}

// check compares the lengths of the arrays.
func (b *Batch[P]) check() error {
	switch n := len(b.predictions); {
	case errorOfABI != nil:
		return errorOfABI
	case b.targets.count < 0:
		return errorOfBits
	case b.targets.count != n:
		return errorOfLength("targets", b.targets.count, n)
	case b.Weights != nil && len(b.Weights) != n:
		return errorOfLength("weights", len(b.Weights), n)
	}
	return nil
}

// checkOutput checks the lengths, and that the output has memory of its own, or that of the predictions if inPlace.
func (b *Batch[P]) checkOutput(name string, output []P, inPlace bool) error {
	if err := b.check(); err != nil {
		return err
	}
	if len(output) != len(b.predictions) {
		return errorOfLength(name, len(output), len(b.predictions))
	}
	out := regionOf(output)
	switch {
	case out.overlaps(regionOf(b.predictions), inPlace):
		return errorOfOverlap(name, "predictions")
	case out.overlaps(region{b.targets.memory, b.targets.size}, false):
		return errorOfOverlap(name, "targets")
	case out.overlaps(regionOf(b.Weights), false):
		return errorOfOverlap(name, "weights")
	}
	return nil
}

// options returns the options of the types and the flags.
func (b *Batch[P]) options() C.int {
	options := predictionOption[P]() | b.targets.option
	if b.FromLogits {
		options |= C.EXACTLOSS_FROM_LOGITS
	}
	if b.Strict {
		options |= C.EXACTLOSS_STRICT
	}
	if b.Clamp {
		options |= C.EXACTLOSS_CLAMP
	}
	return options
}

func predictionOption[P Prediction]() C.int {
	var zero P
	switch unsafe.Sizeof(zero) {
	case 4:
		return C.EXACTLOSS_P_FLOAT32
	case 8:
		return C.EXACTLOSS_P_FLOAT64
	}
	if _, ok := any(zero).(Float16); ok {
		return C.EXACTLOSS_P_FLOAT16
	}
	return C.EXACTLOSS_P_BFLOAT16
}

func (b *Batch[P]) count() C.int64_t {
	return C.int64_t(len(b.predictions))
}

func (b *Batch[P]) predictionsMemory() *C.uint8_t {
	return memory(b.predictions)
}

func (b *Batch[P]) targetsMemory() *C.uint8_t {
	return (*C.uint8_t)(b.targets.memory)
}

func (b *Batch[P]) weightsMemory() *C.float {
	return (*C.float)(unsafe.Pointer(memory(b.Weights)))
}
