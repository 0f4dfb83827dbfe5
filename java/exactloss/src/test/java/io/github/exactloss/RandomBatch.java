// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.Pieces;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** Input for the tests. */
final class RandomBatch {
    /** Elements that three threads share if they are asked for. */
    static final int OF_THREE_THREADS = 3 * Pieces.WORTH_A_THREAD + 37;

    final float[] predictions;

    /** 1 where the target is positive; 0, or now and then 2, elsewhere. */
    final byte[] targets;

    final int count;

    /** Where random predictions come from; each exercises another path of the kernels. */
    @SuppressWarnings("ImmutableEnumChecker") // the lambdas have no state
    enum Values {
        UNIT(SplittableRandom::nextDouble),
        CONFIDENT(random -> Math.abs(random.nextInt(2) - (float) Math.exp(-60 * random.nextDouble()))),
        ZERO_OR_ONE(random -> new float[] {0, 1, -0.0f}[random.nextInt(3)]),
        SUBNORMAL(random -> random.nextInt(-0x7fffff, 0x800000) * Float.MIN_VALUE),
        RAW_SCORE(random -> random.nextDouble(-1000, 1000)),
        HUGE(random -> 3e38 * random.nextDouble(-1, 1)),
        ANY_FINITE(Values::anyFinite),
        MIXED(random -> random.nextInt(100) == 0 ? anyFinite(random) : (float) random.nextDouble());

        private final ToDoubleFunction<SplittableRandom> source;

        Values(ToDoubleFunction<SplittableRandom> source) {
            this.source = source;
        }

        double draw(SplittableRandom random) {
            return source.applyAsDouble(random);
        }

        private static float anyFinite(SplittableRandom random) {
            float value = Float.intBitsToFloat(random.nextInt());
            return Float.isFinite(value) ? value : anyFinite(random);
        }
    }

    private RandomBatch(float[] predictions, byte[] targets) {
        this.predictions = predictions;
        this.targets = targets;
        this.count = predictions.length;
    }

    static RandomBatch random(Values values, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RandomBatch batch = new RandomBatch(new float[count], new byte[count]);
        for (int i = 0; i < count; i++) {
            batch.predictions[i] = (float) values.draw(random);
            batch.targets[i] = (byte) (random.nextInt(50) == 0 ? 2 : random.nextInt(2));
        }
        return batch;
    }

    /** A copy of the elements from {@code from} (inclusive) to {@code to} (exclusive). */
    RandomBatch slice(int from, int to) {
        return new RandomBatch(Arrays.copyOfRange(predictions, from, to), Arrays.copyOfRange(targets, from, to));
    }

    Predictions predictions() {
        return Predictions.of(predictions);
    }

    Targets targets() {
        return Targets.of(targets);
    }

    Batch batch() {
        return Batch.of(predictions(), targets());
    }

    /** The same targets as floats; those that are neither 0 nor 1 become the float after 1. */
    float[] floatTargets() {
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = targets[i] == 2 ? Math.nextUp(1f) : targets[i];
        }
        return floats;
    }
}
