// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Predictions and targets as a client sends them, and as arrays for the reference: another way into the library than that
 * of the service.
 */
final class Batch {
    private final String query;
    private final byte[] body;
    private final Predictions predictions;
    private final Targets targets;

    private Batch(String query, byte[] body, Predictions predictions, Targets targets) {
        this.query = query;
        this.body = body;
        this.predictions = predictions;
        this.targets = targets;
    }

    /** Predictions of all sizes from 2^-24 to 1, and random targets. */
    static Batch random(ElementType predictionType, ElementType targetType, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] predictions = new float[count];
        boolean[] targets = new boolean[count];
        for (int i = 0; i < count; i++) {
            predictions[i] = (float) (random.nextDouble() * Math.scalb(1.0, -random.nextInt(24)));
            targets[i] = random.nextBoolean();
        }
        ByteBuffer body = ByteBuffer.allocate(16 * count).order(ByteOrder.LITTLE_ENDIAN);
        Predictions reference = write(predictions, predictionType, body);
        write(targets, targetType, body);
        byte[] bytes = new byte[body.flip().limit()];
        body.get(bytes);
        String query = "predictions=%s&targets=%s&count=%d"
                .formatted(RawArrays.name(predictionType), RawArrays.name(targetType), count);
        return new Batch(query, bytes, reference, Targets.of(targets));
    }

    static Batch random(int count, long seed) {
        return random(ElementType.FLOAT32, ElementType.UINT8, count, seed);
    }

    String query() {
        return query;
    }

    byte[] body() {
        return body;
    }

    Evaluation evaluation() {
        return LossServer.EVALUATOR.evaluate(predictions, targets);
    }

    void addTo(Accumulator accumulator) {
        accumulator.add(predictions, targets);
    }

    private static Predictions write(float[] predictions, ElementType type, ByteBuffer body) {
        return switch (type) {
            case FLOAT16 -> {
                short[] halves = new short[predictions.length];
                for (int i = 0; i < halves.length; i++) {
                    halves[i] = Float.floatToFloat16(predictions[i]);
                    body.putShort(halves[i]);
                }
                yield Predictions.of(MemorySegment.ofArray(halves), type);
            }
            case BFLOAT16 -> {
                short[] halves = new short[predictions.length];
                for (int i = 0; i < halves.length; i++) {
                    halves[i] = (short) (Float.floatToRawIntBits(predictions[i]) >>> Short.SIZE);
                    body.putShort(halves[i]);
                }
                yield Predictions.of(MemorySegment.ofArray(halves), type);
            }
            case FLOAT32 -> {
                for (float prediction : predictions) {
                    body.putFloat(prediction);
                }
                yield Predictions.of(predictions);
            }
            case FLOAT64 -> {
                double[] doubles = IntStream.range(0, predictions.length)
                        .mapToDouble(i -> predictions[i] / 3.0)
                        .toArray();
                for (double prediction : doubles) {
                    body.putDouble(prediction);
                }
                yield Predictions.of(doubles);
            }
            default -> throw new AssertionError(type);
        };
    }

    private static void write(boolean[] targets, ElementType type, ByteBuffer body) {
        if (type == ElementType.BITS) {
            byte[] bits = new byte[Math.ceilDiv(targets.length, Byte.SIZE)];
            for (int i = 0; i < targets.length; i++) {
                bits[i / Byte.SIZE] |= (byte) (targets[i] ? 1 << i % Byte.SIZE : 0);
            }
            body.put(bits);
            return;
        }
        for (boolean target : targets) {
            int value = target ? 1 : 0;
            switch (type) {
                case UINT8, INT8 -> body.put((byte) value);
                case INT32 -> body.putInt(value);
                case INT64 -> body.putLong(value);
                case FLOAT32 -> body.putFloat(value);
                case FLOAT64 -> body.putDouble(value);
                default -> throw new AssertionError(type);
            }
        }
    }
}
