// SPDX-License-Identifier: Apache-2.0

package exactloss_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/exactloss/exactloss-go"
)

// TestConformance runs all cases of native/conformance/cases.txt, or of the file that EXACTLOSS_CASES names.
func TestConformance(t *testing.T) {
	path := os.Getenv("EXACTLOSS_CASES")
	if path == "" {
		path = "../../conformance/cases.txt"
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cases := readCases(t, string(text))
	for _, c := range cases {
		if err := c.run(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	t.Logf("%d cases", len(cases))
}

// results are what a case computed.
type results struct {
	loss       float64
	elements   []uint64
	typeName   string // of the elements
	evaluation exactloss.Evaluation
	form       []byte
}

// run compares what a case computes with its expected lines.
func (c *testCase) run() error {
	results, err := c.compute()
	var wrong *wrongError
	if errors.As(err, &wrong) {
		return err
	}
	compared := 0
	for _, line := range c.lines {
		if isInput[line[0]] || c.operation == "accumulate" && isPiece[line[0]] {
			continue
		}
		compared++
		if err != nil {
			if !isRefusal(line, err) {
				return fmt.Errorf("%v, where %v was expected", err, line)
			}
		} else if err := results.compare(line); err != nil {
			return fmt.Errorf("%w, where %.200v was expected", err, line)
		}
	}
	if compared == 0 {
		return errors.New("nothing is expected")
	}
	return nil
}

func isRefusal(line []string, err error) bool {
	var refused *exactloss.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch line[0] {
	case "status":
		return line[1] == strconv.Itoa(int(refused.Status)) && errors.Is(err, refused.Status)
	case "violation":
		v := refused.Violation
		return v != nil && line[1] == v.Array.String() && line[2] == strconv.Itoa(v.Index) && isDouble(line[3], v.Value)
	}
	return false
}

func (r *results) compare(line []string) error {
	number := func(actual int64) error {
		return unless(line[1] == strconv.FormatInt(actual, 10), "%d", actual)
	}
	double := func(token string, actual float64) error {
		return unless(isDouble(token, actual), "%v = %016x", actual, math.Float64bits(actual))
	}
	e := &r.evaluation
	switch line[0] {
	case "loss", "gradient_loss":
		return double(line[1], r.loss)
	case "values", "gradient", "out":
		return compareElements(line[1:], r.elements, r.typeName)
	case "bytes":
		return unless(line[1] == hex.EncodeToString(r.form), "%x", r.form)
	case "bytes_fnv1a":
		hash := fnv1a(r.form)
		return unless(line[1] == fmt.Sprintf("%016x", hash), "%016x", hash)
	case "count":
		return number(e.Count)
	case "positives":
		return number(e.Positives)
	case "true_positives":
		return number(e.TruePositives)
	case "false_positives":
		return number(e.FalsePositives)
	case "true_negatives":
		return number(e.TrueNegatives)
	case "false_negatives":
		return number(e.FalseNegatives)
	case "accuracy":
		return double(line[1], e.Accuracy())
	case "weight_sum":
		return double(line[1], e.WeightSum)
	case "metric":
		return double(line[2], metrics[line[1]](e.Counts))
	case "f_beta":
		value, err := e.FBeta(doubleOf(line[1]))
		if err != nil {
			return err
		}
		return double(line[2], value)
	case "result":
		result := e.Loss(losses[line[1]])
		right := isDouble(line[2], result.Mean) && isDouble(line[3], result.Sum) &&
			isFloat(line[4], result.MeanFloat32) && isFloat(line[5], result.SumFloat32) &&
			line[6] == strconv.FormatInt(result.NaNCount, 10) && line[7] == strconv.FormatInt(result.InfiniteCount, 10)
		return unless(right, "%+v", result)
	}
	return errors.New("there is no such result")
}

func unless(right bool, format string, arguments ...any) error {
	if right {
		return nil
	}
	return fmt.Errorf(format, arguments...)
}

var losses = map[string]exactloss.Loss{
	"mnist": exactloss.Mnist, "brier": exactloss.Brier, "log": exactloss.Log,
}

var metrics = map[string]func(exactloss.Counts) float64{
	"accuracy":          exactloss.Counts.Accuracy,
	"precision":         exactloss.Counts.Precision,
	"recall":            exactloss.Counts.Recall,
	"specificity":       exactloss.Counts.Specificity,
	"f1":                exactloss.Counts.F1,
	"balanced_accuracy": exactloss.Counts.BalancedAccuracy,
	"jaccard":           exactloss.Counts.Jaccard,
	"kappa":             exactloss.Counts.Kappa,
	"matthews":          exactloss.Counts.Matthews,
}

// compute calls what the case's operation names.
func (c *testCase) compute() (results, error) {
	switch c.operation {
	case "accumulate":
		return c.accumulate()
	case "metrics":
		n := make([]int64, 4)
		for i, token := range c.find("counts") {
			n[i] = int64(integer(token))
		}
		var r results
		r.evaluation.Counts = exactloss.Counts{
			TruePositives: n[0], FalsePositives: n[1], TrueNegatives: n[2], FalseNegatives: n[3],
		}
		if beta := c.find("beta"); beta != nil {
			_, err := r.evaluation.FBeta(doubleOf(beta[0]))
			return r, err
		}
		return r, nil
	case "bytes":
		form, err := hex.DecodeString(strings.Join(c.find("input"), ""))
		if err != nil {
			return results{}, &wrongError{err.Error()}
		}
		return resultsOfForm(form)
	}
	array := "predictions"
	if c.operation == "where" {
		array = "a"
	}
	switch c.find(array)[0] {
	case "float16":
		return computeOf[exactloss.Float16](c.operation, c.lines)
	case "bfloat16":
		return computeOf[exactloss.BFloat16](c.operation, c.lines)
	case "float32":
		return computeOf[float32](c.operation, c.lines)
	default:
		return computeOf[float64](c.operation, c.lines)
	}
}

// wrongError is an error that is not the library's.
type wrongError struct{ text string }

func (e *wrongError) Error() string { return e.text }

// resultsOfForm reads an accumulator from its byte form, which it writes again.
func resultsOfForm(form []byte) (results, error) {
	var a exactloss.Accumulator
	if err := a.UnmarshalBinary(form); err != nil {
		return results{}, err
	}
	again, err := a.MarshalBinary()
	if err == nil && !bytes.Equal(again, form) {
		err = &wrongError{"the accumulator writes another byte form than it was read from"}
	}
	if err != nil {
		return results{}, err
	}
	evaluation, err := a.Evaluate()
	return results{evaluation: evaluation, form: form}, err
}

func computeOf[P exactloss.Prediction](operation string, l lines) (results, error) {
	var r results
	var err error
	switch operation {
	case "sigmoid":
		logits := elementsOf[P](l.find("predictions"))
		out := make([]P, len(logits))
		err = exactloss.Sigmoid(logits, out)
		r.setElements(patternsOf(out), l.find("predictions")[0])
		return r, err
	case "where":
		return whereOf[P](l)
	}
	batch := batchOf[P](l)
	loss := losses[l.find("losses")[0]]
	var reduction string
	if line := l.find("reduction"); line != nil {
		reduction = line[0]
	}
	switch operation {
	case "loss":
		if reduction == "mean" {
			r.loss, err = batch.Mean(loss)
		} else {
			r.loss, err = batch.Sum(loss)
		}
	case "values":
		values := make([]P, l.count())
		err = batch.Values(loss, values)
		r.setElements(patternsOf(values), l.find("predictions")[0])
	case "gradient":
		gradient, memory := gradientOf[P](l, loss, l.find("upstream")[0], l.find("divisor")[0])
		switch reduction {
		case "mean":
			r.loss, err = batch.MeanAndGradient(gradient, memory)
		case "sum":
			r.loss, err = batch.SumAndGradient(gradient, memory)
		default:
			err = batch.Gradient(gradient, memory)
		}
		r.setElements(patternsOf(memory), l.find("predictions")[0])
	case "evaluate":
		r.evaluation, err = batch.Evaluate(l.losses(), doubleOf(l.find("threshold")[0]))
	default:
		err = &wrongError{"unknown operation " + operation}
	}
	return r, err
}

func (r *results) setElements(patterns []uint64, typeName string) {
	r.elements, r.typeName = patterns, typeName
}

func batchOf[P exactloss.Prediction](l lines) exactloss.Batch[P] {
	batch := withTargets(elementsOf[P](l.find("predictions")), l.find("targets"))
	if weights := l.find("weights"); weights != nil {
		batch.Weights = elementsOf[float32](weights)
	}
	batch.FromLogits, batch.Strict, batch.Clamp = l.hasFlag("logits"), l.hasFlag("strict"), l.hasFlag("clamp")
	return batch
}

func withTargets[P exactloss.Prediction](predictions []P, array []string) exactloss.Batch[P] {
	switch array[0] {
	case "uint8":
		return exactloss.NewBatch(predictions, elementsOf[uint8](array))
	case "int8":
		return exactloss.NewBatch(predictions, elementsOf[int8](array))
	case "int32":
		return exactloss.NewBatch(predictions, elementsOf[int32](array))
	case "int64":
		return exactloss.NewBatch(predictions, elementsOf[int64](array))
	case "float32":
		return exactloss.NewBatch(predictions, elementsOf[float32](array))
	case "float64":
		return exactloss.NewBatch(predictions, elementsOf[float64](array))
	}
	return exactloss.NewPackedBatch(predictions, bitsOf(array))
}

// gradientOf returns a gradient, and the memory that it is written to.
func gradientOf[P exactloss.Prediction](l lines, loss exactloss.Loss, upstream, divisor string) (exactloss.Gradient, []P) {
	gradient := loss.Gradient().Upstream(doubleOf(upstream)).Divisor(int64(integer(divisor)))
	if l.hasFlag("accumulate") {
		gradient = gradient.Accumulate()
	}
	if initial := l.find("initial"); initial != nil {
		return gradient, elementsOf[P](initial)
	}
	return gradient, make([]P, l.count())
}

func whereOf[E exactloss.Element](l lines) (results, error) {
	condition, a, b := l.find("condition"), elementsOf[E](l.find("a")), elementsOf[E](l.find("b"))
	out := make([]E, integer(condition[1]))
	var err error
	if condition[0] == "uint8" {
		err = exactloss.Where(elementsOf[uint8](condition), a, b, out)
	} else {
		err = exactloss.WherePacked(bitsOf(condition), a, b, out)
	}
	var r results
	r.setElements(patternsOf(out), l.find("a")[0])
	return r, err
}

func (c *testCase) accumulate() (results, error) {
	var accumulators [2]*exactloss.Accumulator
	for i := range accumulators {
		var err error
		if accumulators[i], err = exactloss.NewAccumulator(c.losses(), doubleOf(c.find("threshold")[0])); err != nil {
			return results{}, err
		}
	}
	begin := 0
	for i, line := range c.lines {
		if !strings.HasPrefix(line[0], "add") {
			continue
		}
		var err error
		switch piece := c.lines[begin:i]; piece.find("predictions")[0] {
		case "float16":
			err = add[exactloss.Float16](accumulators[integer(line[1])], piece, c.lines[i:])
		case "bfloat16":
			err = add[exactloss.BFloat16](accumulators[integer(line[1])], piece, c.lines[i:])
		case "float32":
			err = add[float32](accumulators[integer(line[1])], piece, c.lines[i:])
		default:
			err = add[float64](accumulators[integer(line[1])], piece, c.lines[i:])
		}
		if err != nil {
			return results{}, err
		}
		begin = i + 1
	}
	if c.find("merge") != nil {
		if err := accumulators[0].Merge(accumulators[1]); err != nil {
			return results{}, err
		}
	}
	form, err := accumulators[0].MarshalBinary()
	if err != nil {
		return results{}, err
	}
	return resultsOfForm(form)
}

// add adds a piece as the first line of how says, and compares its gradient with the second one.
func add[P exactloss.Prediction](a *exactloss.Accumulator, piece, how lines) error {
	batch := batchOf[P](piece)
	if how[0][0] == "add" {
		return batch.AddTo(a)
	}
	gradient, memory := gradientOf[P](piece, losses[how[0][2]], how[0][3], how[0][4])
	if err := batch.AddWithGradientTo(a, gradient, memory); err != nil {
		return err
	}
	if how[1][0] != "gradient" {
		return &wrongError{"a gradient should follow"}
	}
	if err := compareElements(how[1][1:], patternsOf(memory), piece.find("predictions")[0]); err != nil {
		return &wrongError{err.Error()}
	}
	return nil
}
