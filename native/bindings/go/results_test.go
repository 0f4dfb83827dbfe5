// SPDX-License-Identifier: Apache-2.0

package exactloss_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/exactloss/exactloss-go"
)

type score float64
type label bool

func TestTypes(t *testing.T) {
	doubles := []score{0.9, 0.4, 0.2}
	expect := func(loss float64, err error, expected float64) {
		t.Helper()
		if err != nil || math.Abs(loss-expected) > 1e-15 {
			t.Errorf("%v, %v; not %v", loss, err, expected)
		}
	}
	loss, err := exactloss.NewBatch(doubles, []label{true, false, true}).Mean(exactloss.Mnist)
	expect(loss, err, 1.3/3)
	loss, err = exactloss.NewBatch(doubles, []int{1, 0, 1}).Mean(exactloss.Mnist)
	expect(loss, err, 1.3/3)
	loss, err = exactloss.NewBatch(doubles, []int{1, math.MaxInt, 1}).Mean(exactloss.Mnist)
	expect(loss, err, 1.3/3)
	loss, err = exactloss.NewBatch([]exactloss.BFloat16{0x3f80, 0x3f00, 0}, targets).Mean(exactloss.Mnist) // 1, 0.5, 0
	expect(loss, err, 0.5)
	loss, err = exactloss.NewBatch([]exactloss.Float16{0x3c00, 0x3800, 0}, targets).Mean(exactloss.Mnist)
	expect(loss, err, 0.5)

	out := make([]score, 3) // in place
	copy(out, doubles)
	batch := exactloss.NewBatch(out, []float64{1, 0, nan})
	if err := batch.Values(exactloss.Mnist, out); err != nil || out[1] != 0.4 || out[2] != 0.2 || out[0] > 0.11 {
		t.Error(err, out)
	}
}

func TestGradients(t *testing.T) {
	batch := exactloss.NewBatch([]float64{0.9, 0.4, 0.2}, targets)
	signs := []float64{-1, 1, -1}
	for _, weights := range [][]float32{nil, {1, 2, 0.5}} {
		batch.Weights = weights
		of := func(i int) float64 { return signs[i] }
		sum := 3.0
		if weights != nil {
			of = func(i int) float64 { return signs[i] * float64(weights[i]) }
			sum = 3.5
		}
		ofMean, ofSum, alone, added := make([]float64, 3), make([]float64, 3), make([]float64, 3), make([]float64, 3)
		a := newAccumulator(t, exactloss.Mnist, 0.5)
		if err := batch.AddWithGradientTo(a, exactloss.Mnist.Gradient(), added); err != nil || countOf(t, a) != 3 {
			t.Error(err)
		}
		loss, err := batch.MeanAndGradient(exactloss.Mnist.Gradient(), ofMean)
		if expected, _ := batch.Mean(exactloss.Mnist); err != nil || loss != expected {
			t.Error(loss, err)
		}
		loss, err = batch.SumAndGradient(exactloss.Mnist.Gradient().Upstream(-2), ofSum)
		if expected, _ := batch.Sum(exactloss.Mnist); err != nil || loss != expected {
			t.Error(loss, err)
		}
		for i := 0; i < 2; i++ {
			if err := batch.Gradient(exactloss.Mnist.Gradient().Accumulate(), alone); err != nil {
				t.Error(err)
			}
		}
		for i := range ofMean {
			if math.Abs(ofMean[i]-of(i)/sum) > 1e-15 || ofSum[i] != -2*of(i) || alone[i] != 2*ofMean[i] ||
				added[i] != ofMean[i] {
				t.Errorf("element %d of weights %v: %v, %v, %v, %v", i, weights, ofMean[i], ofSum[i], alone[i], added[i])
			}
		}
	}
}

func TestThreads(t *testing.T) {
	const count = 1<<20 + 77
	random := rand.New(rand.NewSource(1))
	predictions, weights, labels := make([]float32, count), make([]float32, count), make([]float64, count)
	packed := make([]byte, count/8+2)
	random.Read(packed)
	for i := range predictions {
		predictions[i], weights[i], labels[i] = random.Float32(), random.Float32()*3, float64(random.Intn(2))
	}
	batches := []exactloss.Batch[float32]{
		exactloss.NewBatch(predictions, labels),
		exactloss.NewPackedBatch(predictions, exactloss.Bits{Bytes: packed, Offset: 3, Count: count}),
	}
	weighted := batches[0]
	weighted.Weights, weighted.FromLogits = weights, true
	for i, batch := range append(batches, weighted) {
		one := newAccumulator(t, exactloss.All, 0.25)
		loss, err := batch.Mean(exactloss.Log)
		sum, sumErr := batch.Sum(exactloss.Mnist)
		evaluation, evaluationErr := batch.Evaluate(exactloss.All, 0.25)
		if err := firstError(err, sumErr, evaluationErr, batch.AddTo(one)); err != nil {
			t.Fatal(err)
		}
		form, _ := one.MarshalBinary()
		for _, threads := range []int{-1, 0, 1, 2, 3, 5, 8} {
			batch.Threads = threads
			several := newAccumulator(t, exactloss.All, 0.25)
			otherLoss, err := batch.Mean(exactloss.Log)
			otherSum, sumErr := batch.Sum(exactloss.Mnist)
			otherEvaluation, evaluationErr := batch.Evaluate(exactloss.All, 0.25)
			if err := firstError(err, sumErr, evaluationErr, batch.AddTo(several)); err != nil {
				t.Fatal(err)
			}
			otherForm, _ := several.MarshalBinary()
			if loss != otherLoss || sum != otherSum || evaluation != otherEvaluation || !bytes.Equal(form, otherForm) {
				t.Errorf("batch %d with %d threads: %v, not %v", i, threads, otherEvaluation, evaluation)
			}
		}
	}

	strict := batches[0]
	strict.Strict = true
	for _, index := range []int{count - 1, count/4*3 + 9, count/2 + 100, count/4 + 5, 17} {
		predictions[index] = 1.5
		for _, threads := range []int{1, 2, 3, 4} {
			strict.Threads = threads
			_, err := strict.Evaluate(exactloss.Mnist, 0.5)
			refused(t, err, exactloss.ErrStrict, fmt.Sprintf("predictions[%d] is 1.5", index))
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAllocations(t *testing.T) {
	batch := exactloss.NewBatch(predictions, targets)
	batch.Weights = []float32{1, 2, 3}
	out, a := make([]float32, 3), newAccumulator(t, exactloss.All, 0.5)
	var err error
	check := func(e error) {
		if e != nil {
			err = e
		}
	}
	allocations := testing.AllocsPerRun(10, func() {
		_, e := exactloss.NewBatch(predictions, targets).Mean(exactloss.Mnist)
		check(e)
		_, e = batch.MeanAndGradient(exactloss.Log.Gradient(), out)
		check(e)
		evaluation, e := batch.Evaluate(exactloss.All, 0.5)
		check(e)
		evaluation.Matthews()
		check(batch.Values(exactloss.Brier, out))
		check(batch.AddTo(a))
		check(batch.AddWithGradientTo(a, exactloss.Log.Gradient(), out))
		check(a.Merge(a))
		_, e = a.Evaluate()
		check(e)
		check(exactloss.Sigmoid(predictions, out))
		check(exactloss.Where(targets, predictions, predictions[:1], out))
	})
	if allocations != 0 || err != nil {
		t.Errorf("%v allocations, %v", allocations, err)
	}
}

// TestManyElements counts more elements than an int32 does.
func TestManyElements(t *testing.T) {
	const count = 1<<31 + 1
	predictions := make([]exactloss.Float16, count) // memory that is never written costs none
	predictions[count-1] = 0x3c00
	bits := exactloss.Bits{Bytes: make([]byte, count/8+1), Count: count}
	evaluation, err := exactloss.NewPackedBatch(predictions, bits).Evaluate(exactloss.Mnist, 0.5)
	if err != nil || evaluation.Count != count || evaluation.FalsePositives != 1 {
		t.Errorf("%+v, %v", evaluation, err)
	}
}

func TestLibrary(t *testing.T) {
	isas := exactloss.ISAs()
	if isas[0] != "portable" || !strings.Contains(strings.Join(isas, " "), exactloss.ISA()) {
		t.Errorf("%v, %s", isas, exactloss.ISA())
	}
	if len(strings.Split(exactloss.Version(), ".")) != 3 {
		t.Error(exactloss.Version())
	}
}
