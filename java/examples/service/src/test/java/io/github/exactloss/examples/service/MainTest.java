// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** A wrong command line starts nothing. */
class MainTest {
    @ParameterizedTest
    @CsvSource({
        "--port=65536, '--port must be 0 to 65535, not 65536'",
        "--port=-1, '--port must be 0 to 65535, not -1'",
        "--max-body=0, '--max-body must be 1 to 2147483647, not 0'",
        "--memory=-2, '--memory must be 1 to 2147483647, not -2'",
        "--connections=0, '--connections must be 1 to 2147483647, not 0'",
        "--timeout=0, '--timeout must be 1 to 2147483647, not 0'",
        "--grace=-1, '--grace must be 0 to 2147483647, not -1'",
        "--memory=2147483648, Invalid value for option '--memory'"
    })
    void namesTheValueThatIsWrong(String argument, String message) {
        StringWriter err = new StringWriter();
        int status = new CommandLine(new Main()).setErr(new PrintWriter(err)).execute(argument);
        assertThat(err.toString()).startsWith(message);
        assertThat(status).isEqualTo(2);
    }
}
