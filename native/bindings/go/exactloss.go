// SPDX-License-Identifier: Apache-2.0

// Package exactloss computes the losses, gradients and metrics of a binary classifier: exactly, and as fast as memory
// can be read.
//
// A mean or a sum is that of real numbers, rounded once. So it has the same bits on every processor, with any number of
// threads, and however the data is cut. Slices are read and written where they lie.
//
// The package calls the C library exactloss, which pkg-config finds.
package exactloss

/*
#cgo pkg-config: exactloss
#include "calls.h"
*/
import "C"

// Loss is a loss, or with | a set of losses: exactloss.Mnist | exactloss.Log. A loss is a function of an element's
// distance d, which is 1 - p where the target is 1, and p elsewhere.
type Loss int32

const (
	Mnist Loss = C.EXACTLOSS_MNIST   // d: the mean absolute error, PyTorch's l1_loss
	Brier Loss = C.EXACTLOSS_BRIER   // d²: the squared error, PyTorch's mse_loss
	Log   Loss = C.EXACTLOSS_LOG     // -ln(1 - d): binary cross-entropy, PyTorch's binary_cross_entropy
	All        = Mnist | Brier | Log // the set of all losses
)

// Float16 is a floating-point number of 16 bits, IEEE 754's binary16, as its bits.
type Float16 uint16

// BFloat16 is the upper half of a float32, as its bits.
type BFloat16 uint16

// Prediction is a type of predictions, logits, values and gradients.
type Prediction interface {
	~float32 | ~float64 | Float16 | BFloat16
}

// Target is a type of targets. A target is positive where it is 1 or true, and negative where it has any other value,
// NaN included.
type Target interface {
	~bool | ~uint8 | ~int8 | ~int32 | ~int64 | ~int | ~float32 | ~float64
}

// Bits are packed bits, the least significant bit of a byte first, as Arrow stores booleans: Count bits from the bit
// Offset of Bytes on.
type Bits struct {
	Bytes  []byte
	Offset int
	Count  int
}

// Version returns the version of the library, "MAJOR.MINOR.PATCH".
func Version() string {
	return C.GoString(C.exactloss_version())
}

// ISA returns the name of the instruction set whose kernels run in this process, or "" if EXACTLOSS_MAX_ISA in the
// environment is the name of no instruction set.
func ISA() string {
	return C.GoString(C.exactloss_isa_name())
}

// ISAs returns the instruction sets that the library has kernels for, from the lowest rank to the highest.
func ISAs() []string {
	var names []string
	for name := C.exactloss_isa_name_of(0); name != nil; name = C.exactloss_isa_name_of(C.int(len(names))) {
		names = append(names, C.GoString(name))
	}
	return names
}
