// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The mean as one writes it in Java, inexactly. */
final class JavaLoops {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(FLOATS.length() * Byte.SIZE));

    private JavaLoops() {}

    static double mean(float[] predictions, byte[] targets) {
        double sum = 0;
        for (int i = 0; i < predictions.length; i++) {
            sum += targets[i] == 1 ? 1 - predictions[i] : predictions[i];
        }
        return sum / predictions.length;
    }

    static double meanInFloat(float[] predictions, byte[] targets) {
        float sum = 0;
        for (int i = 0; i < predictions.length; i++) {
            sum += targets[i] == 1 ? 1 - predictions[i] : predictions[i];
        }
        return sum / predictions.length;
    }

    static double meanOfLogs(float[] predictions, byte[] targets) {
        double sum = 0;
        for (int i = 0; i < predictions.length; i++) {
            sum -= Math.log(targets[i] == 1 ? predictions[i] : 1 - predictions[i]);
        }
        return sum / predictions.length;
    }

    /** Four sums of vectors of floats, so that additions do not wait for each other. */
    static double meanInVectors(float[] predictions, byte[] targets) {
        FloatVector sum0 = FloatVector.zero(FLOATS);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        int lanes = FLOATS.length();
        int i = 0;
        for (; i <= predictions.length - 4 * lanes; i += 4 * lanes) {
            sum0 = sum0.add(distances(predictions, targets, i));
            sum1 = sum1.add(distances(predictions, targets, i + lanes));
            sum2 = sum2.add(distances(predictions, targets, i + 2 * lanes));
            sum3 = sum3.add(distances(predictions, targets, i + 3 * lanes));
        }
        float sum = sum0.add(sum1).add(sum2.add(sum3)).reduceLanes(VectorOperators.ADD);
        for (; i < predictions.length; i++) {
            sum += targets[i] == 1 ? 1 - predictions[i] : predictions[i];
        }
        return sum / predictions.length;
    }

    private static FloatVector distances(float[] predictions, byte[] targets, int i) {
        FloatVector p = FloatVector.fromArray(FLOATS, predictions, i);
        VectorMask<Float> positive =
                ByteVector.fromArray(BYTES, targets, i).eq((byte) 1).cast(FLOATS);
        return p.blend(FloatVector.broadcast(FLOATS, 1).sub(p), positive);
    }
}
