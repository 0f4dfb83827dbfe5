// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Evaluation;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import io.github.exactloss.NativeLibrary;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code exactloss eval}: the loss and the metrics of predictions and targets in {@code .npy} files. */
@Command(
        name = "eval",
        header = "Computes the exact loss and the metrics of predictions and targets in NumPy files.",
        description = "The files are memory-mapped, not copied, and may be larger than the memory; they must"
                + " not be cut short meanwhile. They hold the same number of elements, in any shape and in C order.")
final class EvalCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--predictions",
            required = true,
            paramLabel = "FILE",
            description =
                    "The predictions: a .npy file of little-endian float32 ('<f4'), float64 ('<f8'), float16 ('<f2') or"
                            + " bfloat16 ('<V2' or '|V2', as NumPy saves that of ml_dtypes). Usually in [0, 1], but any"
                            + " number is allowed. NaN makes the loss NaN.")
    private Path predictionsFile;

    @Option(
            names = "--targets",
            required = true,
            paramLabel = "FILE",
            description =
                    "The targets: a .npy file of uint8 ('|u1'), bool ('|b1'), or little-endian int32 ('<i4'), int64"
                            + " ('<i8'), float32 ('<f4') or float64 ('<f8'). A target is positive when it equals 1.")
    private Path targetsFile;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "The weights of the elements: a .npy file of little-endian float32 ('<f4'), finite and not"
                    + " negative. The loss is then the sum of the weighted distances divided by the sum of the weights;"
                    + " the counts and the accuracy stay unweighted. Default: every weight is 1.")
    private Path weightsFile;

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
            defaultValue = "" + MnistLoss.DEFAULT_THRESHOLD,
            converter = Threshold.class,
            description =
                    "A prediction (with --logits the sigmoid of a logit) greater than this counts as positive: any"
                            + " number, inf or -inf; default: ${DEFAULT-VALUE}.")
    private double threshold;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "The number of threads; the result has the same bits with any. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--json", description = "Print one JSON object. NaN is null, infinities are strings.")
    private boolean json;

    /** Reads what Java reads as a double, and the infinities as C and Python write them. */
    static final class Threshold implements ITypeConverter<Double> {
        private static final Pattern INFINITY = Pattern.compile("^([+-]?)inf(inity)?$", Pattern.CASE_INSENSITIVE);

        @Override
        public Double convert(String text) {
            try {
                return Double.valueOf(INFINITY.matcher(text).replaceFirst("$1Infinity"));
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a number");
            }
        }
    }

    @Override
    public Integer call() {
        if (Double.isNaN(threshold)) {
            throw new ParameterException(spec.commandLine(), "--threshold must be a number, not NaN");
        }
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads must be at least 1, not " + threads);
        }
        Evaluation evaluation = evaluate();
        EvaluationReport report =
                new EvaluationReport(evaluation, logits, weightsFile != null, NativeLibrary.isa(), threads);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(report.json()));
        } else {
            report.lines().forEach(out::println);
        }
        return ExitCode.OK;
    }

    private Evaluation evaluate() {
        BatchSource source = new NpySource(predictionsFile, targetsFile, weightsFile);
        try (LossAccumulator sum = LossAccumulator.create(loss())) {
            source.forEachBatch(batch -> batch.addTo(sum));
            return sum.result();
        }
    }

    private MnistLoss loss() {
        MnistLoss loss = MnistLoss.create().threshold(threshold).threads(threads);
        loss = logits ? loss.logits() : loss;
        return strict ? loss.strict() : loss;
    }
}
