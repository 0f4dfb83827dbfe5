// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Loss;

/** The loss of three predictions. */
public final class MnistLossExample {
    private MnistLossExample() {}

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) {
        float[] predictions = {0.9f, 0.4f, 0.2f};
        byte[] targets = {1, 0, 1};
        double loss = Loss.mnist().mean(predictions, targets); // 0.43333334227403003
        System.out.println(loss);
    }
}
