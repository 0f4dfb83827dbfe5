// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Rows;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A weighted batch: its loss and gradient, its evaluation, that of its rows, and an accumulator that takes it in two pieces.
 */
public final class EvaluationExample {
    private EvaluationExample() {}

    /** Prints the results, one a line. */
    public static void main(String[] args) {
        Predictions predictions = Predictions.of(new float[] {0.9f, 0.4f, 0.2f, 0.7f});
        Targets targets = Targets.of(new byte[] {1, 0, 1, 0});
        Batch batch = Batch.of(predictions, targets).weights(Weights.of(new float[] {1, 2, 0.5f, 1}));

        float[] gradient = new float[4];
        double mean = Loss.mnist().meanAndGradient(batch, MemorySegment.ofArray(gradient));

        Evaluator evaluator = Evaluator.of(Loss.mnist()).threshold(0.5);
        Evaluation evaluation = evaluator.evaluate(batch); // losses, accuracy and counts in one pass
        List<Evaluation> rows = evaluator.evaluateRows(batch, Rows.of(2, 2)); // of a matrix, row by row

        Accumulator total = evaluator.newAccumulator(); // takes data in pieces; nothing to close
        total.add(batch.slice(0, 3));
        total.add(batch.slice(3, 1));
        double same = total.evaluate().mean(Loss.mnist()); // the bits of `mean`

        System.out.println(mean + " " + evaluation.mean(Loss.mnist()) + " " + same);
        System.out.println(Arrays.toString(gradient));
        System.out.println(evaluation.truePositives() + " of " + evaluation.positives() + ", " + evaluation.accuracy());
        rows.forEach(row -> System.out.println(row.mean(Loss.mnist())));
    }
}
