// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * How the elements of one operation are cut into downcalls: into contiguous pieces, which several threads take in turns,
 * and small ones of heap memory, because the garbage collector waits while a downcall reads the heap. Exactness makes
 * every cut invisible in the result.
 *
 * @param count elements
 * @param threads how many pieces may run at the same time, at least 1
 * @param piece the most elements that one downcall takes
 */
record Pieces(long count, int threads, long piece) {
    /** The largest piece of heap memory. */
    static final long ELEMENTS = 1 << 16;

    /** Fewer are not worth a thread of their own, even if it is awake. */
    static final int WORTH_A_THREAD = 1 << 17;

    /** The pieces that a thread's share is cut into, so that nobody waits long for the last one. */
    private static final int PIECES_OF_A_SHARE = 4;

    /** Of so many elements a call may not see fewer for the sake of threads: an array of 32 MiB is written past the caches. */
    private static final long LONG = 1 << 22;

    private static final long LONGEST = 1 << 24;

    /** Where the first piece begins at a cache line, all do. */
    private static final long BLOCK = 1 << 11;

    /** So few that one downcall takes them wherever they lie. */
    static final long SHORT = 1 << 10;

    /** The most that a piece takes of one heap array; wide elements make smaller pieces. */
    private static final long HEAP_BYTES = ELEMENTS * Float.BYTES;

    /** Stands for every other thread in the question whether memory is confined to this one. */
    private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    /** One downcall, on {@code count} elements from {@code from} on, by thread number {@code thread}. */
    interface Call {
        void run(int thread, long from, long count);
    }

    /** For an operation on {@code count} elements of each of these segments, which hold no more than those. */
    static Pieces of(long count, int most, MemorySegment... memory) {
        if (count <= SHORT) {
            return new Pieces(count, 1, SHORT);
        }
        int threads = Math.clamp(count / WORTH_A_THREAD, 1, most);
        long piece = Long.MAX_VALUE;
        for (MemorySegment segment : memory) {
            if (threads > 1 && !isShared(segment)) {
                threads = 1;
            }
            if (!segment.isNative()) {
                piece = Math.min(piece, ELEMENTS);
                if (segment.byteSize() > HEAP_BYTES) {
                    piece = Math.min(piece, HEAP_BYTES / Math.ceilDiv(segment.byteSize(), count));
                }
            }
        }
        return new Pieces(count, threads, piece);
    }

    /** For an operation on whole rows, which are the elements of these pieces. */
    static Pieces ofRows(Rows rows, int most, Predictions predictions, Targets targets) {
        boolean shared = isShared(predictions.segment()) && isShared(targets.segment());
        int useful = shared ? Math.clamp(rows.rows(), 1, most) : 1;
        int threads = Math.clamp(rows.rows() * rows.columns() / WORTH_A_THREAD, 1, useful);
        if (predictions.segment().isNative() && targets.segment().isNative()) {
            return new Pieces(rows.rows(), threads, Long.MAX_VALUE);
        }
        int widest = Math.max(Math.max(predictions.type().bits, targets.type().bits), Float.SIZE);
        long elements = HEAP_BYTES * Byte.SIZE / widest;
        return new Pieces(rows.rows(), threads, Math.max(1, elements / Math.max(1, rows.columns())));
    }

    /** Whether memory is not confined to this thread. */
    static boolean isShared(MemorySegment memory) {
        return memory.isAccessibleBy(ANOTHER_THREAD);
    }

    /** An arena for what the calls share. Whoever asks for it closes it. */
    @SuppressWarnings("MustBeClosedChecker")
    Arena newArena() {
        return threads == 1 ? Arena.ofConfined() : Arena.ofShared();
    }

    /**
     * An arena for a few accumulators. Whoever asks for it closes it; but where several threads use it, the garbage collector
     * frees it, because to close a shared arena every thread is stopped: longer than a million elements take.
     */
    @SuppressWarnings("MustBeClosedChecker")
    Arena newAccumulatorArena() {
        return threads == 1 ? Arena.ofConfined() : new CollectedArena(Arena.ofAuto());
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
        return threads == 1 && count <= piece;
    }

    /**
     * Runs all calls, in this thread and in others of the fork-join pool, and returns when all have ended. Of several failures
     * it throws the one that comes first by index, which in strict mode is the first violation.
     */
    void run(Call call) {
        if (threads > 1) {
            SharedLoop.run(threads, count, Math.min(piece, sharedPiece()), call);
            return;
        }
        for (long from = 0; from < count; from += piece) {
            call.run(0, from, Math.min(piece, count - from));
        }
    }

    private long sharedPiece() {
        long share = Math.ceilDiv(count, threads);
        long pieces = share < LONG ? PIECES_OF_A_SHARE : Math.clamp(share / LONGEST, 1, PIECES_OF_A_SHARE);
        long shared = Math.ceilDiv(share, pieces);
        return shared < WORTH_A_THREAD / PIECES_OF_A_SHARE
                ? shared
                : Math.ceilDiv(shared, BLOCK) * BLOCK; // rows are few
    }

    /** Adds elements to an accumulator. */
    interface Addition {
        void run(MemorySegment accumulator, long from, long count);
    }

    /** The accumulator of all elements. The arena must be usable by every thread if there is more than one. */
    MemorySegment accumulate(double threshold, Arena arena, Addition addition) {
        MemorySegment[] sums = new MemorySegment[threads];
        Arrays.setAll(sums, thread -> Kernels.newAccumulator(threshold, arena));
        run((thread, from, length) -> addition.run(sums[thread], from, length));
        for (int thread = 1; thread < threads; thread++) {
            Kernels.merge(sums[0], sums[thread]);
        }
        return sums[0];
    }
}
