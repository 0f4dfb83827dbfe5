// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the losses of an evaluation are called wherever they are shown. */
public final class LossLabels {
    private LossLabels() {}

    /** The losses by their labels, in order: {@code loss} for the first, their names for others. */
    public static Map<String, Loss> of(Evaluation evaluation) {
        Map<String, Loss> losses = new LinkedHashMap<>();
        for (Loss loss : evaluation.losses()) {
            losses.put(losses.isEmpty() ? "loss" : loss.name(), loss);
        }
        return losses;
    }

    /** The loss that is labelled {@code loss}. */
    public static Loss first(Evaluation evaluation) {
        return evaluation.losses().getFirst();
    }
}
