// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import "fmt"

// Status is the library's number for an error. errors.Is(err, exactloss.ErrStrict) tells whether err has one.
type Status int32

const (
	ErrCount     Status = C.EXACTLOSS_ERROR_COUNT     // the lengths of arrays differ, or a divisor is less than 1
	ErrThreshold Status = C.EXACTLOSS_ERROR_THRESHOLD // a threshold is NaN, or those of two accumulators differ
	ErrStrict    Status = C.EXACTLOSS_ERROR_STRICT    // strict mode refused an element
	// The accumulator was made neither by NewAccumulator nor by UnmarshalBinary.
	ErrAccumulator Status = C.EXACTLOSS_ERROR_ACCUMULATOR
	ErrOverflow    Status = C.EXACTLOSS_ERROR_OVERFLOW // an accumulator would count more than 2^63-1 elements
	ErrSize        Status = C.EXACTLOSS_ERROR_SIZE     // a byte form has the wrong number of bytes
	ErrFormat      Status = C.EXACTLOSS_ERROR_FORMAT   // bytes are no accumulator, or one of an unknown version
	ErrMaxISA      Status = C.EXACTLOSS_ERROR_MAX_ISA  // EXACTLOSS_MAX_ISA is the name of no instruction set
	ErrWeight      Status = C.EXACTLOSS_ERROR_WEIGHT   // a weight is negative, NaN or infinite
	ErrLoss        Status = C.EXACTLOSS_ERROR_LOSS     // there is no such loss, or the accumulator has others
	ErrMetric      Status = C.EXACTLOSS_ERROR_METRIC   // a beta is negative, NaN or infinite
)

// Error says what the status means.
func (s Status) Error() string {
	return C.GoString(C.exactloss_status_string(C.int(s)))
}

// Array names an array of elements that may be refused.
type Array int32

const (
	Predictions Array = C.EXACTLOSS_PREDICTIONS
	Targets     Array = C.EXACTLOSS_TARGETS
	Weights     Array = C.EXACTLOSS_WEIGHTS
)

func (a Array) String() string {
	return [...]string{Predictions: "predictions", Targets: "targets", Weights: "weights"}[a]
}

// Violation is the first element that was refused: of the smallest index, and of one index the prediction before the
// target before the weight.
type Violation struct {
	Array Array
	Index int
	Value float64 // rounded to float64
}

// Error is what the functions of this package return. No output has been written then, and numbers are NaN.
type Error struct {
	Status    Status     // 0 if the library has no number for it
	Violation *Violation // of ErrStrict and ErrWeight
	message   string
}

func (e *Error) Error() string {
	return "exactloss: " + e.message
}

// Unwrap returns the status.
func (e *Error) Unwrap() error {
	return e.Status
}

// errorOf returns the error that a status means, or nil. It is inlined, so that a call without an error does no more.
func errorOf(status C.int, violation C.exactloss_violation) error {
	if status == C.EXACTLOSS_OK {
		return nil
	}
	return refusal(Status(status), violation)
}

func refusal(status Status, violation C.exactloss_violation) error {
	message := status.Error()
	switch status {
	case ErrStrict, ErrWeight:
		v := Violation{Array(violation.argument), int(violation.index), float64(violation.value)}
		rule := "weights must be finite and not negative"
		switch v.Array {
		case Predictions:
			rule = "strict mode takes numbers from 0 to 1, and logits other than NaN"
		case Targets:
			rule = "strict mode takes 0 and 1"
		}
		return &Error{status, &v, fmt.Sprintf("%v[%d] is %v: %s", v.Array, v.Index, v.Value, rule)}
	case C.EXACTLOSS_ERROR_TYPE:
		message += ": make the batch with NewBatch or NewPackedBatch"
	case ErrAccumulator:
		message += ": make it with NewAccumulator"
	case ErrThreshold:
		message += ": make both accumulators with the same number, such as 0.5"
	case ErrLoss:
		message += ": use the losses that the accumulator was made with"
	case ErrSize, ErrFormat:
		message += ": pass all bytes that MarshalBinary gave, and no others"
	case ErrMaxISA:
		message += ": unset the environment variable, or use one of ISAs()"
	}
	return &Error{Status: status, message: message}
}

// errorOfLength is returned where an array has the wrong number of elements.
func errorOfLength(array string, length, needed int) error {
	return &Error{Status: ErrCount, message: fmt.Sprintf(
		"%s has %d elements, but must have %d, as many as the others", array, length, needed)}
}

// errorOfOverlap is returned where an output shares memory with an input.
func errorOfOverlap(output, input string) error {
	return &Error{message: fmt.Sprintf("%s overlaps %s, but must have memory of its own", output, input)}
}

// errorOfBits is returned where a slice of bytes has fewer bits than Bits says.
var errorOfBits error = &Error{Status: ErrCount, message: "Bits.Bytes has fewer bits than Offset and Count need, or one " +
	"of these is negative"}

// errorOfABI is the error of all calls if the library has another binary interface than the header that this package
// was compiled with.
var errorOfABI = checkABI(int(C.exactloss_abi_version()))

func checkABI(abi int) error {
	if abi == C.EXACTLOSS_ABI_VERSION {
		return nil
	}
	return &Error{message: fmt.Sprintf(
		"the library has the binary interface %d, but this program was compiled for %d: build it again", abi,
		C.EXACTLOSS_ABI_VERSION)}
}
