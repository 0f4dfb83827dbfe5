// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConcurrentAccumulatorTest {
    private static final long SEED = 17;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int THREADS = 32;
    private static final int BATCHES = 200;

    private final Evaluator evaluator = Evaluator.of(Loss.mnist()).threshold(0.25);

    /** Of all sizes, small ones too, of values whose inexact sum would depend on their order. */
    private static List<RandomBatch> batches(int thread) {
        return IntStream.range(0, BATCHES)
                .mapToObj(i -> RandomBatch.random(
                        i % 2 == 0 ? RandomBatch.Values.UNIT : RandomBatch.Values.ANY_FINITE,
                        i % 7 * 50 + 1,
                        SEED + thread * 1000L + i))
                .toList();
    }

    private Accumulator sequential(List<List<RandomBatch>> all) {
        Accumulator accumulator = evaluator.newAccumulator();
        all.forEach(batches -> batches.forEach(batch -> accumulator.add(batch.batch())));
        return accumulator;
    }

    /** Runs a task in each of many threads, from the same moment on, and gives what they threw or returned. */
    private static <T> List<Future<T>> together(ExecutorService executor, List<Callable<T>> tasks) {
        CyclicBarrier start = new CyclicBarrier(tasks.size());
        return tasks.stream()
                .map(task -> executor.submit(() -> {
                    start.await();
                    return task.call();
                }))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyThreadsGiveTheBitsOfOne(boolean virtual) throws Exception {
        List<List<RandomBatch>> all = IntStream.range(0, THREADS)
                .mapToObj(ConcurrentAccumulatorTest::batches)
                .toList();
        Accumulator expected = sequential(all);
        Accumulator accumulator = evaluator.newConcurrentAccumulator();
        try (ExecutorService threads =
                virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(THREADS)) {
            List<Callable<Void>> tasks = all.stream()
                    .<Callable<Void>>map(batches -> () -> {
                        batches.forEach(batch -> accumulator.add(batch.predictions(), batch.targets()));
                        return null;
                    })
                    .toList();
            for (Future<Void> future : together(threads, tasks)) {
                future.get();
            }
        }
        assertThat(accumulator.evaluate()).isEqualTo(expected.evaluate());
        assertThat(accumulator.toBytes()).isEqualTo(expected.toBytes());
        assertThat(accumulator.copy().toBytes()).isEqualTo(expected.toBytes());
        assertThat(accumulator.evaluate()).as("after a copy").isEqualTo(expected.evaluate());
    }

    /** Weights, logits, strict mode, and arrays that take more than one downcall or thread. */
    @Test
    void takesWhatAnEvaluatorTakes() {
        RandomBatch large = RandomBatch.random(RandomBatch.Values.UNIT, RandomBatch.OF_THREE_THREADS, SEED);
        Weights weights = Weights.of(RandomBatch.random(RandomBatch.Values.UNIT, large.count, SEED + 1).predictions);
        Batch batch = large.batch().weights(weights);
        for (Evaluator some : List.of(evaluator, evaluator.fromLogits(), evaluator.threads(4))) {
            Accumulator accumulator = some.newConcurrentAccumulator();
            accumulator.add(batch);
            assertThat(accumulator.evaluate()).isEqualTo(some.evaluate(batch));
        }
        Accumulator accumulator = evaluator.strict().newConcurrentAccumulator();
        large.predictions[299_999] = 2;
        assertThatThrownBy(() -> accumulator.add(large.predictions(), large.targets()))
                .isInstanceOf(StrictModeException.class);
        assertThat(accumulator.evaluate().count()).isZero();
    }

    @Test
    void goesOnFromItsByteForm() {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.ANY_FINITE, 1000, SEED);
        Accumulator before = evaluator.newConcurrentAccumulator();
        Accumulator after = evaluator.newConcurrentAccumulator();
        before.add(batch.batch());
        after.merge(evaluator.accumulatorFromBytes(before.toBytes()));
        before.add(batch.batch());
        after.add(batch.batch());
        assertThat(after.toBytes()).isEqualTo(before.toBytes());
    }

    /** Two accumulators that merge each other: neither holds its own locks while it takes the other's. */
    @Test
    void mergeEachOtherAtTheSameTime() throws Exception {
        Accumulator one = evaluator.newConcurrentAccumulator();
        Accumulator other = evaluator.newWindow(Duration.ofDays(1), 2);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Callable<Void>> tasks = List.of(
                    () -> {
                        for (int i = 0; i < 1000; i++) {
                            one.merge(other);
                        }
                        return null;
                    },
                    () -> {
                        for (int i = 0; i < 1000; i++) {
                            other.merge(one);
                        }
                        return null;
                    });
            for (Future<Void> future : together(threads, tasks)) {
                future.get();
            }
        }
        assertThat(one.evaluate().count()).isZero();
    }

    /** A batch that is added during a drain is in this drain or in the next, exactly once. */
    @Test
    void everyBatchIsInOneDrain() throws Exception {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 10, SEED);
        int adds = 20_000;
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Accumulator accumulator = evaluator.newConcurrentAccumulator();
            Accumulator sum = evaluator.newAccumulator();

            List<Callable<Void>> tasks = IntStream.range(0, 4)
                    .<Callable<Void>>mapToObj(i -> () -> {
                        for (int n = 0; n < adds; n++) {
                            accumulator.add(batch.predictions(), batch.targets());
                        }
                        return null;
                    })
                    .toList();
            List<Future<Void>> adding = together(threads, tasks);
            while (!adding.stream().allMatch(Future::isDone)) {
                sum.merge(accumulator.drain());
                assertThat(accumulator.evaluate().count() % batch.count).isZero();
            }
            sum.merge(accumulator.drain());
            assertThat(accumulator.evaluate().count()).isZero();
            assertThat(sum.evaluate().count()).isEqualTo(4L * adds * batch.count);
            assertThat(sum.evaluate().mean(Loss.mnist())).isEqualTo(Loss.mnist().mean(batch.batch()));
        }
    }

    /** Threads of a fork-join pool that wait for their own parts run others' tasks, and must not hold anything then. */
    @Test
    void sharesAForkJoinPoolWithItsUsers() throws Exception {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 400_000, SEED);
        try (ForkJoinPool pool = new ForkJoinPool(4)) {
            Accumulator accumulator = evaluator.threads(4).newConcurrentAccumulator();

            List<Future<?>> adding = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                adding.add(pool.submit(() -> accumulator.add(batch.predictions(), batch.targets())));
            }
            for (Future<?> future : adding) {
                future.get();
            }
            assertThat(accumulator.evaluate().count()).isEqualTo(64L * batch.count);
        }
    }

    /** Repeats the work of a service. Prints the kilobytes that the process grew by. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws Exception {
            rounds(2000);
            long before = residentKilobytes();
            rounds(8000);
            System.out.println(residentKilobytes() - before);
        }

        private static void rounds(int count) throws InterruptedException {
            for (int round = 0; round < count; round++) {
                Thread.startVirtualThread(Main::round).join();
            }
        }

        private static void round() {
            Evaluator evaluator = Evaluator.of(Loss.mnist());
            RandomBatch batch = RandomBatch.random(RandomBatch.Values.UNIT, 3, SEED);
            Accumulator accumulator = evaluator.newConcurrentAccumulator();
            Accumulator window = evaluator.newWindow(Duration.ofDays(1), 5);
            accumulator.add(batch.batch());
            window.add(batch.batch());
            List<Accumulator> copies = List.of(accumulator.copy(), accumulator.drain(), window.copy());
            if (window.evaluate().count() != batch.count
                    || accumulator.evaluate().count() != 0
                    || copies.getLast().evaluate().count() != batch.count) {
                throw new AssertionError(window.evaluate());
            }
        }

        private static long residentKilobytes() throws IOException {
            try (Stream<String> lines = Files.lines(STATUS)) {
                String resident = lines.filter(line -> line.startsWith("VmRSS"))
                        .findFirst()
                        .orElseThrow();
                return Long.parseLong(resident.replaceAll("\\D", ""));
            }
        }
    }

    /** All that is made is garbage: some 18 kilobytes a round, 140 megabytes in all. */
    @Test
    void nothingLeaks() throws Exception {
        assumeTrue(Files.exists(STATUS), "there is no " + STATUS + " to read the process's memory from");
        String[] heapOfOneSize = {"-Xms32m", "-Xmx32m", "-XX:+AlwaysPreTouch"};
        String grown = ChildJvm.run(Main.class, Map.of(), heapOfOneSize).output();
        assertThat(Long.parseLong(grown)).isLessThan(16_000);
    }
}
