// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.IOException;

/** A process that ends when this one is interrupted, even in the moment in which it starts. */
final class ChildProcess {
    private Process process;
    private boolean interrupted;

    private ChildProcess() {}

    /** Runs it to its end, and gives its status. */
    static int run(ProcessBuilder builder) throws IOException, InterruptedException {
        ChildProcess child = new ChildProcess();
        try (Interruption _ = new Interruption(child::destroy)) {
            return child.start(builder).waitFor();
        }
    }

    private synchronized Process start(ProcessBuilder builder) throws IOException {
        if (interrupted) {
            throw new IOException("interrupted");
        }
        process = builder.start();
        return process;
    }

    private synchronized void destroy() {
        interrupted = true;
        if (process != null) {
            process.destroy();
        }
    }
}
