// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.cli.EvaluationNumbers;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One pass over the training digits.
 *
 * @param number counted from 1
 * @param training of the predictions that the mini-batches were trained by, each made before its step
 * @param validation of the validation digits, after the last step
 */
public record Epoch(int number, Evaluation training, Evaluation validation) {
    /**
     * The columns of a table of epochs, without the number: the losses and the accuracy.
     *
     * @param trained the loss that the training descends
     */
    public Map<String, Double> columns(Loss trained) {
        Map<String, Double> columns = new LinkedHashMap<>();
        columns.put("training " + trained.name(), training.mean(trained));
        EvaluationNumbers.means(validation).forEach((name, mean) -> columns.put("validation " + name, mean));
        columns.put("accuracy", validation.accuracy());
        return columns;
    }
}
