// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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

class ConcurrentLossAccumulatorTest {
    private static final long SEED = 17;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int THREADS = 32;
    private static final int BATCHES = 200;

    private final MnistLoss loss = MnistLoss.create().threshold(0.25);

    /** Of all sizes, small ones too, of values whose inexact sum would depend on their order. */
    private static List<Batch> batches(int thread) {
        return IntStream.range(0, BATCHES)
                .mapToObj(i -> Batch.random(
                        i % 2 == 0 ? Batch.Values.UNIT : Batch.Values.ANY_FINITE,
                        i % 7 * 50 + 1,
                        SEED + thread * 1000L + i))
                .toList();
    }

    private Evaluation sequential(List<List<Batch>> all, byte[] bytes) {
        try (LossAccumulator accumulator = LossAccumulator.create(loss)) {
            all.forEach(batches -> batches.forEach(batch -> accumulator.add(batch.predictions(), batch.targets())));
            System.arraycopy(accumulator.toBytes(), 0, bytes, 0, bytes.length);
            return accumulator.result();
        }
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
        List<List<Batch>> all = IntStream.range(0, THREADS)
                .mapToObj(ConcurrentLossAccumulatorTest::batches)
                .toList();
        byte[] bytes = new byte[Kernels.ACCUMULATOR_BYTES];
        Evaluation expected = sequential(all, bytes);
        try (ExecutorService threads =
                        virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(THREADS);
                ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss)) {
            List<Callable<Void>> tasks = all.stream()
                    .<Callable<Void>>map(batches -> () -> {
                        batches.forEach(batch -> accumulator.add(batch.predictions(), batch.targets()));
                        return null;
                    })
                    .toList();
            for (Future<Void> future : together(threads, tasks)) {
                future.get();
            }
            assertThat(accumulator.result()).isEqualTo(expected);
            assertThat(accumulator.toBytes()).isEqualTo(bytes);
            try (LossAccumulator snapshot = accumulator.snapshot()) {
                assertThat(snapshot.toBytes()).isEqualTo(bytes);
            }
            assertThat(accumulator.result()).as("after a snapshot").isEqualTo(expected);
        }
    }

    /** Weights, logits, strict mode, and arrays that take more than one downcall or thread. */
    @Test
    void takesWhatALossTakes() {
        Batch large = Batch.random(Batch.Values.UNIT, Batch.OF_THREE_THREADS, SEED);
        Weights weights = Weights.of(Batch.random(Batch.Values.UNIT, large.count, SEED + 1).predictions);
        for (MnistLoss options : List.of(loss, loss.logits(), loss.threads(4))) {
            try (ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(options)) {
                accumulator.add(large.predictions(), large.targets(), weights);
                assertThat(accumulator.result())
                        .isEqualTo(options.evaluate(large.predictions(), large.targets(), weights));
            }
        }
        try (ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss.strict())) {
            large.predictions[299_999] = 2;
            assertThatThrownBy(() -> accumulator.add(large.predictions(), large.targets()))
                    .isInstanceOf(StrictModeException.class);
            assertThat(accumulator.result().count()).isZero();
        }
    }

    @Test
    void goesOnFromItsByteForm() {
        Batch batch = Batch.random(Batch.Values.ANY_FINITE, 1000, SEED);
        try (ConcurrentLossAccumulator before = ConcurrentLossAccumulator.create(loss);
                ConcurrentLossAccumulator after = ConcurrentLossAccumulator.create(loss)) {
            before.add(batch.predictions(), batch.targets());
            try (LossAccumulator stored = LossAccumulator.fromBytes(before.toBytes())) {
                after.merge(stored);
            }
            before.add(batch.predictions(), batch.targets());
            after.add(batch.predictions(), batch.targets());
            assertThat(after.toBytes()).isEqualTo(before.toBytes());
            try (LossAccumulator other = LossAccumulator.create()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> after.merge(other))
                        .withMessage("an accumulator with threshold 0.25 can't take in one with threshold 0.5");
            }
        }
    }

    /** Whatever comes while it is drained is in this drain or in the next, once. */
    @Test
    void everyBatchIsInOneDrain() throws Exception {
        Batch batch = Batch.random(Batch.Values.UNIT, 10, SEED);
        int adds = 20_000;
        try (ExecutorService threads = Executors.newFixedThreadPool(4);
                ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss);
                LossAccumulator sum = LossAccumulator.create(loss)) {
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
                mergeDrained(accumulator, sum);
                assertThat(accumulator.result().count() % batch.count).isZero();
            }
            mergeDrained(accumulator, sum);
            assertThat(accumulator.result().count()).isZero();
            assertThat(sum.result().count()).isEqualTo(4L * adds * batch.count);
            assertThat(sum.result().loss()).isEqualTo(loss.mean(batch.predictions(), batch.targets()));
        }
    }

    private static void mergeDrained(ConcurrentLossAccumulator accumulator, LossAccumulator sum) {
        try (LossAccumulator drained = accumulator.drain()) {
            sum.merge(drained);
        }
    }

    /** Threads of a fork-join pool that wait for their own parts run others' tasks, and must not hold anything then. */
    @Test
    void sharesAForkJoinPoolWithItsUsers() throws Exception {
        Batch batch = Batch.random(Batch.Values.UNIT, 400_000, SEED);
        try (ForkJoinPool pool = new ForkJoinPool(4);
                ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss.threads(4))) {
            List<Future<?>> adding = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                adding.add(pool.submit(() -> accumulator.add(batch.predictions(), batch.targets())));
            }
            for (Future<?> future : adding) {
                future.get();
            }
            assertThat(accumulator.result().count()).isEqualTo(64L * batch.count);
        }
    }

    /** Adds until it can't any more, which must be because of closed memory. */
    private static Callable<Long> addUntilClosed(BatchAccumulator accumulator, Batch batch, CountDownLatch begun) {
        return () -> {
            long added = 0;
            try {
                while (true) {
                    accumulator.add(batch.predictions(), batch.targets());
                    begun.countDown();
                    added++;
                }
            } catch (IllegalStateException e) {
                return added;
            }
        };
    }

    @Test
    void closingWaitsForWhoeverAdds() throws Exception {
        Batch batch = Batch.random(Batch.Values.UNIT, 500, SEED);
        for (int round = 0; round < 5; round++) {
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss);
                CountDownLatch begun = new CountDownLatch(100);
                List<Future<Long>> adding = IntStream.range(0, THREADS)
                        .mapToObj(i -> threads.submit(addUntilClosed(accumulator, batch, begun)))
                        .toList();
                begun.await();
                accumulator.close();
                accumulator.close();
                for (Future<Long> future : adding) {
                    assertThat(future.get()).isNotNegative();
                }
                assertThatIllegalStateException()
                        .isThrownBy(accumulator::result)
                        .withMessage("the accumulator is closed");
                assertThatIllegalStateException().isThrownBy(accumulator::snapshot);
                assertThatIllegalStateException().isThrownBy(accumulator::drain);
                assertThatIllegalStateException().isThrownBy(accumulator::toBytes);
                try (LossAccumulator other = LossAccumulator.create(loss)) {
                    assertThatIllegalStateException().isThrownBy(() -> accumulator.merge(other));
                }
            }
        }
    }

    /** The arena is closed between two downcalls, by somebody who knows nothing of the locks. */
    @Test
    @SuppressWarnings("MustBeClosedChecker") // it is
    void theArenaIsClosedUnderTheirFeet() throws Exception {
        Batch batch = Batch.random(Batch.Values.UNIT, 500, SEED);
        for (int round = 0; round < 5; round++) {
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                Arena arena = Arena.ofShared();
                ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss, arena);
                CountDownLatch begun = new CountDownLatch(100);
                List<Future<Long>> adding = IntStream.range(0, THREADS)
                        .mapToObj(i -> threads.submit(addUntilClosed(accumulator, batch, begun)))
                        .toList();
                begun.await();
                while (arena.scope().isAlive()) {
                    try {
                        arena.close();
                    } catch (IllegalStateException e) {
                        Thread.onSpinWait(); // a thread is in a downcall
                    }
                }
                for (Future<Long> future : adding) {
                    assertThat(future.get()).isNotNegative();
                }
                assertThatIllegalStateException().isThrownBy(accumulator::result);
                accumulator.close();
                assertThatIllegalStateException().isThrownBy(accumulator::result);
            }
        }
    }

    @Test
    void closingItLeavesTheArenaOfItsOwner() {
        try (Arena arena = Arena.ofShared()) {
            ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss, arena);
            accumulator.close();
            assertThatIllegalStateException().isThrownBy(accumulator::result);
            assertThat(arena.scope().isAlive()).isTrue();
        }
        try (Arena arena = Arena.ofConfined()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ConcurrentLossAccumulator.create(loss, arena))
                    .withMessage("the arena is confined to a thread");
        }
    }

    /** What a service does, over and over; with -Dleak=true it forgets to close. Prints the kilobytes that it grew by. */
    static final class Main {
        private static final boolean LEAK = Boolean.getBoolean("leak");

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
            MnistLoss loss = MnistLoss.create();
            Batch batch = Batch.random(Batch.Values.UNIT, 3, SEED);
            ConcurrentLossAccumulator accumulator = ConcurrentLossAccumulator.create(loss);
            LossWindow window = LossWindow.create(loss, Duration.ofDays(1), 5);
            accumulator.add(batch.predictions(), batch.targets());
            window.add(batch.predictions(), batch.targets());
            List<LossAccumulator> copies = List.of(accumulator.snapshot(), accumulator.drain(), window.snapshot());
            if (window.result().count() != batch.count || accumulator.result().count() != 0) {
                throw new AssertionError(window.result());
            }
            if (!LEAK) {
                accumulator.close();
                window.close();
                copies.forEach(LossAccumulator::close);
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

    /** A leak takes some 18 kilobytes a round, 140 megabytes in all. */
    @Test
    void nothingLeaks() throws Exception {
        assumeTrue(Files.exists(STATUS), "there is no " + STATUS + " to read the process's memory from");
        assertThat(grownKilobytes("-Dleak=true")).isGreaterThan(64_000);
        assertThat(grownKilobytes("-Dleak=false")).isLessThan(16_000);
    }

    private static long grownKilobytes(String option) throws Exception {
        String[] heapOfOneSize = {"-Xms32m", "-Xmx32m", "-XX:+AlwaysPreTouch", option};
        return Long.parseLong(ChildJvm.run(Main.class, Map.of(), heapOfOneSize).output());
    }
}
