// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.internal.Pieces.Call;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/**
 * A loop whose pieces several threads take: each free thread takes the next one. Waking a thread takes as long as a million
 * elements, so the caller begins alone. A thread that comes later does less, and one that comes after the end nothing; the
 * caller never waits for a thread that has not begun.
 */
final class SharedLoop {
    /** Added to the number of helpers at work, it forbids more to begin. */
    private static final int ENDED = Integer.MIN_VALUE;

    /** How often the caller looks whether the last helpers are done, about 10 ns each, before it parks. */
    private static final int SPINS = 1 << 10;

    private final long count;
    private final long piece;
    private final Thread caller = Thread.currentThread();
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger helpers = new AtomicInteger();
    private final AtomicReference<Failure> failure = new AtomicReference<>();
    private Call call;

    private record Failure(long from, Throwable thrown) {}

    private SharedLoop(long count, long piece, Call call) {
        this.count = count;
        this.piece = piece;
        this.call = call;
    }

    /**
     * Runs the call for every piece: in this thread, as number 0, and in up to {@code threads - 1} of the fork-join pool. All
     * have ended when this returns. Of several failures it throws the one of the first piece; the pieces behind it may then
     * not have been run.
     */
    static void run(int threads, long count, long piece, Call call) {
        SharedLoop loop = new SharedLoop(count, piece, call);
        List<? extends ForkJoinTask<?>> tasks = IntStream.range(1, threads)
                .mapToObj(thread -> ForkJoinTask.adapt(() -> loop.help(thread)))
                .toList();
        try {
            tasks.forEach(ForkJoinTask::fork);
            loop.takePieces(0);
        } finally {
            loop.end();
            tasks.reversed().forEach(ForkJoinTask::tryUnfork);
        }
        Failure first = loop.failure.get();
        if (first != null) {
            throw Linkage.unchecked(first.thrown());
        }
    }

    private void help(int thread) {
        if (helpers.getAndUpdate(n -> n < 0 ? n : n + 1) >= 0) {
            try {
                takePieces(thread);
            } finally {
                if (helpers.decrementAndGet() == ENDED) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    /** Pieces are taken in their order, so that those before a failed one have all been taken too. */
    private void takePieces(int thread) {
        for (long from = next.getAndAdd(piece); from < count; from = next.getAndAdd(piece)) {
            try {
                call.run(thread, from, Math.min(piece, count - from));
            } catch (Throwable e) {
                // Errors too: one that got out of here would end the loop while others still use the memory.
                failure.accumulateAndGet(
                        new Failure(from, e),
                        BinaryOperator.minBy(Comparator.nullsLast(Comparator.comparingLong(Failure::from))));
                next.set(count);
            }
        }
    }

    /** Waits for the helpers that have begun. One that comes later finds no call, and so keeps no memory alive. */
    private void end() {
        helpers.getAndAdd(ENDED);
        for (int i = 0; helpers.get() != ENDED; i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        call = null;
    }
}
