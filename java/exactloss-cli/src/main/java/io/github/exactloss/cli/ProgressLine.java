// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The line of a terminal that a progress bar is drawn on. Other lines can be printed above it, and it is gone when it
 * is closed. Thread-safe: the bar draws itself from a thread of its own.
 */
final class ProgressLine implements ProgressBarConsumer {
    /** Narrower than nearly every terminal, so that the line never wraps. */
    private static final int COLUMNS = 72;

    /** Blanks over the bar and over the ^C that a terminal shows behind it. */
    private static final String BLANK = " ".repeat(COLUMNS + 4) + "\r";

    private final PrintWriter terminal;
    private String shown = "";
    private boolean closed;

    ProgressLine(PrintWriter terminal) {
        this.terminal = terminal;
    }

    @Override
    public int getMaxRenderedLength() {
        return COLUMNS;
    }

    @Override
    public synchronized void accept(String rendered) {
        if (!closed) {
            shown = rendered;
            draw(rendered);
        }
    }

    /** Prints lines where the bar is, and the bar again below them. */
    synchronized void printAbove(Runnable print) {
        erase();
        print.run();
        if (!closed) {
            draw(shown);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            erase();
            shown = "";
        }
    }

    private void draw(String text) {
        terminal.print("\r" + text);
        terminal.flush();
    }

    private void erase() {
        if (!shown.isEmpty()) {
            draw(BLANK);
        }
    }
}
