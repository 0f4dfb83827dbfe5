// SPDX-License-Identifier: Apache-2.0

package exactloss

// #include "calls.h"
import "C"

import (
	"fmt"
	"math"
)

// Evaluation has the losses and the counts of a batch, or of what an accumulator holds. Weights enter the losses and
// WeightSum, not the counts and not the metrics.
type Evaluation struct {
	Counts
	Count     int64 // elements
	Positives int64 // elements whose target is positive
	Threshold float64
	WeightSum float64 // without weights, the count
	Losses    Loss    // those that were asked for
	results   [3]LossResult
}

// LossResult has the results of one loss.
type LossResult struct {
	Mean          float64 // the exact mean, rounded once; NaN without elements
	Sum           float64 // the exact sum, rounded once
	MeanFloat32   float32 // the exact mean, rounded once to float32
	SumFloat32    float32 // the exact sum, rounded once to float32
	NaNCount      int64   // elements whose weighted loss is NaN
	InfiniteCount int64   // elements whose weighted loss is infinite
}

// Loss returns the results of a loss. If it was not asked for, or is a set of several, the numbers are NaN and the counts
// are 0.
func (e Evaluation) Loss(loss Loss) LossResult {
	switch loss {
	case Mnist:
		return e.results[0]
	case Brier:
		return e.results[1]
	case Log:
		return e.results[2]
	}
	nan := math.NaN()
	return LossResult{Mean: nan, Sum: nan, MeanFloat32: float32(nan), SumFloat32: float32(nan)}
}

func evaluationOf(e *C.exactloss_evaluation) Evaluation {
	return Evaluation{
		Counts: Counts{
			TruePositives:  int64(e.true_positives),
			FalsePositives: int64(e.false_positives),
			TrueNegatives:  int64(e.true_negatives),
			FalseNegatives: int64(e.false_negatives),
		},
		Count:     int64(e.count),
		Positives: int64(e.positives),
		Threshold: float64(e.threshold),
		WeightSum: float64(e.weight_sum),
		Losses:    Loss(e.losses),
		results:   [...]LossResult{resultOf(&e.mnist), resultOf(&e.brier), resultOf(&e.log)},
	}
}

func resultOf(r *C.exactloss_loss_result) LossResult {
	return LossResult{
		Mean:          float64(r.mean),
		Sum:           float64(r.sum),
		MeanFloat32:   float32(r.mean_f32),
		SumFloat32:    float32(r.sum_f32),
		NaNCount:      int64(r.nan_count),
		InfiniteCount: int64(r.infinite_count),
	}
}

// Counts are the numbers of elements by target and by prediction. Their metrics are exact quotients of whole numbers,
// rounded once, or NaN where the divisor is 0; but Matthews is within 2 units in the last place. The metrics of counts
// that are negative, or together more than 2^63-1, are NaN.
type Counts struct {
	TruePositives  int64 // target positive, predicted positive
	FalsePositives int64 // target negative, predicted positive
	TrueNegatives  int64 // target negative, not predicted positive
	FalseNegatives int64 // target positive, not predicted positive
}

// Accuracy returns the share of the elements that are predicted rightly.
func (c Counts) Accuracy() float64 { return c.metric(C.EXACTLOSS_METRIC_ACCURACY) }

// Precision returns the share of those predicted positive that are positive.
func (c Counts) Precision() float64 { return c.metric(C.EXACTLOSS_METRIC_PRECISION) }

// Recall returns the share of the positives that are predicted positive: the sensitivity.
func (c Counts) Recall() float64 { return c.metric(C.EXACTLOSS_METRIC_RECALL) }

// Specificity returns the share of the negatives that are predicted negative.
func (c Counts) Specificity() float64 { return c.metric(C.EXACTLOSS_METRIC_SPECIFICITY) }

// F1 returns the harmonic mean of precision and recall.
func (c Counts) F1() float64 { return c.metric(C.EXACTLOSS_METRIC_F1) }

// BalancedAccuracy returns the mean of recall and specificity.
func (c Counts) BalancedAccuracy() float64 { return c.metric(C.EXACTLOSS_METRIC_BALANCED_ACCURACY) }

// Jaccard returns the share of the true positives in all but the true negatives: intersection over union.
func (c Counts) Jaccard() float64 { return c.metric(C.EXACTLOSS_METRIC_JACCARD) }

// Kappa returns Cohen's kappa.
func (c Counts) Kappa() float64 { return c.metric(C.EXACTLOSS_METRIC_KAPPA) }

// Matthews returns the correlation coefficient of Matthews.
func (c Counts) Matthews() float64 { return c.metric(C.EXACTLOSS_METRIC_MATTHEWS) }

// FBeta returns the F-score, which counts recall beta times as much as precision. A beta that is negative, NaN or
// infinite is an error.
func (c Counts) FBeta(beta float64) (float64, error) {
	result := c.call(0, beta)
	if Status(result.status) == ErrMetric {
		message := fmt.Sprintf("beta is %v, but must be finite and not negative", beta)
		return math.NaN(), &Error{Status: ErrMetric, message: message}
	}
	return float64(result.value), errorOf(result.status, result.violation)
}

func (c Counts) metric(metric C.int) float64 {
	return float64(c.call(metric, 1).value)
}

func (c Counts) call(metric C.int, beta float64) C.number_result {
	return C.metric_of(C.int64_t(c.TruePositives), C.int64_t(c.FalsePositives), C.int64_t(c.TrueNegatives),
		C.int64_t(c.FalseNegatives), metric, C.double(beta))
}
