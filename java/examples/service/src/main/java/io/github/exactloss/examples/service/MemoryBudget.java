// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.http.HttpException;
import io.helidon.http.Status;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The off-heap memory for the bodies of all requests together, in bytes. A request that finds too little left is refused at
 * once: if it waited, it would hold its connection, and the client knows better whether to try again.
 */
final class MemoryBudget {
    private final AtomicLong free;
    private final long all;

    MemoryBudget(long all) {
        this.all = all;
        free = new AtomicLong(all);
    }

    /** @throws HttpException (503) if less is left */
    void take(long wanted) {
        long before = free.getAndAccumulate(wanted, (left, more) -> left < more ? left : left - more);
        if (before < wanted) {
            throw new HttpException(
                    "the bodies of other requests leave " + before + " bytes of memory; try again later",
                    Status.SERVICE_UNAVAILABLE_503);
        }
    }

    void giveBack(long taken) {
        free.addAndGet(taken);
    }

    long used() {
        return all - free.get();
    }
}
