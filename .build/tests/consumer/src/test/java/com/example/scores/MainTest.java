// SPDX-License-Identifier: Apache-2.0
package com.example.scores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
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
                Loss.class.getModule().isNamed());
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
            Predictions view =
                    Predictions.of(arena.allocateFrom(ValueLayout.JAVA_FLOAT, predictions), ElementType.FLOAT32);
            Targets labels = Targets.of(arena.allocateFrom(ValueLayout.JAVA_BYTE, targets), ElementType.UINT8);
            assertEquals(LOSS, Loss.mnist().mean(view, labels));
        }
    }

    @Test
    void dataInPieces() {
        Accumulator accumulator = Evaluator.of(Loss.mnist()).newAccumulator();
        Batch batch = Batch.of(Predictions.of(predictions), Targets.of(targets));
        accumulator.add(batch.slice(0, 1));
        accumulator.add(batch.slice(1, 2));
        Evaluation evaluation = accumulator.evaluate();
        assertEquals(LOSS, evaluation.mean(Loss.mnist()));
        assertEquals(3, evaluation.count());
    }

    @Test
    void anError() {
        assertThrows(
                StrictModeException.class,
                () -> Loss.mnist().strict().mean(new float[] {2}, new byte[1]));
    }
}
