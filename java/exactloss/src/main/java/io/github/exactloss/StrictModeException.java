// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;

/**
 * Strict mode met a prediction outside [0, 1] or NaN, or a target other than 0 or 1. It names the first one; where both
 * arrays are bad at that index, the prediction.
 */
public final class StrictModeException extends ExactLossException {
    private static final long serialVersionUID = 1;

    /** The array that the element is in. */
    public enum Argument {
        /** The predictions. */
        PREDICTIONS,
        /** The targets. */
        TARGETS
    }

    private final Argument argument;
    private final long index;
    private final double value;

    StrictModeException(Argument argument, long index, double value) {
        super(exactloss_h.EXACTLOSS_ERROR_STRICT(), message(argument, index, value));
        this.argument = argument;
        this.index = index;
        this.value = value;
    }

    private static String message(Argument argument, long index, double value) {
        return switch (argument) {
            case PREDICTIONS -> "predictions[" + index + "] is " + value + ", and strict mode allows only 0 to 1";
            case TARGETS -> "targets[" + index + "] is " + value + ", and strict mode allows only 0 and 1";
        };
    }

    /** The array that the element is in. */
    public Argument argument() {
        return argument;
    }

    /** The index of the element, counted from the first one that was passed. */
    public long index() {
        return index;
    }

    /** The element as a double; only an int64 may have to be rounded. */
    public double value() {
        return value;
    }
}
