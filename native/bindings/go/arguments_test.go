// SPDX-License-Identifier: Apache-2.0

package exactloss_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/exactloss/exactloss-go"
)

const mean = 0.43333334227403003

var (
	predictions = []float32{0.9, 0.4, 0.2}
	targets     = []uint8{1, 0, 1}
	nan         = math.NaN()
)

// refused fails the test unless the error has the status, and says the words.
func refused(t *testing.T, err error, status exactloss.Status, words string) {
	t.Helper()
	var e *exactloss.Error
	if !errors.As(err, &e) || e.Status != status || !errors.Is(err, status) || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, where status %d and %q were expected", err, int(status), words)
	}
}

func newAccumulator(t *testing.T, losses exactloss.Loss, threshold float64) *exactloss.Accumulator {
	t.Helper()
	a, err := exactloss.NewAccumulator(losses, threshold)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func countOf(t *testing.T, a *exactloss.Accumulator) int64 {
	t.Helper()
	evaluation, err := a.Evaluate()
	if err != nil {
		t.Fatal(err)
	}
	return evaluation.Count
}

// allRefused calls every function of a batch, and checks that nothing is written.
func allRefused[P exactloss.Prediction](t *testing.T, batch exactloss.Batch[P], n int, status exactloss.Status, words string) {
	t.Helper()
	out := make([]P, n)
	a := newAccumulator(t, exactloss.All, 0.5)
	for _, call := range []func() (float64, error){
		func() (float64, error) { return batch.Mean(exactloss.Mnist) },
		func() (float64, error) { return batch.Sum(exactloss.Log) },
		func() (float64, error) { return batch.MeanAndGradient(exactloss.Log.Gradient().Divisor(2), out) },
		func() (float64, error) { return batch.SumAndGradient(exactloss.Log.Gradient(), out) },
	} {
		loss, err := call()
		refused(t, err, status, words)
		if !math.IsNaN(loss) {
			t.Errorf("%v, where NaN was expected", loss)
		}
	}
	refused(t, batch.Values(exactloss.Log, out), status, words)
	refused(t, batch.Gradient(exactloss.Log.Gradient(), out), status, words)
	_, err := batch.Evaluate(exactloss.All, 0.5)
	refused(t, err, status, words)
	refused(t, batch.AddTo(a), status, words)
	refused(t, batch.AddWithGradientTo(a, exactloss.Log.Gradient(), out), status, words)
	for i := range out {
		if out[i] != *new(P) {
			t.Errorf("out[%d] was written: %v", i, out)
		}
	}
	if n := countOf(t, a); n != 0 {
		t.Errorf("%d elements were added", n)
	}
}

func TestLengths(t *testing.T) {
	for _, n := range []int{0, 2, 4} {
		words := fmt.Sprintf("targets has %d elements, but must have 3, as many as the others", n)
		allRefused(t, exactloss.NewBatch(predictions, make([]int64, n)), 3, exactloss.ErrCount, words)
		weighted := exactloss.NewBatch(predictions, targets)
		weighted.Weights = make([]float32, n)
		words = fmt.Sprintf("weights has %d elements, but must have 3", n)
		allRefused(t, weighted, 3, exactloss.ErrCount, words)

		batch, out, a := exactloss.NewBatch(predictions, targets), make([]float32, n), newAccumulator(t, exactloss.All, 0.5)
		refused(t, batch.Values(exactloss.Log, out), exactloss.ErrCount, fmt.Sprintf("values has %d elements", n))
		words = fmt.Sprintf("gradients has %d elements", n)
		refused(t, batch.Gradient(exactloss.Log.Gradient(), out), exactloss.ErrCount, words)
		refused(t, batch.AddWithGradientTo(a, exactloss.Log.Gradient(), out), exactloss.ErrCount, words)
		refused(t, exactloss.Sigmoid(predictions, out), exactloss.ErrCount, fmt.Sprintf("out has %d elements", n))
	}
	out := make([]float32, 3)
	refused(t, exactloss.Where(targets[:2], out, out, out), exactloss.ErrCount, "condition has 2 elements")
	refused(t, exactloss.Where(targets, out[:2], out, out), exactloss.ErrCount, "a has 2 elements")
	refused(t, exactloss.Where(targets, out, out[:0], out), exactloss.ErrCount, "b has 0 elements")
}

func TestBits(t *testing.T) {
	for _, bits := range []exactloss.Bits{
		{[]byte{0b101}, 0, 3}, {[]byte{0b10100000}, 5, 3}, {[]byte{0, 0b10100000}, 13, 3}, {[]byte{0, 128, 2}, 15, 3},
	} {
		if loss, err := exactloss.NewPackedBatch(predictions, bits).Mean(exactloss.Mnist); loss != mean || err != nil {
			t.Errorf("%v: %v, %v", bits, loss, err)
		}
	}
	for _, bits := range []exactloss.Bits{
		{[]byte{0}, 0, 9}, {[]byte{0}, 6, 3}, {[]byte{0}, 8, 1}, {nil, 0, 3}, {[]byte{0}, -1, 3}, {[]byte{0}, 0, -3},
		{[]byte{0}, math.MaxInt, 3}, {[]byte{0}, 0, math.MaxInt}, {[]byte{0}, math.MaxInt, math.MaxInt},
		{[]byte{0}, math.MinInt, 3},
	} {
		allRefused(t, exactloss.NewPackedBatch(predictions, bits), 3, exactloss.ErrCount, "fewer bits")
		out := make([]float32, 3)
		refused(t, exactloss.WherePacked(bits, out, out, out), exactloss.ErrCount, "fewer bits")
	}
	allRefused(t, exactloss.Batch[float64]{}, 0, 3, "make the batch with NewBatch")
	bits := exactloss.Bits{Bytes: []byte{0}, Count: 4}
	allRefused(t, exactloss.NewPackedBatch(predictions, bits), 3, exactloss.ErrCount, "targets has 4 elements")
}

func TestOverlaps(t *testing.T) {
	memory := make([]float32, 8)
	refusedOverlap := func(err error, output, input string) {
		t.Helper()
		refused(t, err, 0, fmt.Sprintf("%s overlaps %s, but must have memory of its own", output, input))
	}
	a := newAccumulator(t, exactloss.Mnist, 0.5)
	gradient := exactloss.Mnist.Gradient()
	batch := exactloss.NewBatch(memory[1:4], []bool{true, false, true})
	for _, out := range [][]float32{memory[:3], memory[2:5], memory[3:6]} {
		refusedOverlap(batch.Values(exactloss.Mnist, out), "values", "predictions")
		refusedOverlap(batch.Gradient(gradient, out), "gradients", "predictions")
		refusedOverlap(batch.AddWithGradientTo(a, gradient, out), "gradients", "predictions")
		refusedOverlap(exactloss.Sigmoid(memory[1:4], out), "out", "logits")
		refusedOverlap(exactloss.Where([]bool{true, false, true}, memory[1:4], memory[7:], out), "out", "a")
		refusedOverlap(exactloss.Where([]bool{true, false, true}, memory[7:], memory[1:4], out), "out", "b")
	}
	refusedOverlap(batch.Gradient(gradient.Accumulate(), memory[1:4]), "gradients", "predictions")
	batch.Weights = memory[4:7]
	refusedOverlap(batch.Values(exactloss.Mnist, memory[4:7]), "values", "weights")
	targets := exactloss.NewBatch(memory[1:4], memory[5:8])
	refusedOverlap(targets.Gradient(gradient, memory[5:8]), "gradients", "targets")
	bytes := make([]uint8, 3)
	bits := exactloss.Bits{Bytes: bytes, Offset: 15, Count: 2}
	refusedOverlap(exactloss.WherePacked(bits, []uint8{1}, []uint8{2}, bytes[1:]), "out", "condition")

	for _, err := range []error{
		batch.Gradient(gradient, memory[1:4]), // in place
		targets.Values(exactloss.Mnist, memory[1:4]),
		exactloss.Sigmoid(memory[:3], memory[:3]),
		exactloss.Sigmoid(memory[:3], memory[3:6]), // side by side
		exactloss.Sigmoid(memory[3:6], memory[:3]),
		exactloss.Where(bytes, []uint8{1}, []uint8{2}, bytes),
		exactloss.WherePacked(exactloss.Bits{Bytes: bytes, Offset: 8, Count: 1}, bytes[2:], bytes[2:], bytes[:1]),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

func nothing[P exactloss.Prediction](t *testing.T) {
	for _, batch := range []exactloss.Batch[P]{
		exactloss.NewBatch([]P{}, []bool{}), exactloss.NewBatch[P, int32](nil, nil),
		exactloss.NewPackedBatch[P](nil, exactloss.Bits{}), exactloss.NewPackedBatch[P](nil, exactloss.Bits{Offset: 9}),
	} {
		loss, err := batch.Mean(exactloss.Brier)
		sum, sumErr := batch.Sum(exactloss.Log)
		evaluation, evaluateErr := batch.Evaluate(exactloss.All, 0.5)
		if !math.IsNaN(loss) || sum != 0 || evaluation.Count != 0 || !math.IsNaN(evaluation.F1()) {
			t.Errorf("%v, %v, %+v", loss, sum, evaluation)
		}
		_, gradientErr := batch.MeanAndGradient(exactloss.Log.Gradient(), nil)
		for _, err := range []error{err, sumErr, evaluateErr, gradientErr, batch.Values(exactloss.Mnist, nil)} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if err := exactloss.Sigmoid[P](nil, nil); err != nil {
		t.Error(err)
	}
}

func TestNothing(t *testing.T) {
	nothing[exactloss.Float16](t)
	nothing[exactloss.BFloat16](t)
	nothing[float32](t)
	nothing[float64](t)
	if err := exactloss.Where[bool, int8](nil, nil, []int8{1}, nil); err != nil {
		t.Error(err)
	}
}

func TestRefusedElements(t *testing.T) {
	batch := exactloss.NewBatch([]float32{0.5, float32(nan), -1}, targets)
	batch.Strict = true
	allRefused(t, batch, 3, exactloss.ErrStrict, "predictions[1] is NaN: strict mode takes numbers from 0 to 1")
	other := exactloss.NewBatch([]float64{0.5, 0.5, 0.5}, []int8{1, 0, -1})
	other.Strict = true
	allRefused(t, other, 3, exactloss.ErrStrict, "targets[2] is -1: strict mode takes 0 and 1")
	for _, weight := range []float32{-1, float32(nan), float32(math.Inf(1))} {
		batch := exactloss.NewBatch(predictions, targets)
		batch.Weights = []float32{1, weight, -1}
		words := fmt.Sprintf("weights[1] is %v: weights must be finite and not negative", weight)
		allRefused(t, batch, 3, exactloss.ErrWeight, words)
	}
	_, err := batch.Mean(exactloss.Log)
	var e *exactloss.Error
	if !errors.As(err, &e) || e.Violation.Array != exactloss.Predictions || e.Violation.Index != 1 {
		t.Errorf("%+v", e)
	}
}

func TestNumbers(t *testing.T) {
	batch, out, a := exactloss.NewBatch(predictions, targets), make([]float32, 3), newAccumulator(t, exactloss.Mnist, 0.5)
	for _, divisor := range []int64{0, -1, math.MinInt64} {
		gradient := exactloss.Mnist.Gradient().Divisor(divisor)
		words := fmt.Sprintf("the divisor is %d, but must be at least 1", divisor)
		refused(t, batch.Gradient(gradient, out), exactloss.ErrCount, words)
		_, err := batch.SumAndGradient(gradient, out)
		refused(t, err, exactloss.ErrCount, words)
		refused(t, batch.AddWithGradientTo(a, gradient, out), exactloss.ErrCount, words)
	}
	_, err := batch.Evaluate(exactloss.Mnist, nan)
	refused(t, err, exactloss.ErrThreshold, "the threshold is NaN, but must be a number, such as 0.5")
	_, err = exactloss.NewAccumulator(exactloss.Mnist, nan)
	refused(t, err, exactloss.ErrThreshold, "the threshold is NaN")
	for _, beta := range []float64{-1, nan, math.Inf(1)} {
		_, err := exactloss.Counts{TruePositives: 1}.FBeta(beta)
		refused(t, err, exactloss.ErrMetric, fmt.Sprintf("beta is %v, but must be finite and not negative", beta))
	}
	for _, counts := range []exactloss.Counts{{TruePositives: -1}, {math.MaxInt64, 1, 0, 0}} {
		if accuracy := counts.Accuracy(); !math.IsNaN(accuracy) {
			t.Errorf("%+v: %v", counts, accuracy)
		}
		_, err := counts.FBeta(1)
		refused(t, err, exactloss.ErrCount, "")
	}
	long := exactloss.NewBatch(make([]float32, 1<<20), make([]uint8, 1<<20))
	long.Threads = 2
	for _, loss := range []exactloss.Loss{0, 8, -1, exactloss.Mnist | exactloss.Brier, exactloss.All} {
		for _, batch := range []exactloss.Batch[float32]{batch, long} {
			mean, meanErr := batch.Mean(loss)
			sum, sumErr := batch.Sum(loss)
			if meanErr == nil || sumErr == nil || !math.IsNaN(mean) || !math.IsNaN(sum) {
				t.Errorf("the loss %d is none, but its mean is %v and its sum %v", loss, mean, sum)
			}
		}
	}
	evaluation, _ := batch.Evaluate(exactloss.All, 0.5)
	if result := evaluation.Loss(exactloss.All); !math.IsNaN(result.Mean) || !math.IsNaN(result.Sum) {
		t.Errorf("a set of losses has no result, but %+v", result)
	}
	if _, err := batch.Evaluate(0, 0.5); !errors.Is(err, exactloss.ErrLoss) {
		t.Error(err)
	}
	refused(t, batch.AddWithGradientTo(a, exactloss.Log.Gradient(), out), exactloss.ErrLoss, "use the losses that")
}

// Arrays may lie in an object that has pointers of Go, which C must not see.
func TestArraysBesidePointers(t *testing.T) {
	object := &struct {
		pointer *int
		numbers [3]float32
		bytes   [3]uint8
	}{new(int), [3]float32{0.9, 0.4, 0.2}, [3]uint8{1, 0, 1}}
	numbers, bytes := object.numbers[:], object.bytes[:]
	batch, out := exactloss.NewBatch(numbers, bytes), make([]float32, 3)
	a := newAccumulator(t, exactloss.All, 0.5)
	_, meanErr := batch.Mean(exactloss.Mnist)
	_, evaluateErr := batch.Evaluate(exactloss.All, 0.5)
	for _, err := range []error{
		meanErr, evaluateErr, batch.AddTo(a), batch.Values(exactloss.Log, out),
		batch.AddWithGradientTo(a, exactloss.Log.Gradient(), out), exactloss.Where(bytes, numbers, out, out),
		exactloss.WherePacked(exactloss.Bits{Bytes: bytes, Count: 3}, numbers, out, out),
		exactloss.Sigmoid(out, numbers),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	refused(t, a.UnmarshalBinary(bytes), exactloss.ErrSize, "pass all bytes that MarshalBinary gave")
}

func TestAccumulators(t *testing.T) {
	var none exactloss.Accumulator
	total := newAccumulator(t, exactloss.Mnist, 0.5)
	batch := exactloss.NewBatch(predictions, targets)
	words := "make it with NewAccumulator"
	refused(t, batch.AddTo(&none), exactloss.ErrAccumulator, words)
	refused(t, none.Merge(total), exactloss.ErrAccumulator, words)
	refused(t, total.Merge(&none), exactloss.ErrAccumulator, words)
	_, err := none.Evaluate()
	refused(t, err, exactloss.ErrAccumulator, words)
	_, err = none.MarshalBinary()
	refused(t, err, exactloss.ErrAccumulator, words)

	refused(t, total.Merge(newAccumulator(t, exactloss.Log, 0.5)), exactloss.ErrLoss, "use the losses that")
	refused(t, total.Merge(newAccumulator(t, exactloss.Mnist, 0.6)), exactloss.ErrThreshold, "with the same number")
	if err := batch.AddTo(total); err != nil {
		t.Fatal(err)
	}
	form, err := total.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	words = "pass all bytes that MarshalBinary gave"
	for _, bad := range [][]byte{nil, {}, form[:1], form[:447], append(append([]byte{}, form...), 0)} {
		refused(t, none.UnmarshalBinary(bad), exactloss.ErrSize, words)
	}
	refused(t, none.UnmarshalBinary(make([]byte, 448)), exactloss.ErrFormat, words)

	// A copy is another accumulator, and gob uses the byte form.
	shared := *total
	if err := shared.Merge(total); err != nil || countOf(t, &shared) != 6 || countOf(t, total) != 3 {
		t.Errorf("%v, %v, %v", err, countOf(t, &shared), countOf(t, total))
	}
	var stream bytes.Buffer
	if err := gob.NewEncoder(&stream).Encode(total); err != nil {
		t.Fatal(err)
	}
	var read exactloss.Accumulator
	if err := gob.NewDecoder(&stream).Decode(&read); err != nil {
		t.Fatal(err)
	}
	if again, err := read.AppendBinary([]byte{1, 2}); err != nil || !bytes.Equal(again[2:], form) || again[0] != 1 {
		t.Errorf("%x, %v", again, err)
	}
}
