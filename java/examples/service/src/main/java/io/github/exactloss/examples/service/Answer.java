// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON objects that the service sends. */
final class Answer {
    private Answer() {}

    /** An evaluation under the names of {@code exactloss eval --json}. The losses and the accuracy of no elements are null. */
    static Map<String, Object> of(Evaluation evaluation) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (Loss loss : evaluation.losses()) {
            String name = loss.equals(Loss.mnist()) ? "loss" : loss.name();
            members.put(name, evaluation.count() == 0 ? null : evaluation.mean(loss));
            members.put(name + "_f32", evaluation.count() == 0 ? null : evaluation.meanAsFloat(loss));
        }
        members.put("count", evaluation.count());
        members.put("positives", evaluation.positives());
        members.put("accuracy", evaluation.count() == 0 ? null : evaluation.accuracy());
        members.put("true_positives", evaluation.truePositives());
        members.put("false_positives", evaluation.falsePositives());
        members.put("true_negatives", evaluation.trueNegatives());
        members.put("false_negatives", evaluation.falseNegatives());
        return members;
    }

    /** The answer to a request that is refused. */
    static Map<String, String> refusal(String error) {
        return Map.of("error", error);
    }
}
