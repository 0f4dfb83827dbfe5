// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the shell gives is what is meant, or it is refused. */
class ArgumentsTest {
    private static final String QUERY = "SELECT 0.25::FLOAT AS prediction, 1 AS target";

    @TempDir
    private Path folder;

    /** The locale C has no letters but ASCII's: Java makes other characters of the bytes of this ö. */
    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "xx_XX.UTF-8"})
    void bytesThatAreNoTextAreRefused(String locale) throws IOException, InterruptedException {
        for (String argument : List.of(QUERY + " WHERE 'Köln' <> 'Bonn'", "--database=Köln.db")) {
            Exactloss run =
                    Exactloss.runChild(Map.of("LC_ALL", locale), List.of("-XX:TieredStopAtLevel=1"), "eval", argument);
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .contains("has bytes that are not text in the locale's encoding", "set LC_ALL to a locale")
                    .hasLineCount(1);
        }
    }

    @Test
    void textIsWhatItIs() throws IOException {
        String letters = "Köln, Łódź, 東京, 😀";
        Path file = folder.resolve(letters + ".csv");
        Files.writeString(
                file, "prediction,target,city\n0.75,1," + '"' + letters + "\"\n0.5,1,Bonn\n", StandardCharsets.UTF_8);
        Exactloss run = Exactloss.run(
                "eval", "SELECT prediction, target FROM '%s' WHERE city = '%s'".formatted(file, letters), "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.25);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-- why\n", "--why\n", "--\n", "--why: a=b\n--loss=mnist\n", "/* why */", "\n--json\n", "-- "})
    void queryMayBeginWithAComment(String comment) {
        String query = comment.endsWith("\n") || comment.endsWith("/") ? comment + QUERY : comment + "\n" + QUERY;
        assertThat(Exactloss.run("eval", query, "--json").json().get("loss").getAsDouble())
                .isEqualTo(0.75);
        assertThat(Exactloss.run("eval", "--json", "--loss", "mnist", query)
                        .json()
                        .get("loss")
                        .getAsDouble())
                .isEqualTo(0.75);
        assertThat(Exactloss.run("eval", "--json", "--", query)
                        .json()
                        .get("loss")
                        .getAsDouble())
                .isEqualTo(0.75);
    }

    /** What looks like an option is one, so a wrong one is not run as a comment. */
    @ParameterizedTest
    @ValueSource(strings = {"--jsn", "--jsn=1", "--los=mnist", "--json=a b"})
    void optionsAreNoComments(String option) {
        Exactloss run = Exactloss.run("eval", QUERY, option);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(option.replaceFirst("=.*", "")).hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--report", "--database", "--predictions"})
    void emptyNamesAreRefused(String option) {
        Exactloss run = Exactloss.run("eval", QUERY, option, "");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains("Invalid value for option '" + option + "': a file's name is not empty")
                .hasLineCount(1);
    }
}
