// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import "fmt"

// Gradient is the gradient of a loss, and how it is scaled and written. An element's gradient is that of its own loss,
// times its weight, times upstream / divisor.
type Gradient struct {
	loss       Loss
	upstream   float64
	divisor    int64
	hasDivisor bool
	accumulate bool
}

// Gradient returns the gradient of the loss, with the upstream 1.
func (l Loss) Gradient() Gradient {
	return Gradient{loss: l, upstream: 1}
}

// Upstream sets the derivative of the final result with respect to the loss. NaN and infinities pass on.
func (g Gradient) Upstream(upstream float64) Gradient {
	g.upstream = upstream
	return g
}

// Divisor sets the divisor of the sum of the elements' losses, at least 1: for the mean of a batch that comes in pieces,
// the count of all of them.
//
// Without it, the gradient is that of the batch's mean: the count, or with weights their sum, which takes another pass
// over memory. SumAndGradient divides by 1 then.
func (g Gradient) Divisor(divisor int64) Gradient {
	g.divisor, g.hasDivisor = divisor, true
	return g
}

// Accumulate adds to what the gradient's memory holds, instead of overwriting it. Each sum is rounded once.
func (g Gradient) Accumulate() Gradient {
	g.accumulate = true
	return g
}

func (g Gradient) check() error {
	if g.divisor < 1 {
		return &Error{Status: ErrCount, message: fmt.Sprintf("the divisor is %d, but must be at least 1", g.divisor)}
	}
	return nil
}

func (g Gradient) options() C.int {
	if g.accumulate {
		return C.int(g.loss) | C.EXACTLOSS_ACCUMULATE
	}
	return C.int(g.loss)
}
