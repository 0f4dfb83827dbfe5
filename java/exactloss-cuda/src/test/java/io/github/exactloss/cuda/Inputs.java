// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/** What the tests send to the device. Always the same. */
final class Inputs {
    static final long SEED = 61;
    static final int COUNT = 3001;

    private Inputs() {}

    /** Predictions of which each pattern of bits is as likely as another, but for NaN and infinities. */
    static Predictions anyFinite(ElementType type, Arena arena) {
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
    static float[] mixed() {
        SplittableRandom random = new SplittableRandom(SEED);
        float[] predictions = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            do {
                predictions[i] =
                        random.nextInt(100) == 0 ? Float.intBitsToFloat(random.nextInt()) : (float) random.nextDouble();
            } while (!Float.isFinite(predictions[i]));
        }
        return predictions;
    }

    /** Targets that are 1, or else 0 or now and then 2. */
    static byte[] targets() {
        SplittableRandom random = new SplittableRandom(SEED + 1);
        byte[] targets = new byte[COUNT];
        for (int i = 0; i < COUNT; i++) {
            targets[i] = (byte) (random.nextInt(50) == 0 ? 2 : random.nextInt(2));
        }
        return targets;
    }

    static Batch batch() {
        return Batch.of(Predictions.of(mixed()), Targets.of(targets()));
    }

    /** Weights, of which many are 0, and now and then one is huge. */
    static Weights weights() {
        SplittableRandom random = new SplittableRandom(SEED + 2);
        float[] weights = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            weights[i] = random.nextInt(3) * (random.nextInt(100) == 0 ? 1e30f : (float) random.nextDouble());
        }
        return Weights.of(weights);
    }

    static List<Targets> targetsOfEveryType(byte[] targets, Arena arena) {
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
}
