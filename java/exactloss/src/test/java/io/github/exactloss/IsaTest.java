// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same bits with the kernels of every instruction set, each in a process of its own. */
class IsaTest {
    private static String portableDigest;

    /** Prints the instruction set in use, and a digest of many results. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws Exception {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Batch.Values values : Batch.Values.values()) {
                for (int count = 0; count <= 300; count++) {
                    update(digest, Batch.random(values, count, count));
                }
                for (int count : new int[] {4095, 4096, 4097, 8193, 100_000}) {
                    update(digest, Batch.random(values, count, count));
                }
            }
            for (FloatType type : FloatType.values()) {
                for (Batch.Values values :
                        List.of(Batch.Values.RAW_SCORE, Batch.Values.ANY_FINITE, Batch.Values.MIXED)) {
                    for (int count : new int[] {0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 300, 4095, 4096, 4097, 70_000}) {
                        update(digest, TypedBatch.random(type, values, count, count));
                    }
                }
            }
            System.out.println(NativeLibrary.isa() + " " + HexFormat.of().formatHex(digest.digest()));
        }

        private static void update(MessageDigest digest, Batch batch) {
            MnistLoss loss = MnistLoss.create();
            Targets floats = Targets.of(batch.floatTargets());
            update(digest, loss.mean(batch.predictions(), batch.targets()));
            update(digest, loss.sum(batch.predictions(), floats));
            update(digest, loss.evaluate(batch.predictions(), batch.targets()));
            update(digest, loss.threshold(1e-30).evaluate(batch.predictions(), floats));
            MemorySegment output = MemorySegment.ofArray(new float[batch.count]);
            loss.none(batch.predictions(), batch.targets(), output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            loss.gradient(floats, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            try (LossAccumulator accumulator = LossAccumulator.create()) {
                accumulator.add(batch.predictions(), batch.targets());
                digest.update(accumulator.toBytes());
            }
        }

        private static void update(MessageDigest digest, TypedBatch batch) {
            Predictions predictions = batch.predictions();
            Targets targets = batch.targets();
            float[] weights = new float[batch.count];
            for (int i = 0; i < batch.count; i++) {
                weights[i] = 1 / (1 + i % 9f);
            }
            MemorySegment output = batch.type.memory(batch.values);
            for (MnistLoss loss : List.of(MnistLoss.create(), MnistLoss.create().logits())) {
                update(digest, loss.evaluate(predictions, targets));
                update(digest, loss.evaluate(predictions, targets, Weights.of(weights)));
                update(
                        digest,
                        loss.evaluateRows(predictions, targets, new Rows(3, batch.count / 3, batch.count / 5, 0)));
                loss.none(predictions, targets, output);
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
                update(digest, loss.lossAndGradient(predictions, targets, Reduction.MEAN, 0.3, output));
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
                loss.accumulateGradients().gradient(predictions, targets, Reduction.SUM, 1e-3, output);
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            }
            Elementwise.sigmoid(predictions, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            Elementwise.where(Condition.of(batch.targets), batch.memory, output, batch.type.bytes, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
        }

        private static void update(MessageDigest digest, Object result) {
            digest.update(result.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static ChildJvm.Result runWith(String maxIsa) throws Exception {
        return ChildJvm.run(Main.class, Map.of("EXACTLOSS_MAX_ISA", maxIsa));
    }

    @BeforeAll
    static void runPortable() throws Exception {
        ChildJvm.Result result = runWith("portable");
        assertThat(result.output()).matches("portable [0-9a-f]{64}");
        portableDigest = result.output().substring("portable ".length());
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX2", "AVX512"})
    void givesThePortableBits(Isa isa) throws Exception {
        Isa.Support support = NativeLibrary.isaSupport(isa);
        assumeTrue(support == Isa.Support.USABLE, () -> "not run: " + isa + " is " + support + " on this machine");
        assertThat(runWith(isa.toString()).output()).isEqualTo(isa + " " + portableDigest);
    }

    @Test
    void thePortableKernelsRunEverywhere() {
        assertThat(NativeLibrary.isaSupport(Isa.PORTABLE)).isEqualTo(Isa.Support.USABLE);
    }

    @Test
    void anotherWordIsAnError() throws Exception {
        ChildJvm.Result result = runWith("sse9");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).contains("ExactLossException", "EXACTLOSS_MAX_ISA");
    }
}
