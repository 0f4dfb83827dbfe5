// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/** The native library can't be loaded. The message names what was tried and the reason, and a remedy for the jar's. */
public final class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a message that says what was tried and what happened. */
    public NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
