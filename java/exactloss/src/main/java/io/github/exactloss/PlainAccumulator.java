// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Accumulators;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** An accumulator for one thread at a time. */
final class PlainAccumulator extends Accumulator {
    private final MemorySegment state;

    PlainAccumulator(Evaluator evaluator) {
        super(evaluator);
        this.state = newState(evaluator);
    }

    @Override
    void update(Consumer<MemorySegment> addition) {
        addition.accept(state);
    }

    @Override
    MemorySegment sum() {
        return state;
    }

    @Override
    void moveTo(MemorySegment sum) {
        Accumulators.merge(sum, state);
        clear(state, evaluator());
    }
}
