// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class RowProgressTest {
    private final StringWriter terminal = new StringWriter();

    @Test
    void showsRowsAndHowManyThereWillBeAndIsGoneAfterwards() {
        try (RowProgress progress = new RowProgress(new PrintWriter(terminal))) {
            progress.rows(50, 25);
        }
        assertThat(terminal.toString()).contains(" 25% ", " 50/200 ", "/s").endsWith("\r" + " ".repeat(76) + "\r");
    }

    @Test
    void unknownNumberOfRowsIsAQuestionMark() {
        try (RowProgress progress = new RowProgress(new PrintWriter(terminal))) {
            progress.rows(50, -1);
        }
        assertThat(terminal.toString()).contains(" 50/? ");
    }
}
