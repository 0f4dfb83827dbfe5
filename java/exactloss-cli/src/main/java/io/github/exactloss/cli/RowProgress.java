// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.PrintWriter;
import java.text.DecimalFormat;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** The progress bar of a query: rows so far, rows a second, and how many there will be as far as that is known. */
final class RowProgress implements AutoCloseable {
    private final ProgressLine line;
    private final ProgressBar bar;
    private final Interruption eraser;

    RowProgress(PrintWriter terminal) {
        line = new ProgressLine(terminal);
        // An interrupted query must not leave half a bar in front of the shell's prompt.
        eraser = new Interruption(line::close);
        bar = new ProgressBarBuilder()
                .setTaskName("rows")
                .setInitialMax(-1) // unknown
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .showSpeed(new DecimalFormat("#,##0"))
                .setConsumer(line)
                .build();
    }

    /**
     * Tells of the rows so far.
     *
     * @param percentage what part of all rows they are, in percent; 0 or less where that is unknown
     */
    void rows(long rows, double percentage) {
        if (percentage > 0) {
            bar.maxHint(Math.max(rows, Math.round(rows / percentage * 100)));
        }
        bar.stepTo(rows);
    }

    @Override
    public void close() {
        bar.close();
        line.close();
        eraser.close();
    }
}
