// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Loss;
import java.util.Locale;

/** The losses as the command line names them. */
enum LossName {
    MNIST,
    BRIER,
    LOG;

    /** The loss, with default options. It loads the native library, which a help text doesn't need. */
    Loss loss() {
        return switch (this) {
            case MNIST -> Loss.mnist();
            case BRIER -> Loss.brier();
            case LOG -> Loss.log();
        };
    }

    /** As it is shown, and completed. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
