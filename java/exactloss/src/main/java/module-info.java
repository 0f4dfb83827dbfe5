// SPDX-License-Identifier: Apache-2.0
/** Exact losses, gradients and metrics of a binary classifier, computed by a native library on memory the caller has. */
@SuppressWarnings("module") // io.github.exactloss.cuda is compiled later
module io.github.exactloss {
    exports io.github.exactloss;
    exports io.github.exactloss.cdata;
    exports io.github.exactloss.internal to
            io.github.exactloss.cuda;
}
