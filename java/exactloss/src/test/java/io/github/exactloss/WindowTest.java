// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WindowTest {
    private static final long SEED = 23;
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final Evaluator evaluator = Evaluator.of(Loss.mnist());

    /** The time, wherever it began. */
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 7);

    private Accumulator window(int intervals) {
        return new WindowAccumulator(evaluator, INTERVAL, intervals, now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static void add(Accumulator window, RandomBatch batch) {
        window.add(batch.predictions(), batch.targets());
    }

    @Test
    void forgetsWhatIsOld() {
        RandomBatch first = RandomBatch.random(RandomBatch.Values.ANY_FINITE, 100, SEED);
        RandomBatch second = RandomBatch.random(RandomBatch.Values.UNIT, 30, SEED + 1);
        Accumulator window = window(3);
        assertThat(window.evaluate().count()).isZero();
        add(window, first);
        pass(INTERVAL);
        add(window, second);
        assertThat(window.evaluate().count()).isEqualTo(130);
        pass(INTERVAL.multipliedBy(2).minusNanos(1));
        assertThat(window.evaluate().count()).isEqualTo(130);
        pass(Duration.ofNanos(1));
        // The huge values of the first batch leave no trace.
        assertThat(window.evaluate()).isEqualTo(evaluator.evaluate(second.predictions(), second.targets()));
        pass(INTERVAL);
        assertThat(window.evaluate().count()).isZero();
    }

    /** Against a list of everything that was ever added. */
    @Test
    void hasTheBitsOfWhatIsInIt() {
        record Added(long interval, RandomBatch batch) {}

        SplittableRandom random = new SplittableRandom(SEED);
        for (int intervals : new int[] {1, 2, 3, 10}) {
            List<Added> all = new ArrayList<>();
            long start = now.get();
            Accumulator window = window(intervals);
            for (int step = 0; step < 300; step++) {
                pass(Duration.ofNanos(random.nextLong(
                        random.nextInt(20) == 0 ? INTERVAL.toNanos() * 2 * intervals : INTERVAL.toNanos())));
                long interval = (now.get() - start) / INTERVAL.toNanos();
                if (random.nextInt(4) > 0) {
                    RandomBatch batch =
                            RandomBatch.random(RandomBatch.Values.MIXED, random.nextInt(1, 50), random.nextLong());
                    add(window, batch);
                    all.add(new Added(interval, batch));
                }
                if (random.nextInt(3) == 0) {
                    Accumulator expected = evaluator.newAccumulator();
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

    /** Threads that add while the time passes: every batch is in exactly one interval. */
    @Test
    void losesNothingBetweenIntervals() throws Exception {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 10, SEED);
        int adds = 5000;
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Accumulator window = window(8 * adds + 1);

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
            assertThat(window.evaluate().count()).isEqualTo(8L * adds * batch.count);
            assertThat(window.evaluate().mean(Loss.mnist()))
                    .isEqualTo(Loss.mnist().mean(batch.batch()));
        }
    }

    @Test
    void takesWeightsAndOtherAccumulators() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 100, SEED);
        Weights zeros = Weights.of(new float[100]);
        Accumulator window = window(2);
        Accumulator other = evaluator.newAccumulator();
        window.add(batch.batch().weights(zeros));
        other.add(batch.predictions(), batch.targets());
        window.merge(other);
        assertThat(window.evaluate().weightSum()).isEqualTo(100);
        assertThat(window.evaluate().count()).isEqualTo(200);
        Accumulator snapshot = window.copy();
        pass(INTERVAL.multipliedBy(2));
        assertThat(snapshot.evaluate().count()).isEqualTo(200);
        assertThat(window.evaluate().count()).isZero();
    }

    @Test
    void hasAClockOfItsOwn() {
        Accumulator window = evaluator.newWindow(Duration.ofDays(1), 2);
        window.add(Predictions.of(new float[3]), Targets.of(new byte[3]));
        assertThat(window.evaluate().count()).isEqualTo(3);
    }

    /** What was drained is not forgotten by the window's clock any more, and what comes later is. */
    @Test
    void drainsEveryInterval() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.ANY_FINITE, 10, SEED);
        Accumulator window = window(3);
        for (int interval = 0; interval < 3; interval++) {
            add(window, batch);
            pass(INTERVAL);
        }
        Accumulator drained = window.drain();
        assertThat(drained.evaluate().count()).isEqualTo(20);
        assertThat(window.evaluate().count()).isZero();
        add(window, batch);
        pass(INTERVAL.multipliedBy(3));
        assertThat(window.evaluate().count()).isZero();
        assertThat(drained.evaluate().count()).isEqualTo(20);
    }

    @Test
    void refusesWhatIsNoWindow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> window(0))
                .withMessage("intervals must be at least 1, not 0");
        for (Duration interval : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> evaluator.newWindow(interval, 2))
                    .withMessage("an interval of %s is not positive, or too long", interval);
        }
    }
}
