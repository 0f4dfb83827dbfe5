// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.Rows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
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
        new Pieces(count, 1, 1, piece).run((thread, from, length) -> {
            assertThat(from).isEqualTo(next.getAndAdd(length));
            assertThat(length).isBetween(1L, 65_536L);
            calls.incrementAndGet();
        });
        assertThat(next).hasValue(count);
        assertThat(calls).hasValue(4096);
    }

    private static Pieces ofRows(long rows, long columns, int most, int widest, MemorySegment... memory) {
        return Pieces.ofRows(Rows.of(rows, columns), most, widest, memory);
    }

    @Test
    void takeWholeRows() {
        MemorySegment floats = MemorySegment.ofArray(new float[COUNT]);
        MemorySegment bytes = MemorySegment.ofArray(new byte[COUNT]);
        assertThat(ofRows(256, 1024, 1, 32, floats, bytes).piece()).isEqualTo(64);
        assertThat(ofRows(256, 1000, 1, 32, floats, bytes).piece()).isEqualTo(65);
        assertThat(ofRows(256, 1000, 1, 64, floats, MemorySegment.ofArray(new long[COUNT]))
                        .piece())
                .isEqualTo(32);
        assertThat(ofRows(4, 65_536, 1, 32, floats, bytes).piece()).isEqualTo(1);
        assertThat(ofRows(256, 1024, 8, 32, floats, bytes).threads()).isEqualTo(2);
        assertThat(ofRows(1, 262_144, 8, 32, floats, bytes).threads()).isEqualTo(1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment confined = arena.allocate(4L * COUNT);
            Pieces pieces = ofRows(256, 1024, 8, 32, confined, bytes);
            assertThat(pieces.threads()).isEqualTo(1);
            assertThat(pieces.piece()).isEqualTo(64);
            assertThat(ofRows(256, 1024, 8, 32, confined, arena.allocate(COUNT)).isOne())
                    .isTrue();
        }
    }

    /** A refused element is named by its index in the whole: in rows, row times columns plus column. */
    @Test
    void nameRefusedElementsByTheirIndexInTheWhole() {
        Pieces rows = new Pieces(10, 7, 1, 3);
        assertThatExceptionOfType(InvalidElementException.class)
                .isThrownBy(() -> rows.run((thread, from, length) -> {
                    if (from == 6) {
                        throw new InvalidElementException(InvalidElementException.Argument.WEIGHTS, 8, -1, "no");
                    }
                }))
                .satisfies(e -> assertThat(e.index()).isEqualTo(6 * 7 + 8));
    }

    /** Each thread has several pieces, unless they would be too short for the kernels' way for long arrays. */
    @Test
    void areSharedByThreads() {
        assertThat(lengths(new Pieces(1 << 20, 1, 2, Long.MAX_VALUE)))
                .hasSize(8)
                .containsOnly(1L << 17);
        assertThat(lengths(new Pieces(1 << 20, 1, 2, 50_000))).hasSize(21);
        assertThat(lengths(new Pieces(1_000_000, 1, 2, Long.MAX_VALUE)))
                .hasSize(8)
                .contains(62L * 2048)
                .endsWith(1_000_000 - 7 * 62L * 2048);
        assertThat(lengths(new Pieces(1001, 1, 2, Long.MAX_VALUE))).hasSize(8).endsWith(119L);
        assertThat(lengths(new Pieces(3L << 24, 1, 2, Long.MAX_VALUE)))
                .hasSize(2)
                .containsOnly(3L << 23);
        assertThat(lengths(new Pieces(3L << 26, 1, 2, Long.MAX_VALUE)))
                .hasSize(8)
                .containsOnly(3L << 23);
        assertThat(lengths(new Pieces(1L << 40, 1, 2, Long.MAX_VALUE))).hasSize(8);
    }

    /** In the order of the elements. */
    private static Collection<Long> lengths(Pieces pieces) {
        Map<Long, Long> lengths = new ConcurrentSkipListMap<>();
        pieces.run((thread, from, length) -> {
            assertThat(thread).isBetween(0, pieces.threads() - 1);
            assertThat(lengths.put(from, length)).isNull();
        });
        long next = 0;
        for (Map.Entry<Long, Long> piece : lengths.entrySet()) {
            assertThat(piece.getKey()).isEqualTo(next);
            next += piece.getValue();
        }
        assertThat(next).isEqualTo(pieces.count());
        return lengths.values();
    }
}
