// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/** The native library refused a call, and wrote no output. */
public class ExactLossException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    ExactLossException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The status that the library returned: one of the {@code EXACTLOSS_ERROR_*} of {@code exactloss.h}. */
    public final int status() {
        return status;
    }
}
