// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/** Strict mode met a prediction outside [0, 1] or NaN, a logit that is NaN, or a target other than 0 or 1. */
public final class StrictModeException extends InvalidElementException {
    private static final long serialVersionUID = 1;

    /**
     * The element {@code index} of an array is refused.
     *
     * @param logits whether predictions are given as logits
     */
    public StrictModeException(Argument argument, long index, double value, boolean logits) {
        this(argument, index, value, "strict mode allows " + allowed(argument, logits));
    }

    private StrictModeException(Argument argument, long index, double value, String rule) {
        super(argument, index, value, rule);
    }

    @Override
    public StrictModeException at(long index, double value) {
        return new StrictModeException(argument(), index, value, rule());
    }

    private static String allowed(Argument argument, boolean logits) {
        if (argument == Argument.TARGETS) {
            return "only 0 and 1";
        }
        return logits ? "no NaN" : "only 0 to 1";
    }
}
