// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_h;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** The losses that the native library computes. A new one is a constant here and a factory in {@code Loss}. */
public enum LossFunction {
    MNIST {
        @Override
        public int option() {
            return exactloss_h.EXACTLOSS_MNIST();
        }

        @Override
        public MemorySegment result(MemorySegment evaluation) {
            return exactloss_evaluation.mnist(evaluation);
        }
    },
    BRIER {
        @Override
        public int option() {
            return exactloss_h.EXACTLOSS_BRIER();
        }

        @Override
        public MemorySegment result(MemorySegment evaluation) {
            return exactloss_evaluation.brier(evaluation);
        }
    },
    LOG {
        @Override
        public int option() {
            return exactloss_h.EXACTLOSS_LOG();
        }

        @Override
        public MemorySegment result(MemorySegment evaluation) {
            return exactloss_evaluation.log(evaluation);
        }
    };

    /** The one whose public name this is. */
    public static LossFunction named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The constant that selects it in the options of a native function. */
    public abstract int option();

    /** The part of an {@code exactloss_evaluation} that is an {@code exactloss_loss_result} of this loss. */
    public abstract MemorySegment result(MemorySegment evaluation);

    /** Its public name, in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
