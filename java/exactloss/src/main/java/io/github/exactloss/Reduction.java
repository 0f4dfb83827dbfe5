// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;

/** What becomes of the distances: PyTorch's {@code reduction}. */
public enum Reduction {
    /** They stay an array. */
    NONE(exactloss_h.EXACTLOSS_REDUCTION_NONE()),
    /** Their mean. */
    MEAN(exactloss_h.EXACTLOSS_REDUCTION_MEAN()),
    /** Their sum. */
    SUM(exactloss_h.EXACTLOSS_REDUCTION_SUM());

    final int code;

    Reduction(int code) {
        this.code = code;
    }
}
