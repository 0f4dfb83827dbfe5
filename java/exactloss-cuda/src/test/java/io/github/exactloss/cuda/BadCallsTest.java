// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static io.github.exactloss.cuda.Inputs.COUNT;
import static io.github.exactloss.cuda.Inputs.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, before anything was computed or by the device. */
class BadCallsTest extends OnFakeDriver {
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
        assertThatIllegalArgumentException()
                .isThrownBy(() -> device.allocate(ElementType.FLOAT64, 1L << 61, arena))
                .withMessage("a count of 2305843009213693952 is negative or too large");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> device.view(pointerWithoutASize(), ElementType.UINT8))
                .withMessage("a segment of 9223372036854775807 bytes is larger than memory; give it its size by "
                        + "asSlice(0, bytes)");
    }

    /** As jextract's bindings give it. */
    @SuppressWarnings("restricted") // nothing reads it
    private static MemorySegment pointerWithoutASize() {
        return MemorySegment.ofAddress(64).reinterpret(Long.MAX_VALUE);
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

    @Test
    void otherThresholdsAreRefused() {
        CudaAccumulator accumulator = stream.newAccumulator(evaluator.threshold(0.25), arena);
        Accumulator total = evaluator.newAccumulator();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> accumulator.mergeInto(total))
                .withMessageContaining("0.25");
        assertThat(total.evaluate().count()).isZero();
    }
}
