// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import io.github.exactloss.Isa;
import io.github.exactloss.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    eval --predictions p --targets t --threads -1 | '--threads': '-1' is not a number from 0 to 1024
                    eval --predictions p --targets t --threads 1025 | '--threads': '1025' is not a number from 0 to 1024
                    eval --predictions p --targets t --threads 60000 | '--threads': '60000' is not a number from 0 to 1024
                    eval SELECT --threads 99999999999 | '--threads': '99999999999' is not a number from 0 to 1024
                    eval --predictions p --targets t --threads x | '--threads': 'x' is not a number from 0 to 1024
                    eval SELECT --memory-limit 5 | '--memory-limit': '5' is not a size such as 500MB or 4GB
                    eval SELECT --memory-limit 50% | '--memory-limit': '50%' is not a size
                    eval SELECT --memory-limit 1GB;threads=1 | is not a size
                    eval SELECT --memory-limit 99999999999GB | is not a size
                    eval --predictions p --targets t --memory-limit 1GB | --database, --skip-nulls and --memory-limit need a query
                    eval --predictions p --targets t --threshold NaN | --threshold must be a number, not NaN
                    eval --predictions p --targets t --threshold x | 'x' is not a number
                    eval --predictions p | '--targets=FILE'
                    eval --targets t | '--predictions=FILE'
                    eval | a query, or --predictions and --targets
                    eval --json | a query, or --predictions and --targets
                    eval SELECT --predictions p --targets t | Either a query or NumPy files can be given, not both
                    eval SELECT --weights w | Either a query or NumPy files can be given, not both
                    eval SELECT 1 | '1'
                    eval --predictions p --targets t --database d | --database, --skip-nulls and --memory-limit need a query
                    eval --predictions p --targets t --skip-nulls | --database, --skip-nulls and --memory-limit need a query
                    eval --predictions p --targets t --weights | '--weights' (FILE)
                    eval --predictions p --targets t --logits=1 | '--logits'
                    eval --predictions p --targets t --jsn | '--jsn'. Possible solutions: --json
                    eval --predictions p --targets t --loss hinge | expected one of [MNIST, BRIER, LOG] (case-insensitive) but was 'hinge'
                    eval --predictions p --targets t --loss mnist,,log | expected one of [MNIST, BRIER, LOG] (case-insensitive) but was ''
                    eval --predictions p --targets t --loss | '--loss' (NAME)
                    train --loss hinge | expected one of [MNIST, BRIER, LOG] (case-insensitive) but was 'hinge'
                    train --loss mnist,log | expected one of [MNIST, BRIER, LOG] (case-insensitive) but was 'mnist,log'
                    train --loss mnist --loss log | '--loss' (NAME) should be specified only once
                    train --epochs 0 | --epochs must be from 1 to 100000, not 0
                    train --epochs 2147483647 | --epochs must be from 1 to 100000, not 2147483647
                    train --batch-size -1 | --batch-size must be at least 1, not -1
                    train --learning-rate 0 | --learning-rate must be positive and finite, not 0.0
                    train --learning-rate Infinity | --learning-rate must be positive and finite, not Infinity
                    train --learning-rate NaN | --learning-rate must be positive and finite, not NaN
                    train --seed 1.5 | '1.5' is not a long
                    bench --chart roof.gif | --chart must end with .png or .svg: roof.gif
                    bench --chart png | --chart must end with .png or .svg: png
                    bench --chart roof.png --suite threads | --chart shows the suite operations, not threads
                    bench --from rows.json | --from needs --chart
                    bench --from rows.json --chart roof.png --quick | --from measures nothing
                    trian | 'trian'. Did you mean: exactloss train?
                    """)
    void usageErrorsNameTheProblem(String commandLine, String problem) {
        Exactloss run = Exactloss.run((Object[]) commandLine.split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("exactloss")
                .contains(problem)
                .contains("--help'")
                .hasLineCount(1);
    }

    @Test
    void noCommandIsAUsageError() {
        Exactloss run = Exactloss.run();
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines())
                .containsExactly("exactloss: Missing required subcommand (see 'exactloss --help')");
    }

    @ParameterizedTest
    @CsvSource({
        "'',train eval bench info generate-completion help version --version",
        "train,--data --epochs --batch-size --learning-rate --seed --loss --logits --json --report",
        "eval,SQL --database --spark --skip-nulls --memory-limit --predictions --targets --weights --loss --logits --strict --threshold --threads --backend --json --report",
        "eval,float32 float64 float16 bfloat16 int8 bool TMPDIR SPARK_HOME EXACTLOSS_SPARK",
        "bench,--json --quick --suite --chart --from EXACTLOSS_BENCH everything",
        "info,--json EXACTLOSS_MAX_ISA",
        "generate-completion,source"
    })
    void helpIsComplete(String command, String mentioned) {
        Exactloss run = command.isEmpty() ? Exactloss.run("--help") : Exactloss.run(command, "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("Usage: exactloss")
                .contains(mentioned.split(" "))
                .containsPattern(
                        "Exit codes:\\R +0 +success\\R +1 +bad data[^:]*\\R +2 +the command line[^:]*\\R +141 +nobody");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "eval --version", "version"})
    void versionIsTheLibrarys(String commandLine) {
        Exactloss run = Exactloss.run((Object[]) commandLine.split(" "));
        assertThat(run)
                .isEqualTo(new Exactloss(0, "exactloss " + NativeLibrary.version() + System.lineSeparator(), ""));
    }

    /** In a shell, which knows the subcommands and what can follow an option. */
    @Test
    void completionCompletes() throws IOException, InterruptedException {
        Exactloss script = Exactloss.run("generate-completion");
        assertThat(script.exitCode()).isZero();
        assertThat(script.err()).isEmpty();
        assertThat(complete(script.out(), "exactloss", "e")).containsExactly("eval");
        assertThat(complete(script.out(), "exactloss", "eval", "--thre")).containsExactly("--threshold", "--threads");
        assertThat(complete(script.out(), "exactloss", "eval", "--backend", "")).containsExactly("cpu", "cuda");
        assertThat(complete(script.out(), "exactloss", "train", "--loss", "")).containsExactly("mnist", "brier", "log");
    }

    private static List<String> complete(String script, String... words) throws IOException, InterruptedException {
        String function = script.lines()
                .filter(line -> line.startsWith("complete "))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".* -F (\\w+) .*", "$1");
        String shell = """
                %s
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
                %s
                printf '%%s\n' "${COMPREPLY[@]}"
                """.formatted(script, function);
        List<String> command = new ArrayList<>(List.of("bash", "-c", shell, "bash"));
        command.addAll(List.of(words));
        Process bash = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> completed = bash.inputReader().lines().map(String::strip).toList();
        assertThat(bash.waitFor()).isZero();
        return completed;
    }

    @Test
    void infoTellsWhatRuns() {
        JsonObject json = Exactloss.run("info", "--json").json();
        assertThat(json.keySet())
                .containsSubsequence("version", "abi", "isa", "isa_support", "library", "cuda_devices", "java");
        assertThat(json.get("version").getAsString()).isEqualTo(NativeLibrary.version());
        assertThat(json.get("abi").getAsInt()).isEqualTo(NativeLibrary.abiVersion());
        assertThat(json.get("isa").getAsString()).isEqualTo(NativeLibrary.isa());
        JsonObject support = json.getAsJsonObject("isa_support");
        assertThat(support.keySet()).containsExactly("portable", "neon", "sse2", "sse4.1", "avx2", "avx512");
        assertThat(support.get("portable").getAsString()).isEqualTo("usable");
        for (Isa isa : NativeLibrary.isas()) {
            assertThat(support.get(isa.name()).getAsString())
                    .isEqualToIgnoringCase(isa.support().name());
        }
        assertThat(json.get("library").getAsString()).isEqualTo("in the jar");
        assertThat(json.get("java").getAsString()).startsWith(System.getProperty("java.version"));

        assertThat(Exactloss.run("info").out().lines())
                .contains(
                        "ISA         " + NativeLibrary.isa(),
                        "  portable  usable",
                        "ABI         " + NativeLibrary.abiVersion());
    }

    @Test
    void infoNamesAnotherLibrary() throws IOException, InterruptedException {
        String library = System.getProperty("test.native.library");
        Exactloss run = Exactloss.runChild(Map.of(), List.of("-Dexactloss.library.path=" + library), "info", "--json");
        assertThat(run.json().get("library").getAsString()).isEqualTo(library);
    }

    /** By the names that the command's user can set. */
    @Test
    void libraryThatCannotBeUnpacked() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(Map.of(), List.of("-Djava.io.tmpdir=/nonexistent"), "info");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("tried /nonexistent (java.io.tmpdir)", "there is no such folder", "from TMPDIR");
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "train --epochs 1"})
    void wrongMaxIsaIsOneLine(String commandLine) throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(
                Map.of("EXACTLOSS_MAX_ISA", "avx1024"), List.of(), (Object[]) commandLine.split(" "));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("EXACTLOSS_MAX_ISA");
        assertThat(run.err().lines().filter(line -> !line.contains("MNIST"))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"train --epochs 1", "eval --help"})
    void numbersLookTheSameInEveryLanguage(String commandLine) throws IOException, InterruptedException {
        List<String> arabic = List.of("-Duser.language=ar", "-Duser.country=EG");
        List<String> english = List.of("-Duser.language=en", "-Duser.country=US");
        Object[] args = commandLine.split(" ");
        assertThat(Exactloss.runChild(Map.of(), arabic, args)).isEqualTo(Exactloss.runChild(Map.of(), english, args));
    }

    @Test
    @EnabledForJreRange(minVersion = 24)
    void deniedNativeAccessIsOneLineThatNamesTheOption() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(Map.of(), List.of(Exactloss.DENY_NATIVE_ACCESS), "info");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("--enable-native-access=ALL-UNNAMED").hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "--version"})
    void missingLibraryIsOneLine(String commandLine) throws IOException, InterruptedException {
        Exactloss run =
                Exactloss.runChild(Map.of(), List.of("-Dexactloss.library.path=/nowhere/libexactloss.so"), (Object[])
                        commandLine.split(" "));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("exactloss: ")
                .contains("/nowhere/libexactloss.so")
                .hasLineCount(1);
    }

    @Test
    void helpNeedsNoLibrary() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(
                Map.of(), List.of("-Dexactloss.library.path=/nowhere/libexactloss.so"), "train", "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void unwritableOutputIsAFailure() throws IOException, InterruptedException {
        File full = new File("/dev/full");
        assumeTrue(full.exists(), "this system has no /dev/full");
        Exactloss run = Exactloss.runChild(Map.of(), List.of(), full, "info");
        assertThat(run)
                .isEqualTo(new Exactloss(
                        1, "", "exactloss: standard output cannot be written: No space left on device%n".formatted()));
    }
}
