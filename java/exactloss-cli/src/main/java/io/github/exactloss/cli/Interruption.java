// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

/** Does something if the program is interrupted, by Ctrl-C or otherwise, before this is closed. */
final class Interruption implements AutoCloseable {
    private final Thread hook;

    Interruption(Runnable action) {
        hook = new Thread(action);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException interrupted) {
            // Too late: it is being done.
        }
    }
}
