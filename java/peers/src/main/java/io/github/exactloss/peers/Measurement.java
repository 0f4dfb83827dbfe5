// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The time that a peer takes.
 *
 * @param of the peer and its inputs
 * @param ns nanoseconds a call, in each round
 */
record Measurement(Answers.Case of, List<Double> ns) {
    /** The median of some numbers, with the least and the greatest. */
    record Spread(double median, double min, double max) {
        static Spread of(List<Double> numbers) {
            List<Double> ascending = numbers.stream().sorted().toList();
            return new Spread(ascending.get(ascending.size() / 2), ascending.getFirst(), ascending.getLast());
        }
    }

    Spread time() {
        return Spread.of(ns);
    }

    /** How many times as long as another one in the same rounds. */
    Spread times(Measurement other) {
        return Spread.of(IntStream.range(0, ns.size())
                .mapToObj(round -> ns.get(round) / other.ns.get(round))
                .toList());
    }

    double nsPerElement() {
        return time().median() / of.elements();
    }
}
