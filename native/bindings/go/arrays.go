// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import "unsafe"

// Sigmoid writes 1 / (1 + exp(-x)) of each logit x: the library's own function, with the same bits on every processor.
// It may be written over the logits.
func Sigmoid[P Prediction](logits, out []P) error {
	if errorOfABI != nil {
		return errorOfABI
	}
	if len(out) != len(logits) {
		return errorOfLength("out", len(out), len(logits))
	}
	if regionOf(out).overlaps(regionOf(logits), true) {
		return errorOfOverlap("out", "logits")
	}
	return statusError(C.sigmoid_of(predictionOption[P](), memory(logits), C.int64_t(len(logits)), memory(out)))
}

// Element is a type of elements that Where copies.
type Element interface {
	~bool | ~int8 | ~uint8 | ~int16 | ~uint16 | ~int32 | ~uint32 | ~float32 | ~int64 | ~uint64 | ~float64 | ~int | ~uint
}

// Where writes a[i] where condition[i] is true (or not 0), and b[i] elsewhere, bit by bit, as torch.where and numpy.where
// do. One element of a or b stands for all. It may be written over a, b, or a condition of elements of the same size.
func Where[C ~bool | ~uint8, E Element](condition []C, a, b, out []E) error {
	return where(NewBatch([]float32(nil), condition).targets, true, a, b, out)
}

// WherePacked is Where with a condition in packed bits.
func WherePacked[E Element](condition Bits, a, b, out []E) error {
	return where(condition.view(), false, a, b, out)
}

func where[E Element](condition targetView, ofBytes bool, a, b, out []E) error {
	options, n := condition.option, len(out)
	switch {
	case errorOfABI != nil:
		return errorOfABI
	case condition.count < 0:
		return errorOfBits
	case condition.count != n:
		return errorOfLength("condition", condition.count, n)
	case regionOf(out).overlaps(region{condition.memory, condition.size}, ofBytes):
		return errorOfOverlap("out", "condition")
	}
	for _, operand := range []struct {
		name     string
		elements []E
		scalar   C.int
	}{{"a", a, C.EXACTLOSS_SCALAR_A}, {"b", b, C.EXACTLOSS_SCALAR_B}} {
		switch len(operand.elements) {
		case n:
		case 1:
			options |= operand.scalar
		default:
			return errorOfLength(operand.name, len(operand.elements), n)
		}
		if regionOf(out).overlaps(regionOf(operand.elements), true) {
			return errorOfOverlap("out", operand.name)
		}
	}
	return statusError(C.where_of(options, (*C.uint8_t)(condition.memory), memory(a), memory(b),
		C.int(unsafe.Sizeof(*new(E))), C.int64_t(n), memory(out)))
}
