// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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

    private final Loss loss = Loss.mnist();
    private final Evaluator evaluator = Evaluator.of(loss);
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

    /** Predictions of which each pattern of bits is as likely as another, but for NaN and infinities. */
    private Predictions anyFinite(ElementType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        Predictions predictions = Predictions.allocate(COUNT, type, arena);
        MemorySegment memory = predictions.segment();
        for (int i = 0; i < COUNT; i++) {
            do {
                switch (type.bits()) {
                    case Short.SIZE -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) random.nextInt());
                    case Integer.SIZE -> memory.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt());
                    default -> memory.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextLong());
                }
            } while (!Double.isFinite(predictions.get(i)));
        }
        return predictions;
    }

    /** Predictions in [0, 1), and now and then any finite float. */
    private static float[] mixed() {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] predictions = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            do {
                predictions[i] = random.nextInt(100) == 0
                        ? Float.intBitsToFloat(random.nextInt())
                        : (float) random.nextDouble();
            } while (!Float.isFinite(predictions[i]));
        }
        return predictions;
    }

    /** Targets that are 1, or else 0 or now and then 2. */
    private static byte[] targets() {
        SplittableRandom random = new SplittableRandom(SEED + 1);
        byte[] targets = new byte[COUNT];
        for (int i = 0; i < COUNT; i++) {
            targets[i] = (byte) (random.nextInt(50) == 0 ? 2 : random.nextInt(2));
        }
        return targets;
    }

    private static Batch batch() {
        return Batch.of(Predictions.of(mixed()), Targets.of(targets()));
    }

    /** Weights, of which many are 0, and now and then one is huge. */
    private static Weights weights() {
        SplittableRandom random = new SplittableRandom(SEED + 2);
        float[] weights = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            weights[i] = random.nextInt(3) * (random.nextInt(100) == 0 ? 1e30f : (float) random.nextDouble());
        }
        return Weights.of(weights);
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
                Targets.of(MemorySegment.ofArray(targets), ElementType.INT8),
                Targets.of(ints),
                Targets.of(longs),
                Targets.of(floats),
                Targets.of(doubles),
                Targets.ofBits(bits, 3, targets.length));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64"})
    void everyOperationOfEveryTypeHasTheProcessorsBits(ElementType type) {
        Predictions predictions = anyFinite(type);
        DeviceSegment gradient = device.allocate(type, COUNT, arena);
        for (Targets targets : targetsOfEveryType(targets(), arena)) {
            Batch unweighted = Batch.of(predictions, targets);
            for (Batch batch : List.of(unweighted, unweighted.weights(weights()))) {
                DeviceBatch onDevice = stream.copyOf(batch, arena);
                requireTheProcessorsBits(loss, batch, onDevice, gradient);
                requireTheProcessorsBits(loss.fromLogits(), batch, onDevice, gradient);
            }
        }
        assertThat(driver.launches()).isPositive();
    }

    private void requireTheProcessorsBits(Loss options, Batch batch, DeviceBatch onDevice, DeviceSegment gradient) {
        String what = "seed %d, %s, %s".formatted(SEED, batch, options);
        Evaluator evaluator = Evaluator.of(options).threshold(0.25);
        assertThat(stream.evaluator(evaluator).evaluate(onDevice)).as(what).isEqualTo(evaluator.evaluate(batch));
        CudaLoss gpu = stream.loss(options);
        assertThat(gpu.mean(onDevice)).as(what).isEqualTo(options.mean(batch));
        assertThat(gpu.sum(onDevice)).as(what).isEqualTo(options.sum(batch));
        MemorySegment expected = arena.allocate(gradient.memory().byteSize(), Long.BYTES);
        assertThat(gpu.meanAndGradient(onDevice, 3, gradient))
                .as(what)
                .isEqualTo(options.meanAndGradient(batch, 3, expected));
        assertThat(bytes(gradient)).as(what).isEqualTo(expected.toArray(ValueLayout.JAVA_BYTE));
        assertThat(gpu.sumAndGradient(onDevice, 3, gradient))
                .as(what)
                .isEqualTo(options.sumAndGradient(batch, 3, expected));
        assertThat(bytes(gradient)).as(what).isEqualTo(expected.toArray(ValueLayout.JAVA_BYTE));
        options.gradient(batch, 0.1, 7, expected);
        gpu.gradient(onDevice, 0.1, 7, gradient);
        assertThat(bytes(gradient)).as(what).isEqualTo(expected.toArray(ValueLayout.JAVA_BYTE));
    }

    /** Copied in the order of the stream, and so after whatever it was given before. */
    private byte[] bytes(DeviceSegment segment) {
        byte[] bytes = new byte[(int) segment.memory().byteSize()];
        stream.copy(segment, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Halves on two streams, gradients included, and a third part on the processor; with weights, and without. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void accumulatorsMergeWithTheProcessors(boolean weighted) {
        Batch batch = weighted ? batch().weights(weights()) : batch();
        Accumulator whole = evaluator.newAccumulator();
        whole.add(batch);
        DeviceBatch onDevice = stream.copyOf(batch, arena);
        CudaAccumulator first = stream.newAccumulator(evaluator, arena);
        CudaAccumulator second = device.newStream(arena).newAccumulator(evaluator, arena);
        first.add(onDevice);
        first.clear();
        first.add(onDevice.slice(0, 1000));
        DeviceSegment gradient = device.allocate(ElementType.FLOAT32, 1001, arena);
        second.addWithGradient(loss, onDevice.slice(1000, 1001), 1, 7, gradient);
        Accumulator total = evaluator.newAccumulator();
        total.add(batch.slice(2001, 1000));
        second.mergeInto(total);
        first.mergeInto(total);
        assertThat(total.toBytes()).as("seed %d", SEED).isEqualTo(whole.toBytes());
        MemorySegment expectedGradient = MemorySegment.ofArray(new float[1001]);
        evaluator.newAccumulator().addWithGradient(loss, batch.slice(1000, 1001), 1, 7, expectedGradient);
        assertThat(bytes(gradient)).isEqualTo(expectedGradient.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void otherThresholdsAreRefused() {
        CudaAccumulator accumulator = stream.newAccumulator(evaluator.threshold(0.25), arena);
        Accumulator total = evaluator.newAccumulator();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> accumulator.mergeInto(total))
                .withMessageContaining("0.25");
        assertThat(total.evaluate().count()).isZero();
    }

    /** The call that waits for a result tells of a bad weight, until the accumulator is cleared. */
    @ParameterizedTest
    @ValueSource(floats = {-1, Float.NaN, Float.POSITIVE_INFINITY})
    void badWeightsAreRefused(float weight) {
        float[] weights = new float[COUNT];
        weights[COUNT / 2] = weight;
        DeviceBatch batch = stream.copyOf(batch().weights(Weights.of(weights)), arena);
        DeviceSegment gradient = device.allocate(ElementType.FLOAT32, COUNT, arena);
        CudaLoss gpu = stream.loss(loss);
        CudaAccumulator accumulator = stream.newAccumulator(evaluator, arena);
        accumulator.add(batch);
        Accumulator total = evaluator.newAccumulator();
        List<ThrowingCallable> calls = List.of(
                () -> gpu.mean(batch),
                () -> gpu.meanAndGradient(batch, 1, gradient),
                () -> gpu.sumAndGradient(batch, 1, gradient),
                () -> stream.evaluator(evaluator).evaluate(batch),
                () -> accumulator.mergeInto(total));
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call)
                    .isInstanceOf(ExactLossException.class)
                    .hasMessage("a weight is negative, NaN or infinite");
        }
        accumulator.clear();
        accumulator.mergeInto(total);
        assertThat(total.evaluate().count()).isZero();
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
        assertThat(stream.loss(loss).mean(predictions, targets)).isNaN();
        assertThat(stream.loss(loss).sum(predictions, targets)).isZero();
    }

    @Test
    void badCallsAreRefused() {
        DeviceSegment predictions = stream.copyOf(Predictions.of(new float[8]), arena);
        DeviceSegment targets = stream.copyOf(Targets.of(new byte[8]), arena);
        DeviceBatch batch = DeviceBatch.of(predictions, targets);
        CudaLoss gpu = stream.loss(loss);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.mean(predictions, targets.slice(0, 7)))
                .withMessage("8 predictions, but 7 targets");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> gpu.mean(targets, targets))
                .withMessage("predictions are of FLOAT16, BFLOAT16, FLOAT32 or FLOAT64, not UINT8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> batch.weights(targets))
                .withMessage("weights are of FLOAT32, not UINT8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> batch.weights(predictions.slice(0, 7)))
                .withMessage("8 predictions, but 7 weights");
        assertThatThrownBy(() -> targets.slice(1, 8)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> stream.loss(loss.strict())).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> stream.loss(loss.accumulateGradients()))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> stream.evaluator(evaluator.strict()))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> stream.newAccumulator(evaluator.strict(), arena))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> CudaDevice.open(99, arena)).hasMessageContaining("99");
        CudaDevice other = CudaDevice.open(0, arena);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> other.newStream(arena).loss(loss).mean(predictions, targets));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> device.view(MemorySegment.ofArray(new byte[4]), ElementType.UINT8));
    }

    @Test
    void badGradientsAreRefused() {
        DeviceSegment predictions = stream.copyOf(Predictions.of(new float[8]), arena);
        DeviceSegment targets = stream.copyOf(Targets.of(new float[8]), arena);
        DeviceSegment weights = stream.copyOf(Weights.of(new float[8]), arena);
        DeviceBatch batch = DeviceBatch.of(predictions, targets).weights(weights);
        DeviceSegment bytes = device.allocate(ElementType.UINT8, 32, arena);
        MemorySegment readOnly = arena.allocate(32).asReadOnly();
        CudaAccumulator accumulator = stream.newAccumulator(evaluator, arena);
        List<BiConsumer<DeviceBatch, DeviceSegment>> operations = List.of(
                (elements, gradient) -> stream.loss(loss).gradient(elements, 1, 1, gradient),
                (elements, gradient) -> stream.loss(loss).meanAndGradient(elements, 1, gradient),
                (elements, gradient) -> stream.loss(loss).sumAndGradient(elements, 1, gradient),
                (elements, gradient) -> accumulator.addWithGradient(loss, elements, 1, 1, gradient));
        for (BiConsumer<DeviceBatch, DeviceSegment> operation : operations) {
            for (DeviceSegment input : List.of(targets, weights)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> operation.accept(batch, input))
                        .withMessage("the output overlaps an input");
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.accept(batch.slice(0, 4), predictions.slice(1, 7)))
                    .withMessage("the output overlaps an input");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.accept(batch, predictions.slice(0, 7)))
                    .withMessage("the gradient has 7 elements, too few for 8 predictions");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.accept(batch, bytes))
                    .withMessage("a gradient of type UINT8 of predictions of type FLOAT32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.accept(batch, device.view(readOnly, ElementType.FLOAT32)))
                    .withMessage("the output is read-only");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> stream.loss(loss).gradient(batch, 1, 0, predictions))
                .withMessage("the divisor must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> accumulator.addWithGradient(loss, batch, 1, 0, predictions))
                .withMessage("the divisor must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> accumulator.addWithGradient(loss.fromLogits(), batch, 1, 1, predictions))
                .withMessage("Loss[mnist, from logits] does not fit Evaluator[mnist, threshold=0.5]");
        assertThatThrownBy(() -> accumulator.addWithGradient(loss.accumulateGradients(), batch, 1, 1, predictions))
                .isInstanceOf(UnsupportedOperationException.class);
        accumulator.addWithGradient(loss, batch, 1, 1, predictions);
    }

    @Test
    void descriptions() {
        DeviceBatch batch = stream.copyOf(batch(), arena);
        String segments = "DeviceSegment[float32 x 3001], DeviceSegment[uint8 x 3001]";
        assertThat(batch).hasToString("DeviceBatch[" + segments + "]");
        assertThat(batch.weights(batch.predictions()))
                .hasToString("DeviceBatch[" + segments + ", DeviceSegment[float32 x 3001]]");
        String name = device.description().name();
        assertThat(device).hasToString("CudaDevice[" + name + "]");
        String place = ", CudaStream[CudaDevice[" + name + "]]]";
        assertThat(stream.loss(loss)).hasToString("CudaLoss[Loss[mnist]" + place);
        assertThat(stream.evaluator(evaluator)).hasToString("CudaEvaluator[Evaluator[mnist, threshold=0.5]" + place);
        assertThat(stream.newAccumulator(evaluator, arena))
                .hasToString("CudaAccumulator[Evaluator[mnist, threshold=0.5]" + place);
    }

    @Test
    void anotherLibrarysMemoryIsUsedInPlace() {
        Batch batch = batch();
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, mixed());
        DeviceSegment targets = stream.copyOf(batch.targets(), arena);
        assertThat(stream.loss(loss).mean(device.view(memory, ElementType.FLOAT32), targets))
                .isEqualTo(loss.mean(batch));
    }

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

    @Test
    void threadsShareADevice() {
        Batch batch = batch();
        Evaluation expected = evaluator.evaluate(batch);
        DeviceBatch onDevice = stream.copyOf(batch, arena);
        List<Evaluation> results = IntStream.range(0, 8)
                .parallel()
                .mapToObj(i -> i % 2 == 0 ? stream : device.newStream(arena))
                .map(used -> used.evaluator(evaluator).evaluate(onDevice))
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
