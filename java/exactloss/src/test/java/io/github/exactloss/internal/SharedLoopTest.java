// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedLoopTest {
    private static void inPool(int threads, Runnable test) throws Exception {
        try (ForkJoinPool pool = new ForkJoinPool(threads)) {
            pool.submit(test).get();
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Four pieces, none of which ends before all have begun. */
    @Test
    void runsPiecesAtTheSameTime() throws Exception {
        Set<Integer> threads = ConcurrentHashMap.newKeySet();
        CyclicBarrier all = new CyclicBarrier(4);
        inPool(
                4,
                () -> SharedLoop.run(4, 40, 10, (thread, from, count) -> {
                    threads.add(thread);
                    await(all);
                }));
        assertThat(threads).containsExactlyInAnyOrder(0, 1, 2, 3);
    }

    /** In a pool whose only other thread never comes. */
    @Test
    void waitsForNobodyWhoHasNotBegun() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        Queue<String> pieces = new ConcurrentLinkedQueue<>();
        inPool(2, () -> {
            ForkJoinPool pool = ForkJoinTask.getPool();
            pool.execute(() -> {
                held.countDown();
                await(over);
            });
            await(held);
            SharedLoop.run(2, 5, 2, (thread, from, count) -> pieces.add(thread + ": " + from + " + " + count));
            over.countDown();
        });
        assertThat(pieces).containsExactly("0: 0 + 2", "0: 2 + 2", "0: 4 + 1");
    }

    /** Whatever one piece throws, no other piece may still run when the caller goes on: it may free memory. */
    @Test
    void endsWhenAllHaveEndedAlsoAfterAnError() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        CyclicBarrier all = new CyclicBarrier(4);
        inPool(4, () -> {
            assertThatThrownBy(() -> SharedLoop.run(4, 4, 1, (thread, from, count) -> {
                        await(all);
                        if (from == 0) {
                            throw new StackOverflowError("piece 0");
                        }
                        for (int i = 0; i < 1_000_000; i++) {
                            Thread.onSpinWait();
                        }
                        ended.incrementAndGet();
                    }))
                    .isInstanceOf(StackOverflowError.class)
                    .hasMessage("piece 0");
            assertThat(ended).hasValue(3);
        });
    }

    /** The caller fails in a later piece, and waits; then a helper does in an earlier one. No other piece is begun. */
    @Test
    void throwsTheFailureOfTheFirstPiece() throws Exception {
        Set<Long> run = ConcurrentHashMap.newKeySet();
        AtomicLong earlier = new AtomicLong();
        CyclicBarrier both = new CyclicBarrier(2);
        inPool(2, () -> {
            Thread caller = Thread.currentThread();
            assertThatThrownBy(() -> SharedLoop.run(2, 1000, 1, (thread, from, count) -> {
                        run.add(from);
                        if (from < 2) {
                            await(both);
                        }
                        if (thread == 1) {
                            while (!(LockSupport.getBlocker(caller) instanceof SharedLoop)) {
                                Thread.onSpinWait();
                            }
                            earlier.set(from);
                        }
                        if (thread == 1 || from == 2) {
                            throw new IllegalStateException("piece " + from);
                        }
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("piece " + earlier);
        });
        assertThat(run).containsExactlyInAnyOrder(0L, 1L, 2L);
    }

    /** A thread whose interrupted status is set can't wait, but its loop is completed all the same. */
    @Test
    void endsInAnInterruptedThread() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        CyclicBarrier both = new CyclicBarrier(2);
        inPool(2, () -> {
            SharedLoop.run(2, 2, 1, (thread, from, count) -> {
                await(both);
                if (thread == 0) {
                    Thread.currentThread().interrupt();
                } else {
                    for (int i = 0; i < 1_000_000; i++) {
                        Thread.onSpinWait();
                    }
                }
                ended.incrementAndGet();
            });
            assertThat(ended).hasValue(2);
            assertThat(Thread.interrupted()).isTrue();
        });
    }
}
