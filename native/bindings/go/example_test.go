// SPDX-License-Identifier: Apache-2.0

package exactloss_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/exactloss/exactloss-go"
)

func Example() {
	predictions := []float32{0.9, 0.4, 0.2}
	targets := []uint8{1, 0, 1}
	loss, err := exactloss.NewBatch(predictions, targets).Mean(exactloss.Mnist)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loss) // 0.43333334227403003
	// Output: 0.43333334227403003
}

func ExampleBatch_Evaluate() {
	batch := exactloss.NewBatch([]float32{0.9, 0.4, 0.2}, []bool{true, false, true})
	evaluation, err := batch.Evaluate(exactloss.Mnist|exactloss.Log, 0.5)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(evaluation.Loss(exactloss.Log).Mean, evaluation.TruePositives, evaluation.Recall())
	// Output: 0.7418747072418531 1 0.5
}

func ExampleBatch_MeanAndGradient() {
	batch := exactloss.NewBatch([]float64{2, -1, 0.5}, []int{1, 0, 1})
	batch.FromLogits = true
	gradients := make([]float64, 3)
	mean, err := batch.MeanAndGradient(exactloss.Log.Gradient(), gradients)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.6f %.6f\n", mean, gradients)
	// Output: 0.304756 [-0.039734 0.089647 -0.125847]
}

func ExampleAccumulator() {
	total, err := exactloss.NewAccumulator(exactloss.Mnist, 0.5)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range [][]float32{{0.9, 0.4}, {0.2}} { // data that comes in pieces
		targets := []uint8{1, 0}
		if err := exactloss.NewBatch(p, targets[:len(p)]).AddTo(total); err != nil {
			log.Fatal(err)
		}
	}
	form, err := total.MarshalBinary() // for storage, or another machine
	if err != nil {
		log.Fatal(err)
	}
	var read exactloss.Accumulator
	if err := read.UnmarshalBinary(form); err != nil {
		log.Fatal(err)
	}
	evaluation, err := read.Evaluate()
	fmt.Println(len(form), evaluation.Loss(exactloss.Mnist).Mean, err)
	// Output: 448 0.43333334227403003 <nil>
}

func ExampleError() {
	batch := exactloss.NewBatch([]float32{0.9, 1.5}, []uint8{1, 0})
	batch.Strict = true
	_, err := batch.Mean(exactloss.Log)
	fmt.Println(err)

	var refused *exactloss.Error
	if errors.Is(err, exactloss.ErrStrict) && errors.As(err, &refused) {
		fmt.Println(refused.Violation.Index, refused.Violation.Value)
	}
	// Output:
	// exactloss: predictions[1] is 1.5: strict mode takes numbers from 0 to 1, and logits other than NaN
	// 1 1.5
}

func ExampleWhere() {
	out := make([]float64, 3)
	if err := exactloss.Where([]bool{true, false, true}, []float64{1, 2, 3}, []float64{-1}, out); err != nil {
		log.Fatal(err)
	}
	fmt.Println(out)
	// Output: [1 -1 3]
}
