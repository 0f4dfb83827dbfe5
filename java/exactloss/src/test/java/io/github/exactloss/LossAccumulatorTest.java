// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.bindings.exactloss_h;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LossAccumulatorTest {
    private static final long SEED = 3;

    private final Batch batch = Batch.random(Batch.Values.MIXED, 10_000, SEED);

    private static MnistLoss threshold(double threshold) {
        return MnistLoss.create().threshold(threshold);
    }

    private LossAccumulator filled() {
        LossAccumulator accumulator = LossAccumulator.create(threshold(0.25));
        accumulator.add(batch.predictions(), batch.targets());
        return accumulator;
    }

    @Test
    void startsEmpty() {
        try (LossAccumulator accumulator = LossAccumulator.create()) {
            Evaluation nothing = accumulator.result();
            assertThat(nothing.loss()).isNaN();
            assertThat(nothing.lossSum()).isZero();
            assertThat(nothing.count()).isZero();
            assertThat(nothing.threshold()).isEqualTo(0.5);
        }
    }

    @Test
    void aResultDoesNotEndIt() {
        try (LossAccumulator accumulator = filled()) {
            Evaluation once = accumulator.result();
            assertThat(accumulator.result()).isEqualTo(once);
            assertThat(once).isEqualTo(threshold(0.25).evaluate(batch.predictions(), batch.targets()));
            accumulator.merge(accumulator);
            assertThat(accumulator.result().count()).isEqualTo(2 * once.count());
            assertThat(accumulator.result().loss()).isEqualTo(once.loss());
        }
    }

    @Test
    void byteFormRoundTrip() {
        try (LossAccumulator accumulator = filled();
                LossAccumulator copy = LossAccumulator.fromBytes(accumulator.toBytes());
                Arena arena = Arena.ofConfined()) {
            assertThat(copy.result()).isEqualTo(accumulator.result());
            assertThat(copy.toBytes()).isEqualTo(accumulator.toBytes());
            copy.merge(LossAccumulator.fromBytes(accumulator.toBytes(), arena));
            copy.add(batch.predictions(), batch.targets());
            assertThat(copy.result().count()).isEqualTo(3L * batch.count);
            assertThat(copy.result().loss()).isEqualTo(accumulator.result().loss());
        }
    }

    @Test
    void refusesOtherSizesOfBytes() {
        byte[] bytes;
        try (LossAccumulator accumulator = filled()) {
            bytes = accumulator.toBytes();
        }
        for (int size : new int[] {0, 1, bytes.length - 1, bytes.length + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> LossAccumulator.fromBytes(Arrays.copyOf(bytes, size)))
                    .withMessage("an accumulator has %d bytes, not %d", bytes.length, size);
        }
    }

    @Test
    void refusesGarbage() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] bytes = new byte[exactloss_h.EXACTLOSS_ACCUMULATOR_BYTES()];
        for (int round = 0; round < 1000; round++) {
            random.nextBytes(bytes);
            assertThatThrownBy(() -> LossAccumulator.fromBytes(bytes))
                    .as("seed %d, round %d", SEED, round)
                    .isInstanceOfSatisfying(
                            ExactLossException.class,
                            e -> assertThat(e.status()).isEqualTo(exactloss_h.EXACTLOSS_ERROR_FORMAT()));
        }
    }

    /** A damaged byte form is refused, or is the form of something else; it is never misread. */
    @Test
    void survivesEveryFlippedBit() {
        byte[] bytes;
        try (LossAccumulator accumulator = filled()) {
            bytes = accumulator.toBytes();
        }
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            try (LossAccumulator accumulator = LossAccumulator.fromBytes(damaged)) {
                assertThat(accumulator.toBytes()).as("bit %d", bit).isEqualTo(damaged);
            } catch (ExactLossException e) {
                assertThat(e.status()).isEqualTo(exactloss_h.EXACTLOSS_ERROR_FORMAT());
            }
        }
    }

    @Test
    void isFilledByManyThreadsAndMergedByOne() throws Exception {
        Evaluation expected;
        try (LossAccumulator accumulator = filled()) {
            expected = accumulator.result();
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                LossAccumulator sum = LossAccumulator.create(threshold(0.25))) {
            var parts = threads.invokeAll(IntStream.range(0, 100)
                    .<Callable<LossAccumulator>>mapToObj(i -> this::filled)
                    .toList());
            for (var part : parts) {
                try (LossAccumulator accumulator = part.get()) {
                    sum.merge(accumulator);
                }
            }
            assertThat(sum.result().loss()).isEqualTo(expected.loss());
            assertThat(sum.result().count()).isEqualTo(100 * expected.count());
        }
    }

    @Test
    void closingTwiceIsClosing() {
        LossAccumulator accumulator = filled();
        accumulator.close();
        accumulator.close();
        assertClosed(accumulator);
    }

    @Test
    void diesWithItsArena() {
        LossAccumulator accumulator;
        try (Arena arena = Arena.ofConfined()) {
            accumulator = LossAccumulator.create(threshold(0.25), arena);
            accumulator.add(batch.predictions(), batch.targets());
        }
        assertClosed(accumulator);
        accumulator.close();
        assertClosed(accumulator);
    }

    @Test
    void staysInTheThreadOfAConfinedArena() throws Exception {
        try (Arena arena = Arena.ofConfined();
                LossAccumulator confined = LossAccumulator.create(threshold(0.25), arena);
                LossAccumulator other = filled();
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            thread.submit(() -> {
                        assertWrongThread(confined::result);
                        assertWrongThread(confined::toBytes);
                        assertWrongThread(() -> confined.merge(other));
                        assertWrongThread(() -> other.merge(confined));
                        assertWrongThread(() -> confined.add(batch.predictions(), batch.targets()));
                        assertWrongThread(() -> LossAccumulator.create(threshold(0.25), arena));
                        assertWrongThread(() -> LossAccumulator.fromBytes(other.toBytes(), arena));
                    })
                    .get();
            assertThat(confined.result().count()).isZero();
        }
    }

    private static void assertWrongThread(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(WrongThreadException.class);
    }

    /** Nothing else could free the memory of one that another thread was using when it was to be closed. */
    @Test
    void aRefusedCloseCanBeRepeated() throws Exception {
        try (Arena arena = Arena.ofShared();
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Predictions predictions = Predictions.allocate(1 << 24, arena);
            Targets targets = Targets.allocate(1 << 24, arena);
            boolean refused = false;
            while (!refused) {
                LossAccumulator accumulator = LossAccumulator.create(threshold(0.25));
                CountDownLatch begun = new CountDownLatch(1);
                Future<?> adding = thread.submit(() -> {
                    begun.countDown();
                    accumulator.add(predictions, targets);
                });
                begun.await();
                Thread.sleep(1);
                try {
                    accumulator.close(); // before or after the call, if the scheduler would have it so: try again
                    ended(adding);
                } catch (IllegalStateException e) {
                    refused = true;
                    ended(adding);
                    assertThat(accumulator.result().count()).isEqualTo(predictions.count());
                    accumulator.close();
                    assertClosed(accumulator);
                }
            }
        }
    }

    /** Waits for the end of a call that finds its accumulator open or closed. */
    private static void ended(Future<?> call) throws InterruptedException {
        try {
            call.get();
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void closingItLeavesTheArenaOfItsOwner() {
        try (Arena arena = Arena.ofConfined()) {
            LossAccumulator accumulator = LossAccumulator.create(threshold(0.25), arena);
            accumulator.close();
            assertClosed(accumulator);
            assertThat(arena.scope().isAlive()).isTrue();
        }
    }

    private void assertClosed(LossAccumulator accumulator) {
        assertThatIllegalStateException().isThrownBy(accumulator::result);
        assertThatIllegalStateException().isThrownBy(accumulator::toBytes);
        assertThatIllegalStateException().isThrownBy(() -> accumulator.add(batch.predictions(), batch.targets()));
        try (LossAccumulator other = filled()) {
            assertThatIllegalStateException().isThrownBy(() -> other.merge(accumulator));
            assertThatIllegalStateException().isThrownBy(() -> accumulator.merge(other));
        }
    }

    @Test
    void thresholdsMustMatch() {
        try (LossAccumulator one = LossAccumulator.create(threshold(0.5));
                LossAccumulator other = LossAccumulator.create(threshold(0.75))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> one.merge(other))
                    .withMessageContainingAll("0.5", "0.75");
        }
    }

    @Test
    void countsMustMatch() {
        try (LossAccumulator accumulator = LossAccumulator.create()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> accumulator.add(batch.predictions(), Targets.of(new byte[3])))
                    .withMessage("10000 predictions, but 3 targets");
            assertThat(accumulator.result().count()).isZero();
        }
    }
}
