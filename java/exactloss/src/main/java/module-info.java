// SPDX-License-Identifier: Apache-2.0
/** Exact loss, gradient and metrics of a binary classifier, computed by a native library on memory the caller has. */
module io.github.exactloss {
    exports io.github.exactloss;
}
