// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.exactloss.Evaluation;

/**
 * What a client gets for a batch.
 *
 * @param batch the evaluation of this batch
 * @param total that of all batches up to this one, with it, and perhaps with some that came at the same time
 * @param nullCount rows of an Arrow stream that were left out; null for arrays, which can't have any
 */
record Answer(
        Metrics batch,
        Metrics total,

        @JsonProperty("null_count") @JsonInclude(Include.NON_NULL)
        Long nullCount) {
    static Answer of(Evaluation batch, Evaluation total, Long nullCount) {
        return new Answer(Metrics.of(batch), Metrics.of(total), nullCount);
    }

    /** An evaluation under the names of {@code exactloss eval --json}. A loss or accuracy of nothing is null. */
    @JsonNaming(SnakeCaseStrategy.class)
    record Metrics(
            Double loss,
            @JsonProperty("loss_f32") Float lossFloat,
            long count,
            long positives,
            Double accuracy,
            long truePositives,
            long falsePositives,
            long trueNegatives,
            long falseNegatives) {
        static Metrics of(Evaluation evaluation) {
            boolean empty = evaluation.count() == 0;
            return new Metrics(
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
    }

    /** What a client gets instead when it is refused. */
    record Problem(String error) {}
}
