// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/** The native library refused a call, and wrote no output. The message says why. */
public class ExactLossException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a message that says why. */
    public ExactLossException(String message) {
        super(message);
    }
}
