// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Whatever needs all threads at a safepoint, as the garbage collector does, waits for a piece of a heap array at most. How
 * long that is, {@code ./build.sh bench-safepoint} measures.
 */
class SafepointTest {
    private static final int COUNT = 1 << 24;

    /**
     * A single downcall would let one safepoint in before it and one or two after it, until the caller sees its result. So a
     * call during which there are many stopped for them on its way.
     */
    private static final int MANY = 8;

    private final AtomicBoolean enough = new AtomicBoolean();

    /** Odd during a call. */
    private final AtomicLong calls = new AtomicLong();

    @Test
    void manyComeDuringOneCall() throws Exception {
        MnistLoss loss = MnistLoss.create();
        Predictions predictions = Predictions.of(new float[COUNT]);
        Targets targets = Targets.of(new byte[COUNT]);
        Thread evaluating = Thread.ofPlatform().start(() -> {
            while (!enough.get()) {
                calls.incrementAndGet();
                loss.mean(predictions, targets);
                calls.incrementAndGet();
            }
        });
        try {
            int most = 0;
            while (most < MANY && calls.get() < 2000) {
                most = Math.max(most, safepointsDuringACall());
            }
            assertThat(most).isGreaterThanOrEqualTo(MANY);
        } finally {
            enough.set(true);
            evaluating.join();
        }
    }

    /** How many began and ended within the call that runs now; 0 if none runs. */
    private int safepointsDuringACall() {
        long call = calls.get();
        for (int safepoints = 0; ; safepoints++) {
            Thread.getAllStackTraces(); // which takes a safepoint
            if (calls.get() != call) {
                return call % 2 == 0 ? 0 : safepoints;
            }
        }
    }
}
