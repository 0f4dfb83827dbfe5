// SPDX-License-Identifier: Apache-2.0
package com.example.scores;

import io.github.exactloss.Loss;

public final class Main {
    private Main() {}

    /** Prints 0.43333334227403003. */
    public static void main(String[] args) {
        System.out.println(loss(new float[] {0.9f, 0.4f, 0.2f}, new byte[] {1, 0, 1}));
    }

    static double loss(float[] predictions, byte[] targets) {
        return Loss.mnist().mean(predictions, targets);
    }
}
