// SPDX-License-Identifier: Apache-2.0
/** Exact loss, gradient and metrics of a binary classifier, computed by a native library on memory the caller has. */
@SuppressWarnings("requires-automatic") // Micrometer has no module-info
module io.github.exactloss {
    requires static micrometer.core;

    exports io.github.exactloss;
    exports io.github.exactloss.micrometer;
}
