// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static io.github.exactloss.cuda.Inputs.COUNT;
import static io.github.exactloss.cuda.Inputs.SEED;
import static io.github.exactloss.cuda.Inputs.anyFinite;
import static io.github.exactloss.cuda.Inputs.batch;
import static io.github.exactloss.cuda.Inputs.mixed;
import static io.github.exactloss.cuda.Inputs.targets;
import static io.github.exactloss.cuda.Inputs.targetsOfEveryType;
import static io.github.exactloss.cuda.Inputs.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same bits as without a GPU. */
class CudaTest extends OnFakeDriver {
    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64"})
    void everyOperationOfEveryTypeHasTheProcessorsBits(ElementType type) {
        Predictions predictions = anyFinite(type, arena);
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
    void anotherLibrarysMemoryIsUsedInPlace() {
        Batch batch = batch();
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, mixed());
        DeviceSegment targets = stream.copyOf(batch.targets(), arena);
        assertThat(stream.loss(loss).mean(device.view(memory, ElementType.FLOAT32), targets))
                .isEqualTo(loss.mean(batch));
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
}
