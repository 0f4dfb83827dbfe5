// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import "unsafe"

// memory returns where the elements of a slice lie, as bytes; nil if there are none.
func memory[E any](elements []E) *C.uint8_t {
	if len(elements) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&elements[0]))
}

// region is the memory of an array.
type region struct {
	start unsafe.Pointer
	size  int // in bytes
}

func regionOf[E any](elements []E) region {
	return region{unsafe.Pointer(memory(elements)), len(elements) * int(unsafe.Sizeof(*new(E)))}
}

// overlaps tells whether an output shares memory with an input, other than by being its memory where it may be.
func (out region) overlaps(in region, inPlace bool) bool {
	if inPlace && out == in {
		return false
	}
	outStart, inStart := uintptr(out.start), uintptr(in.start)
	return outStart < inStart+uintptr(in.size) && inStart < outStart+uintptr(out.size)
}
