// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import io.github.exactloss.Loss;

/** The loss of three predictions. */
public final class MnistLossExample {
    private MnistLossExample() {}

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) {
        double loss = Loss.mnist().mean(new float[] {0.9f, 0.4f, 0.2f}, new byte[] {1, 0, 1});
        System.out.println(loss);
    }
}
