// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.exactloss.Batch;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code eval --spark} with a script in place of spark-submit. The tests of exactloss-spark run it with Spark itself. */
class SparkQueryTest {
    private static final String QUERY = "SELECT prediction, target FROM scores WHERE city = 'Köln'";

    /** The folder is the argument before the query, the 14th of 20. */
    private static final String FOLDER = "folder=${14}\n";

    @TempDir
    private Path folder;

    private Path jars;
    private Path temporary;

    @BeforeEach
    void makeFolders() throws IOException {
        Files.createDirectory(folder.resolve("bin"));
        jars = Files.createDirectory(folder.resolve("jars, all"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
        Files.createFile(jars.resolve("exactloss.jar"));
        Files.createFile(jars.resolve("exactloss-spark.jar"));
    }

    private void submit(String script) throws IOException {
        Path submit = Files.writeString(folder.resolve("bin/spark-submit"), "#!/bin/bash\n" + FOLDER + script);
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwx------"));
    }

    private Exactloss eval(Object... options) throws IOException, InterruptedException {
        return Exactloss.runChild(environment(), jvmOptions(), arguments(options));
    }

    private Map<String, String> environment() {
        return Map.of("SPARK_HOME", folder.toString(), "EXACTLOSS_SPARK", jars.toString());
    }

    private List<String> jvmOptions() {
        return List.of("-Djava.io.tmpdir=" + temporary);
    }

    private static Object[] arguments(Object... options) {
        Object[] arguments = new Object[4 + options.length];
        System.arraycopy(new Object[] {"eval", "--spark", "local[2]", QUERY}, 0, arguments, 0, 4);
        System.arraycopy(options, 0, arguments, 4, options.length);
        return arguments;
    }

    private void assertFails(Exactloss run, String message) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("exactloss: " + message + System.lineSeparator());
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void theSumIsReported() throws Exception {
        Evaluator evaluator = Evaluator.of(Loss.mnist(), Loss.log()).threshold(0.25);
        var sum = evaluator.newAccumulator();
        sum.add(Batch.of(Predictions.of(new float[] {0.9f, 0.4f, 0.2f}), Targets.of(new byte[] {1, 0, 1})));
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(new byte[] {1, 7, 0, 0, 0, 0, 0, 0, 0}); // weights, 7 nulls
        result.write(sum.toBytes());
        Files.write(folder.resolve("result"), result.toByteArray());
        submit("""
                printf '%%s\\n' "$@" >%1$s/arguments
                cp %1$s/result "$folder"
                """.formatted(folder));

        Exactloss run = eval("--loss", "log,mnist", "--threshold", "0.25", "--strict", "--skip-nulls", "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.43333334227403003);
        assertThat(run.json().get("count").getAsLong()).isEqualTo(3);
        assertThat(run.json().get("null_count").getAsLong()).isEqualTo(7);
        assertThat(run.json().get("weight_sum").getAsDouble()).isEqualTo(3);
        assertThat(run.json().get("false_positives").getAsLong()).isEqualTo(1);
        assertThat(run.json().get("backend").getAsString()).isEqualTo("spark");
        assertThat(run.json().has("threads")).isFalse();
        assertThat(Files.readAllLines(folder.resolve("arguments")))
                .startsWith("--master", "local[2]", "--deploy-mode", "client", "--class")
                .contains("spark.log.level=ERROR", "spark.ui.showConsoleProgress=false")
                .containsSequence(
                        "--jars", uri("exactloss.jar") + "," + uri("exactloss-spark.jar"), uri("exactloss-spark.jar"))
                .endsWith(QUERY, "mnist,log", "0.25", "false", "true", "true");
        assertThat(eval("--loss", "log,mnist", "--threshold", "0.25").out())
                .endsWith("backend            spark" + System.lineSeparator());
        assertThat(temporary).isEmptyDirectory();
    }

    /** Between commas, so that there is none in it. */
    private String uri(String jar) {
        String uri = jars.resolve(jar).toUri().toString();
        assertThat(uri).contains("/jars,%20all/");
        return uri.replace("jars,", "jars%2C");
    }

    /** What the command does on a terminal. */
    static final class VisibleQuery {
        private VisibleQuery() {}

        public static void main(String[] arguments) {
            SparkQuery query = new SparkQuery("local[2]", QUERY, false, true);
            try {
                query.evaluate(Evaluator.of(Loss.mnist()));
            } catch (BadDataException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    @Test
    void progressIsSeenWithoutALog() throws Exception {
        submit("""
                printf '%%s\\n' "$@" >%s/arguments
                echo "much ado"
                echo "[Stage 0:>   (0 + 2) / 4]" >&2
                [ -e %s/silent ] || echo "the column prediction has 2.0" >"$folder/error"
                exit 1
                """.formatted(folder, folder));
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        ProcessBuilder child = Exactloss.child(environment(), jvmOptions())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        child.command().removeLast();
        child.command().add(VisibleQuery.class.getName());

        assertThat(child.start().waitFor()).isZero();
        assertThat(output).hasContent("the column prediction has 2.0");
        assertThat(errors).hasContent("[Stage 0:>   (0 + 2) / 4]");
        assertThat(Files.readAllLines(folder.resolve("arguments")))
                .contains("spark.log.level=OFF", "spark.ui.showConsoleProgress=true");
        Files.createFile(folder.resolve("silent"));
        assertThat(child.start().waitFor()).isZero();
        assertThat(output).hasContent("spark-submit ended with the status 1; what it says is above");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void whatSparkSaysIsTheMessage() throws Exception {
        submit("""
                echo "much ado"
                echo "the column prediction has 2.0" >"$folder/error"
                exit 1
                """);
        assertFails(eval(), "the column prediction has 2.0");
        submit("""
                echo "first words"
                echo "the last words" >&2
                echo
                exit 3
                """);
        assertFails(eval(), "spark-submit ended with the status 3: the last words");
        submit("printf '\\377 is no UTF-8\\nthe last words'; exit 5");
        assertFails(eval(), "spark-submit ended with the status 5: the last words");
        submit("exit 4");
        assertFails(eval(), "spark-submit ended with the status 4");
    }

    @Test
    void whatIsNotThereIsNamed() throws Exception {
        assertFails(
                eval(),
                "SPARK_HOME is " + folder
                        + ", which has no bin/spark-submit: set it to the folder of an installation of Spark 4.2");
        submit("exit 1");
        Files.delete(jars.resolve("exactloss-spark.jar"));
        assertFails(
                eval(),
                "EXACTLOSS_SPARK is " + jars
                        + ", which has no exactloss-spark.jar: ./build.sh spark makes it of the sources");
        assertFails(
                Exactloss.runChild(Map.of("SPARK_HOME", folder.toString()), jvmOptions(), arguments()),
                "--spark needs the jars of exactloss-spark: set EXACTLOSS_SPARK to a folder with exactloss.jar and"
                        + " exactloss-spark.jar, which ./build.sh spark makes of the sources");
        assertFails(
                Exactloss.runChild(Map.of("SPARK_HOME", ""), jvmOptions(), arguments()),
                "--spark needs an installation of Spark 4.2: set SPARK_HOME to its folder");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--report=page.html",
                "--threads=2",
                "--database=scores.db",
                "--memory-limit=1GB",
                "--backend=cpu"
            })
    void whatSparkCannotDoIsRefused(String option) {
        Exactloss run = Exactloss.run("eval", "--spark", "local[2]", QUERY, option);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--spark can be combined only with --skip-nulls, --loss, --logits");
    }

    @Test
    void filesAreNoQuery() {
        Exactloss run = Exactloss.run("eval", "--spark", "local[2]", "--predictions=p.npy", "--targets=t.npy");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--spark needs a query");
    }

    /** Spark ends with the command, and nothing is left. */
    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anInterruptedCommandEndsSpark(String signal) throws Exception {
        assumeFalse(
                signal.equals("INT") && ignoresInterrupts(),
                "SIGINT is ignored by what started the tests, as by a shell for a job in the background");
        Path started = folder.resolve("started");
        submit("echo $$ >%1$s.new\nmv %1$s.new %1$s\nexec sleep 1000\n".formatted(started));
        Process command =
                Exactloss.child(environment(), jvmOptions(), arguments()).start();
        try (WatchService watch = folder.getFileSystem().newWatchService()) {
            folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            while (!Files.exists(started)) {
                WatchKey key = watch.take();
                key.pollEvents();
                key.reset();
            }
            ProcessHandle spark = ProcessHandle.of(
                            Long.parseLong(Files.readString(started).strip()))
                    .orElseThrow();
            new ProcessBuilder("kill", "-" + signal, Long.toString(command.pid()))
                    .start()
                    .waitFor();
            assertThat(command.waitFor()).isEqualTo(signal.equals("INT") ? 130 : 143);
            spark.onExit().get();
        } finally {
            command.descendants().forEach(ProcessHandle::destroyForcibly);
            command.destroyForcibly();
        }
        assertThat(temporary).isEmptyDirectory();
    }

    /** Whether this process was started with SIGINT ignored, which the processes that it starts inherit. */
    private static boolean ignoresInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << 1) != 0);
    }
}
