// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.exactloss.Evaluation;

/** An evaluation under the names of {@code exactloss eval --json}. The loss and the accuracy of no elements are null. */
@JsonNaming(SnakeCaseStrategy.class)
record Answer(
        Double loss,
        @JsonProperty("loss_f32") Float lossFloat,
        long count,
        long positives,
        Double accuracy,
        long truePositives,
        long falsePositives,
        long trueNegatives,
        long falseNegatives) {
    static Answer of(Evaluation evaluation) {
        boolean empty = evaluation.count() == 0;
        return new Answer(
                empty ? null : evaluation.loss(),
                empty ? null : evaluation.lossFloat(),
                evaluation.count(),
                evaluation.positives(),
                empty ? null : evaluation.accuracy(),
                evaluation.truePositives(),
                evaluation.falsePositives(),
                evaluation.trueNegatives(),
                evaluation.falseNegatives());
    }

    /** The answer to a request that is refused. */
    record Problem(String error) {}
}
