// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;

/** What becomes of the distances: PyTorch's {@code reduction}. */
public enum Reduction {
    /** They stay an array. */
    NONE,
    /** Their mean. */
    MEAN,
    /** Their sum. */
    SUM;

    /** The number that the native library knows it by; no field for the reason at {@link ElementType#code}. */
    int code() {
        return switch (this) {
            case NONE -> exactloss_h.EXACTLOSS_REDUCTION_NONE();
            case MEAN -> exactloss_h.EXACTLOSS_REDUCTION_MEAN();
            case SUM -> exactloss_h.EXACTLOSS_REDUCTION_SUM();
        };
    }
}
