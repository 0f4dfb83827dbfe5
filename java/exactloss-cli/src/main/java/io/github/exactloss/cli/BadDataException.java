// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

/** An input that cannot be used. The message is one line that names the input and what is wrong with it. */
public final class BadDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message one line for the user, without a full stop */
    public BadDataException(String message) {
        super(message);
    }
}
