// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.http.Status;

/** A request that gets no evaluation: the status and the reason that its client is told. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    Refusal(Status status, String reason) {
        super(reason, null, false, false); // it is an answer, and nobody looks at its stack
        this.status = status;
    }

    Status status() {
        return status;
    }
}
