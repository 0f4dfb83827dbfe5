// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.Evaluation;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.function.Function;

/** Makes an {@link Evaluation}, which has no public way to be made, for the modules that belong to this one. */
public final class Evaluations {
    private static Function<MemorySegment, Evaluation> reader;

    private Evaluations() {}

    /** Called by the initialiser of {@link Evaluation}. */
    public static void setReader(Function<MemorySegment, Evaluation> reader) {
        Evaluations.reader = reader;
    }

    /**
     * Reads what a native function wrote.
     *
     * @param evaluation an {@code exactloss_evaluation}
     */
    public static Evaluation read(MemorySegment evaluation) {
        try {
            MethodHandles.lookup().ensureInitialized(Evaluation.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("the class is public", e);
        }
        return reader.apply(evaluation);
    }
}
