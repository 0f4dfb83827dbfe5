// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.IntStream;

/**
 * How the elements of one operation are cut into downcalls: into contiguous ranges, one for each thread, and ranges of
 * heap memory further into pieces, because the garbage collector waits while a downcall reads the heap. Exactness makes
 * every cut invisible in the result.
 *
 * @param count elements
 * @param ranges how many of them run at the same time, at least 1
 * @param piece the most elements that one downcall takes
 */
record Pieces(long count, int ranges, long piece) {
    /** The smallest range that is worth a thread, and the largest piece. */
    static final long ELEMENTS = 1 << 16;

    /** So few that one downcall takes them wherever they lie. */
    private static final long SHORT = 1 << 10;

    /** The most that a piece takes of one heap array; wide elements make smaller pieces. */
    private static final long HEAP_BYTES = ELEMENTS * Float.BYTES;

    /** Stands for every other thread in the question whether memory is confined to this one. */
    private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    /** One downcall, on {@code count} elements from {@code from} on, which lie in range number {@code range}. */
    interface Call {
        void run(int range, long from, long count);
    }

    /** For an operation on {@code count} elements of each of these segments, which hold no more than those. */
    static Pieces of(long count, int threads, MemorySegment... memory) {
        if (count <= SHORT) {
            return new Pieces(count, 1, SHORT);
        }
        int ranges = Math.clamp(count / ELEMENTS, 1, threads);
        long piece = Long.MAX_VALUE;
        for (MemorySegment segment : memory) {
            if (ranges > 1 && !isShared(segment)) {
                ranges = 1;
            }
            if (!segment.isNative()) {
                piece = Math.min(piece, ELEMENTS);
                if (segment.byteSize() > HEAP_BYTES) {
                    piece = Math.min(piece, HEAP_BYTES / Math.ceilDiv(segment.byteSize(), count));
                }
            }
        }
        return new Pieces(count, ranges, piece);
    }

    /** For an operation on whole rows, which are the elements of these pieces. */
    static Pieces ofRows(Rows rows, int threads, Predictions predictions, Targets targets) {
        boolean shared = isShared(predictions.segment()) && isShared(targets.segment());
        long most = shared ? Math.clamp(rows.rows(), 1, threads) : 1;
        int ranges = Math.clamp(rows.rows() * rows.columns() / ELEMENTS, 1, (int) most);
        if (predictions.segment().isNative() && targets.segment().isNative()) {
            return new Pieces(rows.rows(), ranges, Long.MAX_VALUE);
        }
        int widest = Math.max(Math.max(predictions.type().bits, targets.type().bits), Float.SIZE);
        long elements = HEAP_BYTES * Byte.SIZE / widest;
        return new Pieces(rows.rows(), ranges, Math.max(1, elements / Math.max(1, rows.columns())));
    }

    /** Whether memory is not confined to this thread. */
    static boolean isShared(MemorySegment memory) {
        return memory.isAccessibleBy(ANOTHER_THREAD);
    }

    /** An arena for what the calls share. Whoever asks for it closes it. */
    @SuppressWarnings("MustBeClosedChecker")
    Arena newArena() {
        return ranges == 1 ? Arena.ofConfined() : Arena.ofShared();
    }

    /**
     * An arena for a few accumulators. Whoever asks for it closes it; but where several threads use it, the garbage collector
     * frees it, because to close a shared arena every thread is stopped: longer than a million elements take.
     */
    @SuppressWarnings("MustBeClosedChecker")
    Arena newAccumulatorArena() {
        return ranges == 1 ? Arena.ofConfined() : new CollectedArena(Arena.ofAuto());
    }

    private record CollectedArena(Arena arena) implements Arena {
        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            return arena.allocate(byteSize, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {}
    }

    /** Whether one downcall does it all. */
    boolean isOne() {
        return ranges == 1 && count <= piece;
    }

    /**
     * Runs all calls, the first range in this thread and the others in the fork-join pool, and returns when all have ended.
     * Of several failures it throws the one that comes first by index, which in strict mode is the first violation.
     */
    void run(Call call) {
        if (ranges == 1) {
            runRange(0, call);
            return;
        }
        // Errors too: one that got out of here would end invokeAll while other ranges still use the memory.
        Throwable[] failures = new Throwable[ranges];
        ForkJoinTask.invokeAll(IntStream.range(0, ranges)
                .mapToObj(range -> ForkJoinTask.adapt(() -> {
                    try {
                        runRange(range, call);
                    } catch (Throwable e) {
                        failures[range] = e;
                    }
                }))
                .toList());
        for (Throwable failure : failures) {
            if (failure != null) {
                throw Kernels.unchecked(failure);
            }
        }
    }

    /** Adds elements to an accumulator. */
    interface Addition {
        void run(MemorySegment accumulator, long from, long count);
    }

    /** The accumulator of all elements. The arena must be usable by every thread if there is more than one range. */
    MemorySegment accumulate(double threshold, Arena arena, Addition addition) {
        MemorySegment[] sums = new MemorySegment[ranges];
        Arrays.setAll(sums, range -> Kernels.newAccumulator(threshold, arena));
        run((range, from, length) -> addition.run(sums[range], from, length));
        for (int range = 1; range < ranges; range++) {
            Kernels.merge(sums[0], sums[range]);
        }
        return sums[0];
    }

    private void runRange(int range, Call call) {
        long from = start(range);
        long end = start(range + 1);
        while (from < end) {
            long length = Math.min(piece, end - from);
            call.run(range, from, length);
            from += length;
        }
    }

    /** Where a range begins; the first ones are longer by one element where the count does not divide evenly. */
    private long start(int range) {
        return count / ranges * range + Math.min(range, count % ranges);
    }
}
