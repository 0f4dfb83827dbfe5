// SPDX-License-Identifier: Apache-2.0
package com.example.scores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.exactloss.Evaluation;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.Predictions;
import io.github.exactloss.StrictModeException;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MainTest {
    private static final double LOSS = 0.43333334227403003;

    private final float[] predictions = {0.9f, 0.4f, 0.2f};
    private final byte[] targets = {1, 0, 1};

    /** The two runs of these tests differ in it. */
    @Test
    void theModuleIsWhatTheFlagNames() {
        assertEquals(
                System.getProperty("jdk.module.path") != null,
                MnistLoss.class.getModule().isNamed());
    }

    @Test
    void theLibraryIsTheOneInTheJar() {
        assertEquals(1, NativeLibrary.abiVersion());
        String name = System.mapLibraryName("exactloss");
        assertTrue(NativeLibrary.location().getFileName().toString().endsWith("-" + name));
    }

    @Test
    void memoryOnTheHeap() {
        assertEquals(LOSS, Main.loss(predictions, targets));
    }

    @Test
    void memoryOffTheHeap() {
        try (Arena arena = Arena.ofConfined()) {
            Predictions view = Predictions.ofFloats(arena.allocateFrom(ValueLayout.JAVA_FLOAT, predictions));
            assertEquals(LOSS, MnistLoss.create().mean(view, Targets.ofBytes(arena.allocateFrom(
                    ValueLayout.JAVA_BYTE, targets))));
        }
    }

    @Test
    void dataInPieces() {
        try (LossAccumulator accumulator = LossAccumulator.create()) {
            accumulator.add(Predictions.of(predictions, 0, 1), Targets.of(targets, 0, 1));
            accumulator.add(Predictions.of(predictions, 1, 3), Targets.of(targets, 1, 3));
            Evaluation evaluation = accumulator.result();
            assertEquals(LOSS, evaluation.loss());
            assertEquals(3, evaluation.count());
        }
    }

    @Test
    void anError() {
        assertThrows(
                StrictModeException.class,
                () -> MnistLoss.create().strict().mean(Predictions.of(new float[] {2}), Targets.of(new byte[1])));
    }
}
