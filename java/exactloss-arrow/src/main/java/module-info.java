// SPDX-License-Identifier: Apache-2.0
/** Vectors of Arrow as the predictions, targets and weights of exactloss, without a copy. */
module io.github.exactloss.arrow {
    requires transitive io.github.exactloss;
    requires transitive org.apache.arrow.vector;
    requires org.apache.arrow.memory.core;

    exports io.github.exactloss.arrow;
}
