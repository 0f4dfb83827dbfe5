// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import (
	"errors"
	"math"
	"unsafe"
)

// smallest is the smallest piece that is worth a goroutine, in elements.
const smallest = 1 << 18

// isLong tells whether the batch is long enough for more than one thread.
func (b *Batch[P]) isLong() bool {
	return b.Threads > 1 && len(b.predictions) >= 2*smallest
}

func (b *Batch[P]) lossByThreads(loss Loss, reduction C.int) (float64, error) {
	evaluation, err := b.evaluateByThreads(loss, math.Inf(1))
	if err != nil {
		return math.NaN(), err
	}
	if reduction == C.EXACTLOSS_MEAN {
		return evaluation.Loss(loss).Mean, nil
	}
	return evaluation.Loss(loss).Sum, nil
}

func (b *Batch[P]) evaluateByThreads(losses Loss, threshold float64) (Evaluation, error) {
	sum, err := accumulate(*b, losses, threshold)
	if err != nil {
		return Evaluation{}, err
	}
	return sum.Evaluate()
}

func (b *Batch[P]) addByThreads(a *Accumulator) error {
	own, err := a.Evaluate()
	if err != nil {
		return err
	}
	sum, err := accumulate(*b, own.Losses, own.Threshold)
	if err != nil {
		return err
	}
	return a.Merge(sum)
}

// accumulate adds the first half of a long batch in another goroutine. Sums are exact, so the cuts leave no trace.
func accumulate[P Prediction](b Batch[P], losses Loss, threshold float64) (*Accumulator, error) {
	if !b.isLong() {
		sum, err := NewAccumulator(losses, threshold)
		if err == nil {
			err = b.AddTo(sum)
		}
		return sum, err
	}
	first, second := b.halves()
	var sum *Accumulator
	var err error
	done := make(chan struct{})
	go func() {
		sum, err = accumulate(first, losses, threshold)
		close(done)
	}()
	other, otherErr := accumulate(second, losses, threshold)
	<-done
	if err != nil { // its elements have the smaller indices
		return nil, err
	}
	if otherErr != nil {
		return nil, after(otherErr, len(first.predictions))
	}
	return sum, sum.Merge(other)
}

// halves returns two parts of a batch, with their shares of the threads and the elements.
func (b *Batch[P]) halves() (first, second Batch[P]) {
	pieces := b.Threads
	if most := len(b.predictions) / smallest; pieces > most {
		pieces = most
	}
	index := len(b.predictions) / pieces * (pieces / 2) &^ 63 // bits begin with a byte
	first, second = *b, *b
	first.Threads, second.Threads = b.Threads/2, b.Threads-b.Threads/2
	first.predictions, second.predictions = b.predictions[:index], b.predictions[index:]
	first.targets.count, second.targets.count = index, b.targets.count-index
	second.targets.memory = unsafe.Add(b.targets.memory, index/8*b.targets.bits)
	if b.Weights != nil {
		first.Weights, second.Weights = b.Weights[:index], b.Weights[index:]
	}
	return first, second
}

// after returns the error of elements that come after count others.
func after(err error, count int) error {
	var e *Error
	if errors.As(err, &e) && e.Violation != nil {
		violation := C.exactloss_violation{
			argument: C.int32_t(e.Violation.Array),
			index:    C.int64_t(e.Violation.Index + count),
			value:    C.double(e.Violation.Value),
		}
		return refusal(e.Status, violation)
	}
	return err
}
