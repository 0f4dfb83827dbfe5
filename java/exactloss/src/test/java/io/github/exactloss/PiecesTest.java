// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PiecesTest {
    private static final int COUNT = 1 << 18;

    private static long piece(MemorySegment... memory) {
        return Pieces.of(COUNT, 1, memory).piece();
    }

    @Test
    void takeAtMost256KibibytesOfAHeapArray() {
        MemorySegment floats = MemorySegment.ofArray(new float[COUNT]);
        assertThat(piece(floats)).isEqualTo(65_536);
        assertThat(piece(floats, MemorySegment.ofArray(new byte[COUNT]))).isEqualTo(65_536);
        assertThat(piece(floats, MemorySegment.ofArray(new long[COUNT]))).isEqualTo(32_768);
        assertThat(piece(MemorySegment.ofArray(new double[COUNT]), floats)).isEqualTo(32_768);
        assertThat(piece(MemorySegment.ofArray(new byte[COUNT / 8]))).isEqualTo(65_536);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offHeap = arena.allocate(8L * COUNT);
            assertThat(Pieces.of(COUNT, 1, offHeap).isOne()).isTrue();
            assertThat(piece(floats, offHeap)).isEqualTo(65_536);
        }
    }

    /** A gibibyte on the heap: between any two downcalls the JVM can come to a safepoint. */
    @Test
    void areAllOfALargeArray() {
        long count = 1L << 28;
        long piece = piece(MemorySegment.ofArray(new float[COUNT]));
        AtomicLong next = new AtomicLong();
        AtomicInteger calls = new AtomicInteger();
        new Pieces(count, 1, piece).run((range, from, length) -> {
            assertThat(from).isEqualTo(next.getAndAdd(length));
            assertThat(length).isBetween(1L, 65_536L);
            calls.incrementAndGet();
        });
        assertThat(next).hasValue(count);
        assertThat(calls).hasValue(4096);
    }

    @Test
    void takeWholeRows() {
        Predictions predictions = Predictions.of(new float[COUNT]);
        Targets targets = Targets.of(new byte[COUNT]);
        assertThat(Pieces.ofRows(Rows.of(256, 1024), 1, predictions, targets).piece())
                .isEqualTo(64);
        assertThat(Pieces.ofRows(Rows.of(256, 1000), 1, predictions, targets).piece())
                .isEqualTo(65);
        assertThat(Pieces.ofRows(Rows.of(256, 1000), 1, predictions, Targets.of(new long[COUNT]))
                        .piece())
                .isEqualTo(32);
        assertThat(Pieces.ofRows(Rows.of(4, 65_536), 1, predictions, targets).piece())
                .isEqualTo(1);
        assertThat(Pieces.ofRows(Rows.of(256, 1024), 8, predictions, targets).ranges())
                .isEqualTo(4);
        assertThat(Pieces.ofRows(Rows.of(2, 131_072), 8, predictions, targets).ranges())
                .isEqualTo(2);
        try (Arena arena = Arena.ofConfined()) {
            Predictions confined = Predictions.allocate(COUNT, arena);
            Pieces pieces = Pieces.ofRows(Rows.of(256, 1024), 8, confined, targets);
            assertThat(pieces.ranges()).isEqualTo(1);
            assertThat(pieces.piece()).isEqualTo(64);
            assertThat(Pieces.ofRows(Rows.of(256, 1024), 8, confined, Targets.allocate(COUNT, arena))
                            .isOne())
                    .isTrue();
        }
    }

    /** Whatever one range throws, no other may still be at work when the caller, who may free memory, goes on. */
    @Test
    void endTogetherAlsoAfterAnError() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        try (ForkJoinPool threads = new ForkJoinPool(4)) {
            threads.submit(() -> assertThatThrownBy(() -> new Pieces(4, 4, 1).run((range, from, count) -> {
                                if (range == 0) {
                                    throw new StackOverflowError("range 0");
                                }
                                sleep();
                                ended.incrementAndGet();
                            }))
                            .isInstanceOf(StackOverflowError.class)
                            .hasMessage("range 0"))
                    .get();
            assertThat(ended).hasValue(3);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
