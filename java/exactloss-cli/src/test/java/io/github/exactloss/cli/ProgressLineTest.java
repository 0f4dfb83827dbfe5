// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private static final String BLANK = "\r" + " ".repeat(76) + "\r";

    private final StringWriter terminal = new StringWriter();
    private final PrintWriter writer = new PrintWriter(terminal);

    @Test
    void linesAreWrittenWhereTheBarWas() {
        ProgressLine line = new ProgressLine(writer);
        line.accept("bar 1");
        line.printAbove(() -> writer.print("epoch 1\n"));
        line.accept("bar 2");
        line.close();
        assertThat(terminal).hasToString("\rbar 1" + BLANK + "epoch 1\n\rbar 1\rbar 2" + BLANK);
    }

    @Test
    void closedLineStaysBlank() {
        ProgressLine line = new ProgressLine(writer);
        line.accept("bar");
        line.close();
        line.close();
        line.accept("late bar");
        assertThat(terminal).hasToString("\rbar" + BLANK);
    }

    @Test
    void lineWithoutABarIsNotTouched() {
        ProgressLine line = new ProgressLine(writer);
        line.close();
        assertThat(terminal).hasToString("");
    }
}
