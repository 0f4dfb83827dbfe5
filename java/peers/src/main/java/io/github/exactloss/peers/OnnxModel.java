// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/**
 * The ONNX model of a loss, as {@code where(targets, 1 - predictions, predictions).mean()}, written as the Protocol Buffers message
 * that onnx.proto defines. A few nodes need no library for it: a message is a sequence of fields, each a number times 8 plus
 * 0 (an integer follows) or 2 (a length and that number of bytes follow), and a field of a message is a message.
 */
final class OnnxModel {
    private static final int FLOAT = 1;
    private static final int BOOL = 9;
    private static final int INT_ATTRIBUTE = 2;

    /** The versions of the file format and of the operators. Both are older than any ONNX Runtime of this decade. */
    private static final int IR_VERSION = 7;

    private static final int OPERATOR_SET = 13;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private OnnxModel() {}

    /**
     * The model of a loss. Its inputs are {@code predictions} (float) and {@code targets} (bool), both [n]; its output is
     * {@code loss}.
     */
    static byte[] of(Peer.Measure measure) {
        Consumer<OnnxModel> others = node("Sub", "others", "one", "predictions");
        Consumer<OnnxModel> distances = node("Where", "distances", "targets", "others", "predictions");
        return switch (measure) {
            case MNIST -> model(List.of(others, distances, mean("distances")));
            case BRIER ->
                model(List.of(others, distances, node("Mul", "squares", "distances", "distances"), mean("squares")));
            case LOG ->
                model(List.of(
                        others,
                        node("Where", "chances", "targets", "predictions", "others"),
                        node("Log", "logarithms", "chances"),
                        node("Neg", "values", "logarithms"),
                        mean("values")));
        };
    }

    private static byte[] model(List<Consumer<OnnxModel>> nodes) {
        return message(model -> model.integer(1, IR_VERSION)
                .field(8, operatorSet -> operatorSet.text(1, "").integer(2, OPERATOR_SET))
                .field(7, graph -> {
                    nodes.forEach(node -> graph.field(1, node));
                    graph.text(2, "loss")
                            .field(
                                    5,
                                    one -> one.integer(2, FLOAT).text(8, "one").bytes(9, floatBytes(1)))
                            .field(11, value("predictions", FLOAT, true))
                            .field(11, value("targets", BOOL, true))
                            .field(12, value("loss", FLOAT, false));
                }));
    }

    private static Consumer<OnnxModel> mean(String input) {
        return node("ReduceMean", "loss", input)
                .andThen(node -> node.field(
                        5,
                        keepDimensions ->
                                keepDimensions.text(1, "keepdims").integer(3, 0).integer(20, INT_ATTRIBUTE)));
    }

    private static Consumer<OnnxModel> node(String operator, String output, String... inputs) {
        return node -> {
            for (String input : inputs) {
                node.text(1, input);
            }
            node.text(2, output).text(4, operator);
        };
    }

    /** A tensor that is a scalar, or has one dimension of any length. */
    private static Consumer<OnnxModel> value(String name, int type, boolean isVector) {
        return value -> value.text(1, name)
                .field(
                        2,
                        any -> any.field(
                                1,
                                tensor -> tensor.integer(1, type).field(2, shape -> {
                                    if (isVector) {
                                        shape.field(1, dimension -> dimension.text(2, "n"));
                                    }
                                })));
    }

    private static byte[] floatBytes(float value) {
        int bits = Float.floatToIntBits(value);
        return new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)};
    }

    private static byte[] message(Consumer<OnnxModel> content) {
        OnnxModel message = new OnnxModel();
        content.accept(message);
        return message.bytes.toByteArray();
    }

    private OnnxModel integer(int field, long value) {
        varint(field << 3);
        varint(value);
        return this;
    }

    private OnnxModel bytes(int field, byte[] value) {
        varint(field << 3 | 2);
        varint(value.length);
        bytes.writeBytes(value);
        return this;
    }

    private OnnxModel text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private OnnxModel field(int field, Consumer<OnnxModel> content) {
        return bytes(field, message(content));
    }

    private void varint(long value) {
        long rest = value;
        for (; rest > 0x7f; rest >>>= 7) {
            bytes.write((int) (rest & 0x7f) | 0x80);
        }
        bytes.write((int) rest);
    }
}
