// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import (
	"encoding"
	"math"
	"unsafe"
)

// Accumulator is an evaluation that takes its data in pieces: in any order, from any number of goroutines or machines,
// with the same result. NewAccumulator and UnmarshalBinary make one.
//
// It is a plain value of 4,864 bytes, which may be copied. Each goroutine has its own, and one merges them.
type Accumulator struct {
	memory C.exactloss_accumulator
}

var (
	_ encoding.BinaryMarshaler   = (*Accumulator)(nil)
	_ encoding.BinaryUnmarshaler = (*Accumulator)(nil)
)

// NewAccumulator makes an empty accumulator of these losses.
func NewAccumulator(losses Loss, threshold float64) (*Accumulator, error) {
	if errorOfABI != nil {
		return nil, errorOfABI
	}
	if err := checkThreshold(threshold); err != nil {
		return nil, err
	}
	a := new(Accumulator)
	if err := statusError(C.exactloss_accumulator_init(&a.memory, C.int(losses), C.double(threshold))); err != nil {
		return nil, err
	}
	return a, nil
}

// AddTo adds the batch to an accumulator. If it is refused, the accumulator stays as it was.
func (b Batch[P]) AddTo(a *Accumulator) error {
	if err := b.check(); err != nil {
		return err
	}
	if b.isLong() {
		return b.addByThreads(a)
	}
	result := C.add_to(&a.memory, b.options(), b.predictionsMemory(), b.targetsMemory(), b.weightsMemory(), b.count())
	return errorOf(result.status, result.violation)
}

// AddWithGradientTo adds the batch to an accumulator, and writes the gradient of one of its losses, in one pass over
// memory. Without a divisor it is the gradient of this batch's mean.
func (b Batch[P]) AddWithGradientTo(a *Accumulator, gradient Gradient, gradients []P) error {
	if err := b.checkOutput("gradients", gradients, !gradient.accumulate); err != nil {
		return err
	}
	gradient, err := b.scaled(gradient)
	if err != nil {
		return err
	}
	result := C.add_with_gradient_to(&a.memory, b.options()|gradient.options(), b.predictionsMemory(),
		b.targetsMemory(), b.weightsMemory(), b.count(), C.double(gradient.upstream), C.int64_t(gradient.divisor),
		memory(gradients))
	return errorOf(result.status, result.violation)
}

// Merge adds what another accumulator of the same losses and threshold holds.
func (a *Accumulator) Merge(other *Accumulator) error {
	return statusError(C.exactloss_accumulator_merge(&a.memory, &other.memory))
}

// Evaluate returns the evaluation of everything added so far.
func (a *Accumulator) Evaluate() (Evaluation, error) {
	result := C.evaluation_in(&a.memory)
	if err := statusError(result.status); err != nil {
		return Evaluation{}, err
	}
	return evaluationOf(&result.evaluation), nil
}

// AppendBinary appends the byte form to b. It is the same for the same elements, whatever their order, their pieces and
// the machine.
func (a *Accumulator) AppendBinary(b []byte) ([]byte, error) {
	var form [C.EXACTLOSS_ACCUMULATOR_MAX_BYTES]byte
	var size C.int64_t
	status := C.exactloss_accumulator_serialize(&a.memory, unsafe.Pointer(&form[0]), C.int64_t(len(form)), &size)
	return append(b, form[:size]...), statusError(status)
}

// MarshalBinary returns the byte form, as AppendBinary does.
func (a *Accumulator) MarshalBinary() ([]byte, error) {
	return a.AppendBinary(nil)
}

// UnmarshalBinary makes the accumulator from its byte form. Any input is safe.
func (a *Accumulator) UnmarshalBinary(form []byte) error {
	if errorOfABI != nil {
		return errorOfABI
	}
	bytes := memory(form)
	if bytes == nil {
		bytes = new(C.uint8_t) // for the status of a wrong size, not of a missing pointer
	}
	return statusError(C.accumulator_from(&a.memory, bytes, C.int64_t(len(form))))
}

func checkThreshold(threshold float64) error {
	if math.IsNaN(threshold) {
		return &Error{Status: ErrThreshold, message: "the threshold is NaN, but must be a number, such as 0.5"}
	}
	return nil
}

// statusError is errorOf for functions that look at no elements.
func statusError(status C.int) error {
	return errorOf(status, C.exactloss_violation{})
}
