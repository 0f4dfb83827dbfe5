// SPDX-License-Identifier: Apache-2.0
/** Exact losses, gradients and metrics of a binary classifier, computed by NVIDIA GPUs. */
module io.github.exactloss.cuda {
    requires transitive io.github.exactloss;

    exports io.github.exactloss.cuda;
}
