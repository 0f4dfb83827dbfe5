// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A query that Spark runs and evaluates, in a process of its own. That one writes the sum of the rows to a file, in the
 * byte form that an accumulator has everywhere.
 *
 * @param master where Spark runs, as {@code spark-submit --master} takes it
 * @param skipNulls whether rows with NULL are skipped and counted; otherwise they are refused
 * @param visible whether the user sees Spark's progress
 */
record SparkQuery(String master, String query, boolean skipNulls, boolean visible) {
    static final String JARS_VARIABLE = "EXACTLOSS_SPARK";
    private static final String HOME_VARIABLE = "SPARK_HOME";

    /** In exactloss-spark; it takes a folder, in which it writes one of the two files, the query and the options. */
    private static final String PROGRAM = "io.github.exactloss.spark.internal.QueryEvaluation";

    private static final String RESULT = "result";
    private static final String ERROR = "error";

    /**
     * What Spark has found.
     *
     * @param weighted whether the rows have weights
     * @param nullCount rows that were skipped
     */
    record Result(Evaluation evaluation, boolean weighted, long nullCount) {}

    /**
     * Runs it.
     *
     * @throws BadDataException if Spark is not there, or the query fails
     */
    Result evaluate(Evaluator evaluator) {
        Path submit = submit();
        List<Path> jars = jars();
        try (TemporaryFolder folder = TemporaryFolder.create(DuckDb.systemTemporaryFolder())) {
            File log = folder.path().resolve("log").toFile();
            ProcessBuilder builder = new ProcessBuilder(command(submit, jars, folder.path(), evaluator));
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            if (visible) {
                builder.redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(ProcessBuilder.Redirect.DISCARD);
            } else {
                builder.redirectErrorStream(true).redirectOutput(log);
            }
            int status = ChildProcess.run(builder);
            if (status != 0) {
                throw new BadDataException(failure(folder.path(), status, log.toPath()));
            }
            return read(Files.readAllBytes(folder.path().resolve(RESULT)), evaluator);
        } catch (IOException e) {
            throw new BadDataException("Spark cannot be run: " + BadDataException.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadDataException("the query was interrupted");
        }
    }

    private List<String> command(Path submit, List<Path> jars, Path folder, Evaluator evaluator) {
        return List.of(
                submit.toString(),
                "--master",
                master,
                "--deploy-mode",
                "client",
                "--class",
                PROGRAM,
                "--conf",
                // Beside the progress there is no log: the program reports its error by itself.
                "spark.log.level=" + (visible ? "OFF" : "ERROR"),
                "--conf",
                "spark.ui.showConsoleProgress=" + visible,
                "--jars",
                jars.stream().map(SparkQuery::uri).collect(Collectors.joining(",")),
                uri(jars.getLast()),
                folder.toString(),
                query,
                evaluator.losses().stream().map(Loss::name).collect(Collectors.joining(",")),
                Double.toString(evaluator.threshold()),
                Boolean.toString(evaluator.isFromLogits()),
                Boolean.toString(evaluator.isStrict()),
                Boolean.toString(skipNulls));
    }

    /** Spark has lists of them between commas. */
    private static String uri(Path jar) {
        return jar.toUri().toString().replace(",", "%2C");
    }

    /** What the program says of itself, and otherwise the last line of spark-submit. */
    private String failure(Path folder, int status, Path log) throws IOException {
        Path error = folder.resolve(ERROR);
        if (Files.exists(error)) {
            return Files.readString(error);
        }
        String reason = visible
                ? "; what it says is above"
                : new String(Files.readAllBytes(log), StandardCharsets.UTF_8) // in which there may be anything
                        .lines()
                        .filter(line -> !line.isBlank())
                        .reduce((_, line) -> ": " + line.strip())
                        .orElse("");
        return "spark-submit ended with the status " + status + reason;
    }

    /** One byte says whether there are weights, eight have the number of nulls, and the rest is an accumulator. */
    private static Result read(byte[] bytes, Evaluator evaluator) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean weighted = buffer.get() != 0;
        long nullCount = buffer.getLong();
        byte[] sum = new byte[buffer.remaining()];
        buffer.get(sum);
        Accumulator accumulator = evaluator.accumulatorFromBytes(sum);
        return new Result(accumulator.evaluate(), weighted, nullCount);
    }

    private static Path submit() {
        String home = System.getenv(HOME_VARIABLE);
        if (home == null || home.isEmpty()) {
            throw new BadDataException(
                    "--spark needs an installation of Spark 4.2: set " + HOME_VARIABLE + " to its folder");
        }
        Path submit = Path.of(home, "bin", "spark-submit");
        if (!Files.isExecutable(submit)) {
            throw new BadDataException(HOME_VARIABLE + " is " + home
                    + ", which has no bin/spark-submit: set it to the folder of an installation of Spark 4.2");
        }
        return submit;
    }

    /** The library's, and the one with the program. */
    private static List<Path> jars() {
        String folder = System.getenv(JARS_VARIABLE);
        if (folder == null || folder.isEmpty()) {
            throw new BadDataException("--spark needs the jars of exactloss-spark: set " + JARS_VARIABLE
                    + " to a folder with exactloss.jar and"
                    + " exactloss-spark.jar, which ./build.sh spark makes of the sources");
        }
        List<Path> jars = List.of(Path.of(folder, "exactloss.jar"), Path.of(folder, "exactloss-spark.jar"));
        for (Path jar : jars) {
            if (!Files.isRegularFile(jar)) {
                throw new BadDataException(JARS_VARIABLE + " is " + folder + ", which has no " + jar.getFileName()
                        + ": ./build.sh spark makes it of the sources");
            }
        }
        return jars;
    }
}
