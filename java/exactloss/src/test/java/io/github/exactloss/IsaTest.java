// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.testing.ChildJvm;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same bits with the kernels of every instruction set, each in a process of its own, on every platform. */
class IsaTest {
    /** What {@link Main} prints everywhere. Other inputs of it give another digest. */
    private static final String DIGEST = "1df6e88ba14686b7c1a6348f1585195717af15da43ded69f5753cb721d468bd1";

    /** Prints the instruction set in use, and a digest of many results. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws Exception {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (RandomBatch.Values values : RandomBatch.Values.values()) {
                for (int count = 0; count <= 300; count++) {
                    update(digest, RandomBatch.random(values, count, count));
                }
                for (int count : new int[] {4095, 4096, 4097, 8193, 100_000}) {
                    update(digest, RandomBatch.random(values, count, count));
                }
            }
            for (FloatType type : FloatType.values()) {
                for (RandomBatch.Values values : List.of(
                        RandomBatch.Values.RAW_SCORE, RandomBatch.Values.ANY_FINITE, RandomBatch.Values.MIXED)) {
                    for (int count : new int[] {0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 300, 4095, 4096, 4097, 70_000}) {
                        update(digest, TypedBatch.random(type, values, count, count));
                    }
                }
            }
            System.out.println(NativeLibrary.isa() + " " + HexFormat.of().formatHex(digest.digest()));
        }

        private static void update(MessageDigest digest, RandomBatch batch) {
            Loss loss = Loss.mnist();
            Targets floats = Targets.of(batch.floatTargets());
            update(digest, loss.mean(batch.predictions(), batch.targets()));
            update(digest, loss.sum(batch.predictions(), floats));
            update(digest, Evaluator.of(loss).evaluate(batch.predictions(), batch.targets()));
            update(digest, Evaluator.of(loss).threshold(1e-30).evaluate(batch.predictions(), floats));
            MemorySegment output = MemorySegment.ofArray(new float[batch.count]);
            loss.values(batch.predictions(), batch.targets(), output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            loss.gradient(batch.predictions(), floats, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            Accumulator accumulator = Evaluator.of(loss).newAccumulator();
            accumulator.add(batch.predictions(), batch.targets());
            digest.update(accumulator.toBytes());
        }

        private static void update(MessageDigest digest, TypedBatch batch) {
            Predictions predictions = batch.predictions();
            Targets targets = batch.targets();
            float[] weights = new float[batch.count];
            for (int i = 0; i < batch.count; i++) {
                weights[i] = 1 / (1 + i % 9f);
            }
            MemorySegment output = batch.type.memory(batch.values);
            for (Loss loss : List.of(Loss.mnist(), Loss.mnist().fromLogits())) {
                update(digest, Evaluator.of(loss).evaluate(predictions, targets));
                update(
                        digest,
                        Evaluator.of(loss)
                                .evaluate(Batch.of(predictions, targets).weights(Weights.of(weights))));
                update(
                        digest,
                        Evaluator.of(loss)
                                .evaluateRows(predictions, targets, Rows.of(3, batch.count / 3, batch.count / 5, 0)));
                loss.values(predictions, targets, output);
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
                update(digest, loss.meanAndGradient(Batch.of(predictions, targets), 0.3, output));
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
                loss.accumulateGradients()
                        .gradient(Batch.of(predictions, targets).weights(Weights.of(weights)), 1e-3, 1, output);
                digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            }
            ArrayOperations.sigmoid(predictions, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
            ArrayOperations.where(Condition.of(batch.targets), batch.memory, output, batch.type.bytes, output);
            digest.update(output.toArray(ValueLayout.JAVA_BYTE));
        }

        private static void update(MessageDigest digest, Object result) {
            digest.update(result.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static ChildJvm.Result runWith(String maxIsa) throws Exception {
        return ChildJvm.run(Main.class, Map.of("EXACTLOSS_MAX_ISA", maxIsa));
    }

    static List<Isa> isas() {
        return NativeLibrary.isas();
    }

    @ParameterizedTest
    @MethodSource("isas")
    void givesTheSameBits(Isa isa) throws Exception {
        assumeTrue(isa.support() == Isa.Support.USABLE, () -> "not run: " + isa + " is not usable on this machine");
        assertThat(runWith(isa.name()).output()).isEqualTo(isa.name() + " " + DIGEST);
    }

    @Test
    void thePortableKernelsRunEverywhere() {
        assertThat(NativeLibrary.isas()).startsWith(new Isa("portable", Isa.Support.USABLE));
        assertThat(NativeLibrary.isas())
                .extracting(Isa::name)
                .doesNotHaveDuplicates()
                .contains(NativeLibrary.isa());
    }

    @Test
    void anotherWordIsAnError() throws Exception {
        ChildJvm.Result result = runWith("sse9");
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).contains("ExactLossException", "EXACTLOSS_MAX_ISA");
    }
}
