// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static io.github.exactloss.cuda.Inputs.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.exactloss.ElementType;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was made lives as long as its arena, and when something fails, nothing is left behind. */
class LifetimeTest extends OnFakeDriver {
    /** Whether what was used is being given back. */
    private boolean cleaning;

    /** A device waits for the end of what was made on it, in whatever order that comes. */
    @Test
    void closedArenas() {
        DeviceSegment predictions;
        try (Arena other = Arena.ofShared()) {
            DeviceSegment outlives = stream.copyOf(Predictions.of(new float[8]), other);
            DeviceSegment targets = stream.copyOf(Targets.of(new byte[8]), other);
            assertThat(stream.loss(loss).mean(outlives, targets)).isZero();
            arena.close();
            assertThatIllegalStateException().isThrownBy(() -> stream.loss(loss).mean(outlives, targets));
            assertThatIllegalStateException().isThrownBy(() -> device.allocate(ElementType.UINT8, 1, other));
            assertThatIllegalStateException().isThrownBy(stream::synchronize);
            assertThat(driver.resources()).isGreaterThan(before);
            predictions = outlives;
        }
        assertThat(driver.resources()).isEqualTo(before);
        assertThatIllegalStateException()
                .isThrownBy(() -> predictions.slice(0, 1).memory().asSlice(0).fill((byte) 0));
        assertThatIllegalStateException().isThrownBy(() -> device.newStream(Arena.global()));
    }

    @Test
    void closedMemory() {
        DeviceSegment targets = stream.copyOf(Targets.of(new byte[8]), arena);
        DeviceSegment predictions;
        long open = driver.resources();
        try (Arena other = Arena.ofConfined()) {
            predictions = stream.copyOf(Predictions.of(new float[8]), other);
            assertThat(driver.resources()).isEqualTo(open + 1);
        }
        assertThat(driver.resources()).isEqualTo(open);
        assertThatIllegalStateException().isThrownBy(() -> stream.loss(loss).mean(predictions, targets));
    }

    /**
     * Each call of the driver fails once: an exception with the driver's words, or none needed. Nothing leaks, but for what
     * the driver itself has refused to give back.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void errorsOfTheDriver(boolean inPieces) {
        arena.close();
        int failures = 0;
        for (long call = 0; ; call++) {
            driver.failAt(call);
            cleaning = false;
            try {
                useAll(inPieces);
            } catch (ExactLossException e) {
                failures++;
                assertThat(e).hasMessageMatching("\\S.*[^.\n]").hasMessageContaining("an injected or a faked error");
                if (!cleaning) {
                    assertThat(driver.resources()).as(e.getMessage()).isEqualTo(before);
                }
            }
            before = driver.resources();
            if (!driver.hasFailed()) {
                break;
            }
        }
        driver.failNoMore();
        assertThat(failures).isGreaterThan(30);
    }

    private void useAll(boolean inPieces) {
        try (Arena inner = Arena.ofConfined()) {
            CudaStream used = CudaDevice.open(0, inner).newStream(inner);
            DeviceBatch batch = used.copyOf(batch().slice(0, 50), inner);
            if (inPieces) {
                CudaAccumulator accumulator = used.newAccumulator(evaluator, inner);
                accumulator.add(batch);
                accumulator.addWithGradient(loss, batch, 1, 1, batch.predictions());
                accumulator.mergeInto(evaluator.newAccumulator());
            } else {
                used.evaluator(evaluator).evaluate(batch);
                used.loss(loss).sumAndGradient(batch, 1, batch.predictions());
            }
            cleaning = true;
        }
    }
}
