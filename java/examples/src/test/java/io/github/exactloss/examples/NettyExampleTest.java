// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NettyExampleTest {
    private static final long SEED = 31;
    private static final int COUNT = 2000;
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist());

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void printsTheExactLoss() {
        assertThat(Printed.by(() -> NettyExample.main(new String[0]))).isEqualTo("0.43333334227403003");
    }

    /** Pieces of random lengths, 0 too, pooled and not, direct and on the heap, some of them with something before them. */
    private CompositeByteBuf cut(ByteBuf whole, int longest) {
        CompositeByteBuf composite = Unpooled.compositeBuffer(Integer.MAX_VALUE);
        while (whole.isReadable()) {
            int length = Math.min(random.nextInt(longest + 1), whole.readableBytes());
            ByteBuf piece = switch (random.nextInt(3)) {
                case 0 -> PooledByteBufAllocator.DEFAULT.directBuffer();
                case 1 -> PooledByteBufAllocator.DEFAULT.heapBuffer();
                default -> Unpooled.buffer();
            };
            int skipped = random.nextInt(5);
            piece.writeZero(skipped).skipBytes(skipped).writeBytes(whole, length);
            composite.addComponent(true, piece);
        }
        return composite;
    }

    @Test
    void piecesGiveTheBitsOfTheWhole() {
        float[] predictions = new float[COUNT];
        byte[] targets = new byte[COUNT];
        ByteBuf predictionBytes = Unpooled.buffer();
        for (int i = 0; i < COUNT; i++) {
            predictions[i] = (float) random.nextDouble();
            targets[i] = (byte) random.nextInt(2);
            predictionBytes.writeFloatLE(predictions[i]);
        }
        Evaluation expected = EVALUATOR.evaluate(Predictions.of(predictions), Targets.of(targets));
        for (int longest : new int[] {1, 2, 3, 5, 100, 10_000}) {
            CompositeByteBuf cutPredictions = cut(predictionBytes.duplicate(), longest);
            CompositeByteBuf cutTargets = cut(Unpooled.wrappedBuffer(targets), longest);
            Accumulator accumulator = EVALUATOR.newAccumulator();
            NettyExample.add(accumulator, cutPredictions, cutTargets);
            assertThat(accumulator.evaluate())
                    .as("seed %d, pieces up to %d bytes", SEED, longest)
                    .isEqualTo(expected);
            assertThat(cutPredictions.readableBytes()).isEqualTo(COUNT * Float.BYTES);
            assertThat(cutPredictions.release()).isTrue();
            assertThat(cutTargets.release()).isTrue();
        }
    }

    @Test
    void numbersMustMatch() {
        Accumulator accumulator = EVALUATOR.newAccumulator();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NettyExample.add(
                        accumulator, Unpooled.wrappedBuffer(new byte[11]), Unpooled.wrappedBuffer(new byte[3])))
                .withMessage("11 bytes of predictions, but 3 targets");
        NettyExample.add(accumulator, Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER);
        assertThat(accumulator.evaluate().count()).isZero();
    }
}
