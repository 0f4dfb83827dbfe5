// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.util.Locale;

/**
 * An array has an element that is not allowed: a weight that is negative, NaN or infinite, or in strict mode, as a
 * {@link StrictModeException}, a prediction or a target. It names the first such element. If several arrays are bad at the
 * same index, the prediction comes first, then the target, then the weight.
 */
public sealed class InvalidElementException extends ExactLossException permits StrictModeException {
    private static final long serialVersionUID = 1;

    /** The array that the element is in. */
    public enum Argument {
        /** The predictions, or logits. */
        PREDICTIONS,
        /** The targets. */
        TARGETS,
        /** The weights. */
        WEIGHTS
    }

    private final Argument argument;
    private final long index;
    private final double value;
    private final String rule;

    /**
     * The element {@code index} of an array is refused.
     *
     * @param rule the rule that the element breaks, such as {@code a weight must be finite}; it ends the message
     */
    public InvalidElementException(Argument argument, long index, double value, String rule) {
        super(argument.name().toLowerCase(Locale.ROOT) + "[" + index + "] is " + value + ", and " + rule);
        this.argument = argument;
        this.index = index;
        this.value = value;
        this.rule = rule;
    }

    /** The array that the element is in. */
    public final Argument argument() {
        return argument;
    }

    /**
     * The index of the element, counted from the first one that was passed. In rows it is
     * {@code row * columns + column}, whatever the strides.
     */
    public final long index() {
        return index;
    }

    /** The element as a double; only an int64 may have to be rounded. */
    public final double value() {
        return value;
    }

    /**
     * The same failure for a caller that knows the array as a part of another one.
     *
     * @param index the index of the element in the other array
     * @param value the element as that array has it
     */
    public InvalidElementException at(long index, double value) {
        return new InvalidElementException(argument, index, value, rule);
    }

    /** The rule that the element breaks, such as {@code a weight must be finite}. */
    public final String rule() {
        return rule;
    }
}
