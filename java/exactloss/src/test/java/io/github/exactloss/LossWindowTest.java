// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LossWindowTest {
    private static final long SEED = 23;
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final MnistLoss loss = MnistLoss.create();

    /** The time, wherever it began. */
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 7);

    private LossWindow window(int intervals) {
        return LossWindow.create(loss, INTERVAL, intervals, now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static void add(LossWindow window, Batch batch) {
        window.add(batch.predictions(), batch.targets());
    }

    @Test
    void forgetsWhatIsOld() {
        Batch first = Batch.random(Batch.Values.ANY_FINITE, 100, SEED);
        Batch second = Batch.random(Batch.Values.UNIT, 30, SEED + 1);
        try (LossWindow window = window(3)) {
            assertThat(window.result().count()).isZero();
            add(window, first);
            pass(INTERVAL);
            add(window, second);
            assertThat(window.result().count()).isEqualTo(130);
            pass(INTERVAL.multipliedBy(2).minusNanos(1));
            assertThat(window.result().count()).isEqualTo(130);
            pass(Duration.ofNanos(1));
            // The huge values of the first batch leave no trace.
            assertThat(window.result()).isEqualTo(loss.evaluate(second.predictions(), second.targets()));
            pass(INTERVAL);
            assertThat(window.result().count()).isZero();
        }
    }

    /** Against a list of everything that was ever added. */
    @Test
    void hasTheBitsOfWhatIsInIt() {
        record Added(long interval, Batch batch) {}

        SplittableRandom random = new SplittableRandom(SEED);
        for (int intervals : new int[] {1, 2, 3, 10}) {
            List<Added> all = new ArrayList<>();
            long start = now.get();
            try (LossWindow window = window(intervals)) {
                for (int step = 0; step < 300; step++) {
                    pass(Duration.ofNanos(random.nextLong(
                            random.nextInt(20) == 0 ? INTERVAL.toNanos() * 2 * intervals : INTERVAL.toNanos())));
                    long interval = (now.get() - start) / INTERVAL.toNanos();
                    if (random.nextInt(4) > 0) {
                        Batch batch = Batch.random(Batch.Values.MIXED, random.nextInt(1, 50), random.nextLong());
                        add(window, batch);
                        all.add(new Added(interval, batch));
                    }
                    if (random.nextInt(3) == 0) {
                        try (LossAccumulator expected = LossAccumulator.create(loss)) {
                            all.stream()
                                    .filter(added -> added.interval > interval - intervals)
                                    .forEach(added -> expected.add(added.batch.predictions(), added.batch.targets()));
                            assertThat(window.toBytes())
                                    .as("seed %d, %d intervals, step %d", SEED, intervals, step)
                                    .isEqualTo(expected.toBytes());
                        }
                    }
                }
            }
        }
    }

    /** Threads that add while the time passes: every batch is in exactly one interval. */
    @Test
    void losesNothingBetweenIntervals() throws Exception {
        Batch batch = Batch.random(Batch.Values.UNIT, 10, SEED);
        int adds = 5000;
        try (ExecutorService threads = Executors.newFixedThreadPool(8);
                LossWindow window = window(8 * adds + 1)) {
            List<Future<?>> adding = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                adding.add(threads.submit(() -> {
                    for (int n = 0; n < adds; n++) {
                        add(window, batch);
                        if (n % 10 == 0) {
                            pass(INTERVAL);
                        }
                    }
                }));
            }
            for (Future<?> future : adding) {
                future.get();
            }
            assertThat(window.result().count()).isEqualTo(8L * adds * batch.count);
            assertThat(window.result().loss()).isEqualTo(loss.mean(batch.predictions(), batch.targets()));
        }
    }

    @Test
    void takesWeightsAndOtherAccumulators() {
        Batch batch = Batch.random(Batch.Values.UNIT, 100, SEED);
        Weights weights = Weights.of(new float[100]);
        try (LossWindow window = window(2);
                LossAccumulator other = LossAccumulator.create(loss)) {
            window.add(batch.predictions(), batch.targets(), weights);
            other.add(batch.predictions(), batch.targets());
            window.merge(other);
            assertThat(window.result().weightSum()).isEqualTo(100);
            assertThat(window.result().count()).isEqualTo(200);
            try (LossAccumulator snapshot = window.snapshot()) {
                pass(INTERVAL.multipliedBy(2));
                assertThat(snapshot.result().count()).isEqualTo(200);
                assertThat(window.result().count()).isZero();
            }
        }
    }

    @Test
    void hasAClockOfItsOwn() {
        try (LossWindow window = LossWindow.create(loss, Duration.ofDays(1), 2)) {
            window.add(Predictions.of(new float[3]), Targets.of(new byte[3]));
            assertThat(window.result().count()).isEqualTo(3);
        }
    }

    @Test
    void closingTwiceIsClosing() {
        LossWindow window = window(2);
        window.close();
        window.close();
        assertThatIllegalStateException().isThrownBy(window::result);
        pass(INTERVAL);
        assertThatIllegalStateException().isThrownBy(window::snapshot);
        assertThatIllegalStateException()
                .isThrownBy(() -> window.add(Predictions.of(new float[1]), Targets.of(new byte[1])));
    }

    @Test
    void refusesWhatIsNoWindow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> window(0))
                .withMessage("intervals must be at least 1, not 0");
        for (Duration interval : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> LossWindow.create(loss, interval, 2))
                    .withMessage("an interval of %s is not positive, or too long", interval);
        }
    }
}
