// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import io.github.exactloss.Batch;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;

/** Predictions and targets that PyTorch and exactloss read from the same memory. */
record TensorBatch(Tensor predictions, Tensor targets, Batch views) {

    /** Where random predictions come from. */
    @SuppressWarnings("ImmutableEnumChecker") // the lambdas have no state
    enum Values {
        UNIT(SplittableRandom::nextDouble),
        CONFIDENT(random -> 1 / (1 + Math.exp(-8 * random.nextGaussian()))),
        RAW_SCORE(random -> 50 * random.nextGaussian());

        private final ToDoubleFunction<SplittableRandom> source;

        Values(ToDoubleFunction<SplittableRandom> source) {
            this.source = source;
        }

        double[] draw(SplittableRandom random, int count) {
            double[] values = new double[count];
            Arrays.setAll(values, _ -> source.applyAsDouble(random));
            return values;
        }
    }

    static TensorBatch of(FloatType type, double[] predictions, TargetType targetType, double[] targets) {
        Tensor p = type.tensor(predictions);
        Tensor t = PyTorch.tensor(targetType.scalarType, targets);
        return new TensorBatch(p, t, Batch.of(type.view(p), targetType.view(t)));
    }

    /** Targets are 0 or 1, and now and then 2, which is not positive. */
    static TensorBatch random(
            FloatType type, Values values, TargetType targetType, int count, SplittableRandom random) {
        double[] targets = new double[count];
        for (int i = 0; i < count; i++) {
            boolean two = targetType != TargetType.BOOL && random.nextInt(50) == 0;
            targets[i] = two ? 2 : random.nextInt(2);
        }
        return of(type, values.draw(random, count), targetType, targets);
    }

    static TensorBatch random(FloatType type, int count, SplittableRandom random) {
        return random(type, Values.UNIT, TargetType.UINT8, count, random);
    }

    /** PyTorch's distances, in the type of the predictions. */
    Tensor distances() {
        return PyTorch.distances(predictions, targets);
    }
}
