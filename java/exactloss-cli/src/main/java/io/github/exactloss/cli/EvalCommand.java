// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.cli.report.EvaluationPage;
import io.github.exactloss.cli.report.ParallelBins;
import io.github.exactloss.cli.report.RunDescription;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code exactloss eval}: the losses and the metrics of predictions and targets in {@code .npy} files, or of a query. */
@Command(
        name = "eval",
        header =
                "Computes the exact losses and the metrics of predictions and targets: a query's rows, or NumPy files.",
        customSynopsis = {
            "exactloss eval [OPTION...] SQL",
            "  or:  exactloss eval [OPTION...] --predictions=FILE --targets=FILE"
        },
        description = {
            "A query is run by DuckDB: SELECT prediction, target FROM 'scores/*.parquet'. It reads Parquet, CSV and JSON"
                    + " files, or a database. It is one SELECT statement. Its rows stream through the memory, in any number.",
            "NumPy files are read in pieces, and may be larger than the memory. They have the same shape, apart from"
                    + " extents of 1. Matrices are all in C order, or all in Fortran order.",
            "The losses are functions of the distance d between a prediction and its target: mnist is the mean of d, brier"
                    + " that of d * d, and log that of -ln(1 - d)."
        })
final class EvalCommand implements Callable<Integer> {
    /** What is read from files and evaluated at a time: enough to split, little enough for a cache. */
    private static final int BATCH_SIZE = 1 << 20;

    /** What can be asked for where Spark runs the query. */
    private static final List<String> SPARK_OPTIONS =
            List.of("--spark", "--skip-nulls", "--loss", "--logits", "--strict", "--threshold", "--json");

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "SQL",
            description =
                    "A query, as one argument. Its columns are found by their names: prediction (FLOAT or DOUBLE),"
                            + " target (BOOLEAN, TINYINT, UTINYINT, INTEGER, BIGINT, FLOAT or DOUBLE) and, if there are weights,"
                            + " weight (FLOAT); others are ignored. If neither of the first two is there, and two columns are"
                            + " left without weight, they are the predictions and the targets.")
    private String query;

    @Option(
            names = "--database",
            paramLabel = "FILE",
            description = "A database of DuckDB, for the query to read. It is not written to.")
    private Path database;

    @Option(
            names = "--spark",
            paramLabel = "MASTER",
            description =
                    "Let Spark run the query: local[*], spark://HOST:PORT, yarn or another master. It needs Spark 4.2 in"
                            + " $SPARK_HOME, and the jars of exactloss-spark in $EXACTLOSS_SPARK. The query is in Spark's SQL, such as"
                            + " SELECT prediction, target FROM parquet.`scores`. The result has the same bits.")
    private String sparkMaster;

    @Option(
            names = "--skip-nulls",
            description = "Skip and count rows with NULL in one of the query's columns; otherwise they are refused.")
    private boolean skipNulls;

    @Option(
            names = "--memory-limit",
            paramLabel = "SIZE",
            converter = OptionValues.MemoryLimit.class,
            description =
                    "The memory that DuckDB may use before it writes temporary files, such as 4GB. They are in a folder of"
                            + " the run's own in $TMPDIR, or else in /tmp. Default: 80%% of the machine's memory.")
    private String memoryLimit;

    @Option(
            names = "--predictions",
            paramLabel = "FILE",
            description =
                    "The predictions: a .npy file of float32, float64, float16 or bfloat16 (as NumPy saves that of"
                            + " ml_dtypes), in this machine's byte order. Usually in [0, 1], but any"
                            + " number is allowed. NaN makes the losses NaN, a number outside [0, 1] only log.")
    private Path predictionsFile;

    @Option(
            names = "--targets",
            paramLabel = "FILE",
            description =
                    "The targets: a .npy file of uint8, int8, bool, int32, int64, float32 or float64. A target is positive"
                            + " when it equals 1.")
    private Path targetsFile;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "The weights of the elements: a .npy file of float32, finite and not"
                    + " negative. A loss is then the sum of the elements' weighted losses divided by the sum of the"
                    + " weights; the counts and the metrics stay unweighted. Default: every weight is 1.")
    private Path weightsFile;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            split = ",",
            description =
                    "The losses to compute: ${COMPLETION-CANDIDATES}; several are separated by commas, or the option"
                            + " is repeated. Default: all.")
    private Set<LossName> lossNames;

    @Option(
            names = "--logits",
            description = "The predictions are given as logits: any number x, for the prediction 1 / (1 + exp(-x)).")
    private boolean logits;

    @Option(
            names = "--strict",
            description =
                    "Refuse a prediction outside [0, 1] or NaN (with --logits only NaN), and a target other than 0"
                            + " and 1, with exit code 1.")
    private boolean strict;

    @Option(
            names = "--threshold",
            paramLabel = "T",
            defaultValue = "" + Evaluator.DEFAULT_THRESHOLD,
            converter = OptionValues.Threshold.class,
            description =
                    "A prediction (with --logits the sigmoid of a logit) greater than this counts as positive: any"
                            + " number, inf or -inf; default: ${DEFAULT-VALUE}.")
    private double threshold;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = OptionValues.Threads.class,
            defaultValue = "0",
            description = "The most threads that compute, also in DuckDB, up to " + OptionValues.Threads.MOST
                    + "; 0 for one on each processor. The result has the same bits with any number. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description =
                    "What computes (${COMPLETION-CANDIDATES}): the processor, or the first NVIDIA GPU, with the same"
                            + " bits. The elements are sent there in pieces, which takes longer than the processor needs to"
                            + " sum them. --strict is not offered there. Default: ${DEFAULT-VALUE}.")
    private Backend backend;

    @Option(
            names = "--json",
            description =
                    "Print one JSON object. NaN and undefined metrics are null, infinities are strings. The members loss"
                            + " and loss_f32 are the mean of mnist, left out where --loss leaves it out; losses has each loss."
                            + " nan_count counts the elements whose mnist (without it: whose first loss) is NaN, and infinite_count"
                            + " those whose loss is infinite, of the loss that has most of them.")
    private boolean json;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write a page about the evaluation to this file: HTML that needs no other file and no network. It"
                            + " replaces an earlier page, and no other file. It has the losses, the metrics, the confusion"
                            + " matrix, the calibration, histograms of the predictions of each class, and what ran.")
    private Path reportPath;

    enum Backend {
        CPU,
        CUDA;

        /** As it is shown, and completed. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Integer call() {
        require(!Double.isNaN(threshold), "--threshold must be a number, not NaN");
        require(backend == Backend.CPU || !strict, "--strict is not offered with --backend=cuda");
        if (sparkMaster != null) {
            evaluateBySpark();
            return ExitCode.OK;
        }
        BatchSource source = source();
        if (reportPath == null) {
            print(source, evaluate(source, batch -> {}));
        } else {
            report(source);
        }
        return ExitCode.OK;
    }

    private void evaluateBySpark() {
        require(query != null, "--spark needs a query");
        require(
                spec.commandLine().getParseResult().matchedOptionsSet().stream()
                        .allMatch(option -> SPARK_OPTIONS.contains(option.longestName())),
                "--spark can be combined only with "
                        + String.join(", ", SPARK_OPTIONS.subList(1, SPARK_OPTIONS.size())));
        SparkQuery.Result result =
                new SparkQuery(sparkMaster, query, skipNulls, isProgressVisible()).evaluate(evaluator());
        OptionalLong nulls = skipNulls ? OptionalLong.of(result.nullCount()) : OptionalLong.empty();
        print(new EvaluationReport(
                result.evaluation(), logits, result.weighted(), nulls, "spark", OptionalInt.empty()));
    }

    private void report(BatchSource source) {
        // Opened first: a page that can't be written is known before the work.
        try (OutputFile file = OutputFile.create(OutputFile.Kind.REPORT, reportPath)) {
            RunDescription run =
                    new RunDescription(spec.commandLine().getParseResult().originalArgs());
            ParallelBins bins = new ParallelBins(threads, logits);
            Evaluation evaluation = evaluate(source, bins::add);
            run.lap("evaluation");
            describe(run, source);
            print(source, evaluation);
            file.write(EvaluationPage.write(evaluation, bins.merged(), logits, source.isWeighted(), run));
        }
    }

    private void describe(RunDescription run, BatchSource source) {
        run.put("query", query);
        run.put("database", database);
        run.put("predictions", predictionsFile);
        run.put("targets", targetsFile);
        run.put("weights", weightsFile);
        source.nullCount().ifPresent(count -> run.put("rows skipped for NULL", count));
        run.put("backend", backend == Backend.CUDA ? backendName() : null);
        run.put("threads", threads);
    }

    private void print(BatchSource source, Evaluation evaluation) {
        print(new EvaluationReport(
                evaluation, logits, source.isWeighted(), source.nullCount(), backendName(), OptionalInt.of(threads)));
    }

    private void print(EvaluationReport report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(report.json()));
        } else {
            report.lines().forEach(out::println);
        }
    }

    private BatchSource source() {
        boolean files = predictionsFile != null || targetsFile != null || weightsFile != null;
        require(query == null || !files, "Either a query or NumPy files can be given, not both");
        if (query != null) {
            PrintWriter terminal =
                    isProgressVisible() ? spec.commandLine().getErr() : new PrintWriter(Writer.nullWriter());
            return new SqlSource(query, database, threads, memoryLimit, skipNulls, terminal);
        }
        require(files, "Missing a query, or --predictions and --targets");
        require(
                database == null && !skipNulls && memoryLimit == null,
                "--database, --skip-nulls and --memory-limit need a query");
        require(predictionsFile != null, "Missing required option: '--predictions=FILE'");
        require(targetsFile != null, "Missing required option: '--targets=FILE'");
        return new NpySource(
                predictionsFile,
                targetsFile,
                weightsFile,
                backend == Backend.CUDA ? CudaBatches.BATCH_SIZE : BATCH_SIZE);
    }

    private boolean isProgressVisible() {
        return !json && StandardError.isTerminal();
    }

    /** @param watcher is given each batch after it was added */
    private Evaluation evaluate(BatchSource source, Consumer<Batch> watcher) {
        Accumulator sum = evaluator().newAccumulator();
        if (backend == Backend.CUDA) {
            CudaBatches.addAll(source, sum, watcher);
        } else {
            source.forEachBatch(batch -> {
                sum.add(batch);
                watcher.accept(batch);
            });
        }
        return sum.evaluate();
    }

    private String backendName() {
        return backend == Backend.CUDA ? "cuda" : NativeLibrary.isa();
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private Evaluator evaluator() {
        Set<LossName> names = lossNames == null ? EnumSet.allOf(LossName.class) : lossNames;
        Loss[] losses = names.stream().map(LossName::loss).toArray(Loss[]::new);
        Evaluator evaluator =
                Evaluator.of(losses[0], losses).threshold(threshold).threads(threads);
        evaluator = logits ? evaluator.fromLogits() : evaluator;
        return strict ? evaluator.strict() : evaluator;
    }
}
