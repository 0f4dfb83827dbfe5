// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.Rows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How an operation is cut into downcalls: into contiguous pieces, which several threads take in turns, and small ones of heap
 * memory, because the garbage collector waits while a downcall reads the heap. Exactness makes every cut invisible in the
 * result.
 *
 * @param count how many units there are: elements or rows
 * @param width the elements of a unit
 * @param threads how many pieces may run at the same time, at least 1
 * @param piece the most units that one downcall takes
 */
public record Pieces(long count, long width, int threads, long piece) {
    /** The most elements that one downcall takes wherever they lie: they need a few microseconds at most. */
    public static final long SHORT = 1 << 13;

    /** The most elements of a piece of heap memory. */
    public static final long HEAP_ELEMENTS = 1 << 16;

    /** The most bytes that a piece takes of one heap array; wide elements make smaller pieces. */
    private static final long HEAP_BYTES = HEAP_ELEMENTS * Float.BYTES;

    /** The fewest elements that are worth a thread of their own, even if it is awake. */
    public static final int WORTH_A_THREAD = 1 << 17;

    /** How many pieces a thread's share is cut into, so that nobody waits long for the last one. */
    private static final int PIECES_OF_A_SHARE = 4;

    /**
     * The elements from which on a share is cut into fewer pieces: the native library writes outputs past the caches only in
     * calls of 32 MiB and more.
     */
    private static final long LONG_SHARE = 1 << 22;

    /** The fewest elements of a piece of such a share. */
    private static final long LONG_PIECE = 1 << 24;

    /** The units of a piece are a multiple of this: if the first piece begins at a cache line, all do. */
    private static final long BLOCK = 1 << 11;

    /** Another thread, to ask whether memory is confined to the calling one. */
    private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    /** One downcall, on {@code count} units from {@code from} on, by thread number {@code thread}. */
    public interface Call {
        void run(int thread, long from, long count);
    }

    /** Refuses a number of threads that is less than 1. */
    public static int requireThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        return threads;
    }

    /** For an operation on {@code count} elements of each of these segments, which hold no more than those. */
    public static Pieces of(long count, int most, MemorySegment... memory) {
        if (count <= SHORT) {
            return new Pieces(count, 1, 1, SHORT);
        }
        int threads = Math.clamp(count / WORTH_A_THREAD, 1, most);
        long piece = Long.MAX_VALUE;
        for (MemorySegment segment : memory) {
            if (threads > 1 && !isShared(segment)) {
                threads = 1;
            }
            if (!segment.isNative()) {
                piece = Math.min(piece, HEAP_ELEMENTS);
                if (segment.byteSize() > HEAP_BYTES) {
                    piece = Math.min(piece, HEAP_BYTES / Math.ceilDiv(segment.byteSize(), count));
                }
            }
        }
        return new Pieces(count, 1, threads, piece);
    }

    /**
     * For an operation on whole rows.
     *
     * @param widest the bits of the widest element of the arrays
     */
    public static Pieces ofRows(Rows rows, int most, int widest, MemorySegment... memory) {
        boolean shared = true;
        boolean onHeap = false;
        for (MemorySegment segment : memory) {
            shared &= isShared(segment);
            onHeap |= !segment.isNative();
        }
        int useful = shared ? Math.clamp(rows.rows(), 1, most) : 1;
        int threads = Math.clamp(rows.rows() * rows.columns() / WORTH_A_THREAD, 1, useful);
        long elements = HEAP_BYTES * Byte.SIZE / Math.max(widest, Float.SIZE);
        long piece = onHeap ? Math.max(1, elements / Math.max(1, rows.columns())) : Long.MAX_VALUE;
        return new Pieces(rows.rows(), rows.columns(), threads, piece);
    }

    /** Whether memory is not confined to this thread. */
    private static boolean isShared(MemorySegment memory) {
        return memory.isAccessibleBy(ANOTHER_THREAD);
    }

    /** Whether one downcall does it all. */
    public boolean isOne() {
        return threads == 1 && count <= piece;
    }

    /**
     * Runs all calls, in this thread and in others of the fork-join pool, and returns when all have ended. Of several failures
     * it throws the one that comes first by index. A refused element is named by its index in the whole.
     */
    public void run(Call call) {
        Call piecewise = (thread, from, length) -> {
            try {
                call.run(thread, from, length);
            } catch (InvalidElementException e) {
                throw e.at(from * width + e.index(), e.value());
            }
        };
        if (threads > 1) {
            SharedLoop.run(threads, count, Math.min(piece, sharedPiece()), piecewise);
            return;
        }
        for (long from = 0; from < count; from += piece) {
            piecewise.run(0, from, Math.min(piece, count - from));
        }
    }

    private long sharedPiece() {
        long share = Math.ceilDiv(count, threads);
        long pieces = share < LONG_SHARE ? PIECES_OF_A_SHARE : Math.clamp(share / LONG_PIECE, 1, PIECES_OF_A_SHARE);
        long shared = Math.ceilDiv(share, pieces);
        return shared < WORTH_A_THREAD / PIECES_OF_A_SHARE
                ? shared
                : Math.ceilDiv(shared, BLOCK) * BLOCK; // rows are few
    }

    /** Adds units to an accumulator. */
    public interface Addition {
        void run(MemorySegment accumulator, long from, long count);
    }

    /**
     * Gives the accumulator of all units, off the heap, which this thread's next accumulation may overwrite.
     *
     * @param losses the options of {@link LossFunction}s
     */
    public MemorySegment accumulate(int losses, double threshold, Addition addition) {
        // Where threads share them, the garbage collector frees them: closing a shared arena stops every thread.
        MemorySegment sums = threads == 1
                ? Scratch.ofThread().accumulator()
                : Arena.ofAuto().allocate(threads * Accumulators.BYTES, Long.BYTES);
        for (int thread = 0; thread < threads; thread++) {
            Accumulators.initialise(Accumulators.at(sums, thread), losses, threshold);
        }
        run((thread, from, length) -> addition.run(Accumulators.at(sums, thread), from, length));
        MemorySegment sum = Accumulators.at(sums, 0);
        for (int thread = 1; thread < threads; thread++) {
            Accumulators.merge(sum, Accumulators.at(sums, thread));
        }
        return sum;
    }
}
