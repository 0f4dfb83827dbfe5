// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How far each peer's answer is from the exact one. */
final class Answers {
    /** The largest relative error of a loss or a gradient that passes. Careful sums in float32 are far within it. */
    private static final double TOLERANCE = 1e-3;

    /** From this number of elements on, a sum in float32 may stop growing: its error is reported, however large. */
    private static final int SATURATION = 1 << 24;

    /** The fewest elements of a gradient that are compared, spread evenly. Up to a million, all are. */
    private static final int COMPARED = 1_000_000;

    private static final Map<Case, Double> ERRORS = new ConcurrentHashMap<>();

    private Answers() {}

    /** The peer and the inputs of an answer. */
    record Case(Peer peer, int elements, Labels labels, int threads) {}

    /**
     * Remembers an answer's error.
     *
     * @throws IllegalStateException if it is wrong
     */
    static void check(Peer peer, Inputs inputs, int threads, double answer) {
        double exact = inputs.mean(peer.work.measure, peer.work.isFromLogits);
        double error = Math.abs(answer - exact) / exact;
        boolean mustBeExact = peer.library == Peer.Library.EXACTLOSS;
        boolean mayBeWrong = !mustBeExact && inputs.count > SATURATION;
        if (!mayBeWrong && !(error <= (mustBeExact ? 0 : TOLERANCE))) {
            throw new IllegalStateException("%s of %d elements, %s labels, %d threads: %s, but the exact loss is %s"
                    .formatted(peer, inputs.count, inputs.labels, threads, answer, exact));
        }
        ERRORS.put(new Case(peer, inputs.count, inputs.labels, threads), error);
    }

    static boolean isChecked(Case of) {
        return ERRORS.containsKey(of);
    }

    static double error(Case of) {
        return ERRORS.get(of);
    }

    /** @throws IllegalStateException if an element of the gradient is wrong */
    static void checkGradient(Peer peer, Inputs inputs, float[] gradient) {
        for (int i = 0; i < inputs.count; i += Math.max(1, inputs.count / COMPARED)) {
            double expected = slope(peer.work, inputs, i) / inputs.count;
            if (!(Math.abs(gradient[i] - expected) <= TOLERANCE * Math.abs(expected))) {
                throw new IllegalStateException("%s of %d elements: the gradient %d is %s instead of %s"
                        .formatted(peer, inputs.count, i, gradient[i], expected));
            }
        }
    }

    /** The derivative of the loss of element i by its prediction or logit. */
    private static double slope(Peer.Work work, Inputs inputs, int i) {
        boolean isPositive = inputs.targetArray[i] == 1;
        double x = inputs.logits.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        double p = inputs.predictionArray[i];
        double d = work.isFromLogits ? 1 / (1 + Math.exp(isPositive ? x : -x)) : isPositive ? 1 - p : p;
        double ofDistance = switch (work.measure) {
            case MNIST -> 1;
            case BRIER -> 2 * d;
            case LOG -> 1 / (1 - d);
        };
        return (isPositive ? -ofDistance : ofDistance) * (work.isFromLogits ? d * (1 - d) : 1);
    }
}
