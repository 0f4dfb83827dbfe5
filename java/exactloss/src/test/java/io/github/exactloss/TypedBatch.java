// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Input of any type for the tests. */
final class TypedBatch {
    final FloatType type;

    /** The predictions, on the heap. */
    final MemorySegment memory;

    /** The predictions as doubles. */
    final double[] values;

    /** As in {@link Batch}. */
    final byte[] targets;

    final int count;

    /** Values that the type does not have are rounded to it. */
    TypedBatch(FloatType type, double[] values, byte[] targets) {
        this.type = type;
        this.memory = type.memory(values);
        this.values = type.values(memory);
        this.targets = targets;
        this.count = targets.length;
    }

    /** Finite predictions. */
    static TypedBatch random(FloatType type, RandomBatch.Values source, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[count];
        byte[] targets = new byte[count];
        for (int i = 0; i < count; i++) {
            double value = source == RandomBatch.Values.ANY_FINITE ? type.any(random) : source.draw(random);
            values[i] = Math.clamp(value, -type.max, type.max);
            targets[i] = (byte) (random.nextInt(50) == 0 ? 2 : random.nextInt(2));
        }
        return new TypedBatch(type, values, targets);
    }

    Predictions predictions() {
        return type.view(memory);
    }

    Targets targets() {
        return Targets.of(targets);
    }

    Batch batch() {
        return Batch.of(predictions(), targets());
    }

    boolean isPositive(int index) {
        return targets[index] == 1;
    }

    ExactReference reference() {
        ExactReference reference = new ExactReference(type, false);
        for (int i = 0; i < count; i++) {
            reference.add(values[i], isPositive(i));
        }
        return reference;
    }
}
