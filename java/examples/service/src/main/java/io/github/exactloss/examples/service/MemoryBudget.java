// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.http.Status;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The off-heap memory that all requests together may hold. Who finds too little left is refused at once instead of waiting
 * for it: waiting requests would hold their connections, and a client can decide better whether it tries again.
 */
final class MemoryBudget {
    private final AtomicLong free;
    private final long bytes;

    MemoryBudget(long bytes) {
        this.bytes = bytes;
        free = new AtomicLong(bytes);
    }

    /**
     * A share for one request, to be used and closed by its thread.
     *
     * @throws Refusal if less than that is left
     */
    Share take(long wanted) {
        long before = free.getAndAccumulate(wanted, (left, more) -> left < more ? left : left - more);
        if (before < wanted) {
            throw new Refusal(
                    Status.SERVICE_UNAVAILABLE_503,
                    "the bodies of other requests leave " + before + " bytes of memory; try again later");
        }
        return new Share(wanted);
    }

    /** What requests hold now. */
    long used() {
        return bytes - free.get();
    }

    /** What a request holds of the budget, and an arena to allocate it in. Closing it frees that, and then gives it back. */
    final class Share implements AutoCloseable {
        private final long size;
        private final Arena arena = Arena.ofConfined();

        private Share(long size) {
            this.size = size;
        }

        Arena arena() {
            return arena;
        }

        @Override
        public void close() {
            arena.close();
            free.addAndGet(size);
        }
    }
}
