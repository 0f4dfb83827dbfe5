// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;

/** The loss of three predictions. */
public final class MnistLossExample {
    private MnistLossExample() {}

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) {
        Predictions predictions = Predictions.of(new float[] {0.9f, 0.4f, 0.2f});
        Targets targets = Targets.of(new byte[] {1, 0, 1});
        double loss = Loss.mnist().mean(predictions, targets);
        System.out.println(loss);
    }
}
