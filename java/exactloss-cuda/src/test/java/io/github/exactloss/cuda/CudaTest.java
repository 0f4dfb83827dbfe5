// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On a driver that runs the kernels on the processor: the same bits as without a GPU, and nothing is left behind. */
class CudaTest {
    private static final long SEED = 61;
    private static final int COUNT = 3001;

    private final MnistLoss loss = MnistLoss.create();
    private Arena arena;
    private FakeDriver driver;
    private CudaDevice device;
    private CudaStream stream;

    /** Whether what was used is being given back. */
    private boolean cleaning;

    /** What lived before. */
    private long before;

    @BeforeEach
    @SuppressWarnings("MustBeClosedChecker")
    void open() {
        driver = FakeDriver.require();
        before = driver.resources();
        arena = Arena.ofShared();
        device = CudaDevice.open(0, arena);
        stream = device.newStream(arena);
    }

    @AfterEach
    void closeAndLeaveNothing() {
        if (driver != null) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
            assertThat(driver.resources()).isEqualTo(before);
        }
    }

    private static List<Targets> targetsOfEveryType(byte[] targets, Arena arena) {
        int[] ints = new int[targets.length];
        long[] longs = new long[targets.length];
        float[] floats = new float[targets.length];
        double[] doubles = new double[targets.length];
        MemorySegment bits = arena.allocate(targets.length / Byte.SIZE + 2);
        for (int i = 0; i < targets.length; i++) {
            ints[i] = targets[i];
            longs[i] = targets[i];
            floats[i] = targets[i];
            doubles[i] = targets[i];
            if (targets[i] == 1) {
                int bit = i + 3;
                byte old = bits.get(ValueLayout.JAVA_BYTE, bit / Byte.SIZE);
                bits.set(ValueLayout.JAVA_BYTE, bit / Byte.SIZE, (byte) (old | 1 << bit % Byte.SIZE));
            }
        }
        return List.of(
                Targets.of(targets),
                Targets.ofInts(MemorySegment.ofArray(ints)),
                Targets.ofLongs(MemorySegment.ofArray(longs)),
                Targets.of(floats),
                Targets.ofDoubles(MemorySegment.ofArray(doubles)),
                Targets.ofBits(bits, 3, targets.length));
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationOfEveryTypeHasTheProcessorsBits(FloatType type) {
        TypedBatch batch = TypedBatch.random(type, Batch.Values.ANY_FINITE, COUNT, SEED);
        Predictions predictions = batch.predictions();
        DeviceSegment onDevice = stream.copyOf(predictions, arena);
        DeviceSegment gradient = device.allocate(onDevice.type(), COUNT, arena);
        for (Targets targets : targetsOfEveryType(batch.targets, arena)) {
            DeviceSegment targetsOnDevice = stream.copyOf(targets, arena);
            for (MnistLoss options : List.of(loss.threshold(0.25), loss.logits())) {
                String what = "seed %d, %s, %s, %s".formatted(SEED, type, targets.type(), options.isLogits());
                CudaLoss gpu = options.on(stream);
                assertThat(gpu.evaluate(onDevice, targetsOnDevice))
                        .as(what)
                        .isEqualTo(options.evaluate(predictions, targets));
                assertThat(gpu.mean(onDevice, targetsOnDevice)).as(what).isEqualTo(options.mean(predictions, targets));
                assertThat(gpu.sum(onDevice, targetsOnDevice)).as(what).isEqualTo(options.sum(predictions, targets));
                MemorySegment expected = arena.allocate(batch.memory.byteSize(), Long.BYTES);
                double expectedLoss = options.lossAndGradient(predictions, targets, Reduction.MEAN, 3, expected);
                assertThat(gpu.lossAndGradient(onDevice, targetsOnDevice, Reduction.MEAN, 3, gradient))
                        .as(what)
                        .isEqualTo(expectedLoss);
                assertThat(bytes(gradient)).as(what).isEqualTo(expected.toArray(ValueLayout.JAVA_BYTE));
            }
            MemorySegment expected = arena.allocate(batch.memory.byteSize(), Long.BYTES);
            loss.gradient(predictions, targets, Reduction.SUM, 0.1, expected);
            loss.on(stream).gradient(targetsOnDevice, Reduction.SUM, 0.1, gradient);
            assertThat(bytes(gradient)).isEqualTo(expected.toArray(ValueLayout.JAVA_BYTE));
        }
        assertThat(driver.launches()).isPositive();
    }

    /** Copied in the order of the stream, and so after whatever it was given before. */
    private byte[] bytes(DeviceSegment segment) {
        byte[] bytes = new byte[(int) segment.memory().byteSize()];
        stream.copy(segment, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Halves on two streams, gradients included, and a third part on the processor. */
    @Test
    void accumulatorsMergeWithTheProcessors() {
        Batch batch = Batch.random(Batch.Values.MIXED, COUNT, SEED);
        byte[] expected;
        try (LossAccumulator sum = LossAccumulator.create()) {
            sum.add(batch.predictions(), batch.targets());
            expected = sum.toBytes();
        }
        DeviceSegment predictions = stream.copyOf(batch.predictions(), arena);
        DeviceSegment targets = stream.copyOf(batch.targets(), arena);
        CudaAccumulator first = stream.newAccumulator(loss, arena);
        CudaAccumulator second = device.newStream(arena).newAccumulator(loss, arena);
        first.add(predictions, targets);
        first.clear();
        first.add(predictions.slice(0, 1000), targets.slice(0, 1000));
        DeviceSegment gradient = device.allocate(ElementType.FLOAT32, 1001, arena);
        second.addWithGradient(predictions.slice(1000, 1001), targets.slice(1000, 1001), 1, 7, gradient);
        try (LossAccumulator sum = LossAccumulator.create()) {
            sum.add(batch.predictions().slice(2001, 1000), batch.targets().slice(2001, 1000));
            second.mergeInto(sum);
            first.mergeInto(sum);
            assertThat(sum.toBytes()).as("seed %d", SEED).isEqualTo(expected);
        }
        MemorySegment expectedGradient = MemorySegment.ofArray(new float[1001]);
        try (LossAccumulator sum = LossAccumulator.create()) {
            sum.addWithGradient(
                    batch.predictions().slice(1000, 1001), batch.targets().slice(1000, 1001), 1, 7, expectedGradient);
        }
        assertThat(bytes(gradient)).isEqualTo(expectedGradient.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void otherThresholdsAreRefused() {
        CudaAccumulator accumulator = stream.newAccumulator(loss.threshold(0.25), arena);
        try (LossAccumulator sum = LossAccumulator.create()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> accumulator.mergeInto(sum))
                    .withMessageContaining("0.25");
        }
    }

    /** In a copy through the heap that takes several stages, and one without. */
    @Test
    void copiesAreWhole() {
        byte[] bytes = new byte[2_500_001];
        IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) (i * 31));
        DeviceSegment copy = stream.copyOf(Targets.of(bytes), arena);
        assertThat(bytes(copy)).isEqualTo(bytes);
        MemorySegment offHeap = arena.allocate(bytes.length);
        stream.copy(copy, offHeap);
        assertThat(offHeap.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stream.copy(copy, MemorySegment.ofArray(new byte[3])))
                .withMessage("memory of 3 bytes on the host, but of 2500001 bytes on the device");
        assertThatIllegalArgumentException().isThrownBy(() -> stream.copy(copy, offHeap.asReadOnly()));
    }

    @Test
    void nothing() {
        DeviceSegment predictions = stream.copyOf(Predictions.of(new float[0]), arena);
        DeviceSegment targets = stream.copyOf(Targets.of(new byte[0]), arena);
        assertThat(loss.on(stream).mean(predictions, targets)).isNaN();
        assertThat(loss.on(stream).sum(predictions, targets)).isZero();
    }

    @Test
    void badCallsAreRefused() {
        DeviceSegment predictions = stream.copyOf(Predictions.of(new float[8]), arena);
        DeviceSegment targets = stream.copyOf(Targets.of(new byte[8]), arena);
        CudaLoss gpu = loss.on(stream);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.mean(predictions, targets.slice(0, 7)))
                .withMessage("8 predictions, but 7 targets");
        assertThatThrownBy(() -> gpu.mean(targets, targets)).isInstanceOf(ExactLossException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.lossAndGradient(predictions, targets, Reduction.NONE, 1, predictions));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.lossAndGradient(predictions, targets, Reduction.SUM, 1, targets));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.lossAndGradient(
                        predictions.slice(0, 4), targets.slice(0, 4), Reduction.SUM, 1, predictions.slice(1, 7)));
        assertThatThrownBy(() -> targets.slice(1, 8)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> loss.strict().on(stream)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> stream.newAccumulator(loss.accumulateGradients(), arena))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> loss.logits().on(stream).gradient(targets, Reduction.SUM, 1, predictions))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> CudaDevice.open(99, arena)).hasMessageContaining("99");
        CudaDevice other = CudaDevice.open(0, arena);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loss.on(other.newStream(arena)).mean(predictions, targets));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> device.view(MemorySegment.ofArray(new byte[4]), ElementType.UINT8));
    }

    @Test
    void anotherLibrarysMemoryIsUsedInPlace() {
        Batch batch = Batch.random(Batch.Values.UNIT, 100, SEED);
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, batch.predictions);
        DeviceSegment targets = stream.copyOf(batch.targets(), arena);
        assertThat(loss.on(stream).mean(device.view(memory, ElementType.FLOAT32), targets))
                .isEqualTo(loss.mean(batch.predictions(), batch.targets()));
    }

    /** A device waits for the end of what was made on it, in whatever order that comes. */
    @Test
    void closedArenas() {
        DeviceSegment predictions;
        try (Arena other = Arena.ofShared()) {
            DeviceSegment outlives = stream.copyOf(Predictions.of(new float[8]), other);
            DeviceSegment targets = stream.copyOf(Targets.of(new byte[8]), other);
            assertThat(loss.on(stream).mean(outlives, targets)).isZero();
            arena.close();
            assertThatIllegalStateException().isThrownBy(() -> loss.on(stream).mean(outlives, targets));
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
        assertThatIllegalStateException().isThrownBy(() -> loss.on(stream).mean(predictions, targets));
    }

    @Test
    void threadsShareADevice() {
        Batch batch = Batch.random(Batch.Values.UNIT, COUNT, SEED);
        Evaluation expected = loss.evaluate(batch.predictions(), batch.targets());
        DeviceSegment predictions = stream.copyOf(batch.predictions(), arena);
        DeviceSegment targets = stream.copyOf(batch.targets(), arena);
        List<Evaluation> results = IntStream.range(0, 8)
                .parallel()
                .mapToObj(i ->
                        loss.on(i % 2 == 0 ? stream : device.newStream(arena)).evaluate(predictions, targets))
                .toList();
        assertThat(results).hasSize(8).containsOnly(expected);
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
                assertThat(e.status()).as(e.getMessage()).isBetween(101, 105);
                assertThat(e).hasMessageMatching("\\S.*[^.\n]");
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
        Batch batch = Batch.random(Batch.Values.UNIT, 50, SEED);
        try (Arena inner = Arena.ofConfined();
                LossAccumulator sum = LossAccumulator.create()) {
            CudaStream used = CudaDevice.open(0, inner).newStream(inner);
            DeviceSegment predictions = used.copyOf(batch.predictions(), inner);
            DeviceSegment targets = used.copyOf(batch.targets(), inner);
            if (inPieces) {
                CudaAccumulator accumulator = used.newAccumulator(loss, inner);
                accumulator.add(predictions, targets);
                accumulator.addWithGradient(predictions, targets, 1, 1, predictions);
                accumulator.mergeInto(sum);
            } else {
                loss.on(used).evaluate(predictions, targets);
                loss.on(used).lossAndGradient(predictions, targets, Reduction.SUM, 1, predictions);
            }
            cleaning = true;
        }
    }
}
