// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.cli.bench.Measurements;
import io.github.exactloss.cli.bench.RooflineChart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code exactloss bench}: runs the native benchmark, and draws what it measured. */
@Command(
        name = "bench",
        header = "Measures the native library on this machine.",
        description = "Runs the native benchmark, exactloss-bench, which the environment variable "
                + BenchCommand.PROGRAM_VARIABLE
                + " names: every operation by each instruction set, beside loops that only move the same bytes"
                + " and an inexact mean. A full run takes some minutes and up to 3 GiB of memory.")
final class BenchCommand implements Callable<Integer> {
    static final String PROGRAM_VARIABLE = "EXACTLOSS_BENCH";

    /** What the benchmark ends with after it has said why, or if nobody reads what it says. */
    private static final Set<Integer> EXPLAINED = Set.of(ExitCode.USAGE, Main.NO_READER);

    private static final List<String> FORMATS = List.of("png", "svg");

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Option(
            names = "--quick",
            description = "To try it out: fewer and shorter rounds, and a quarter of the largest size.")
    private boolean quick;

    @Option(
            names = "--suite",
            paramLabel = "NAME",
            description = "Measure only this part: operations, calls, prediction_types, target_types, labels,"
                    + " threads, slow_paths; or everything: each operation with each type, in hours.")
    private String suite;

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            description =
                    "Draw a picture into FILE, whose name ends with .png or .svg, instead of printing the table. It"
                            + " replaces an earlier picture of this command, and no other file. It shows the roof of the"
                            + " memory's bandwidth, and how near to it each operation comes.")
    private Path chart;

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description =
                    "Measure nothing, but draw the picture from the JSON object in FILE, which another machine may"
                            + " have written.")
    private Path from;

    @Override
    public Integer call() throws IOException, InterruptedException {
        checkOptions();
        if (chart == null) {
            return run(ProcessBuilder.Redirect.INHERIT);
        }
        // Made before hours of measuring, so that a folder without write access is reported at once.
        try (OutputFile picture = OutputFile.create(OutputFile.Kind.PICTURE, chart)) {
            picture.write(new RooflineChart(from == null ? measure() : Measurements.read(from)).write(format()));
        }
        return ExitCode.OK;
    }

    private void checkOptions() {
        require(chart == null || FORMATS.contains(format()), "--chart must end with .png or .svg: " + chart);
        require(
                chart == null || suite == null || suite.equals(RooflineChart.SUITE),
                "--chart shows the suite " + RooflineChart.SUITE + ", not " + suite);
        require(from == null || chart != null, "--from needs --chart");
        require(from == null || !(json || quick || suite != null), "--from measures nothing, so it takes only --chart");
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private String format() {
        String path = chart.toString();
        return path.contains(".") ? path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT) : "";
    }

    private Measurements measure() throws IOException, InterruptedException {
        Path measured = Files.createTempFile("exactloss", ".json");
        measured.toFile().deleteOnExit();
        try {
            int status = run(ProcessBuilder.Redirect.to(measured.toFile()));
            if (status != 0) {
                throw endedWith(status);
            }
            if (json) {
                spec.commandLine().getOut().print(Files.readString(measured));
            }
            return Measurements.read(measured);
        } finally {
            Files.delete(measured);
        }
    }

    /**
     * Runs the benchmark, whose progress and complaints are on standard error.
     *
     * @return 0, or a status that it has explained there
     */
    private int run(ProcessBuilder.Redirect output) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program().toString()));
        if (json || chart != null) {
            command.add("--json");
        }
        if (quick) {
            command.add("--quick");
        }
        if (suite != null) {
            command.addAll(List.of("--suite", suite));
        }
        int status = ChildProcess.run(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output));
        if (status != 0 && !EXPLAINED.contains(status)) {
            throw endedWith(status);
        }
        return status;
    }

    private static BadDataException endedWith(int status) {
        return new BadDataException(program() + " ended with the status " + status);
    }

    private static Path program() {
        String name = System.getenv(PROGRAM_VARIABLE);
        if (name == null || name.isEmpty()) {
            throw new BadDataException("the environment variable " + PROGRAM_VARIABLE
                    + " must name the native benchmark, exactloss-bench");
        }
        Path program = Path.of(name);
        if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
            throw new BadDataException(program + ", which " + PROGRAM_VARIABLE + " names, is no program");
        }
        return program;
    }
}
