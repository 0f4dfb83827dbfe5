// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Loss;
import io.github.exactloss.cli.report.RunDescription;
import io.github.exactloss.cli.report.TrainingPage;
import io.github.exactloss.cli.train.DigitDataSet;
import io.github.exactloss.cli.train.DrawnDigits;
import io.github.exactloss.cli.train.Epoch;
import io.github.exactloss.cli.train.LearningCurve;
import io.github.exactloss.cli.train.Mnist;
import io.github.exactloss.cli.train.Trainer;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code exactloss train}: trains a linear classifier of handwritten 3s and 7s with an exact loss. */
@Command(
        name = "train",
        header = "Trains a classifier of handwritten 3s and 7s with an exact loss and its gradient.",
        description =
                "One linear layer and a sigmoid are trained by stochastic gradient descent in mini-batches. The same"
                        + " options give the same numbers at every run, on every machine. Without the files of MNIST it"
                        + " says so and trains on a small set of drawn digits.")
final class TrainCommand implements Callable<Integer> {
    /** The folder of MNIST where {@code --data} names none. */
    private static final String FOLDER_VARIABLE = "EXACTLOSS_MNIST_DIR";

    /** Each of them is a line of output, and of the report. */
    private static final int MOST_EPOCHS = 100_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The folder with the four files of MNIST (train-images-idx3-ubyte, train-labels-idx1-ubyte,"
                    + " t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte), which are verified by their SHA-256."
                    + " Default: the environment variable " + FOLDER_VARIABLE + ".")
    private Path folder;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "20",
            description = "The number of passes over the training digits; default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "256",
            description = "The number of digits in a mini-batch; default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            defaultValue = "1",
            description = "The factor of the gradient in each step; default: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "The seed of the first weights and of the order of the digits; default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            defaultValue = "mnist",
            description =
                    "The loss to descend: ${COMPLETION-CANDIDATES}; see 'exactloss eval --help'. The validation shows all"
                            + " of them. An element's log is at most 100, as in PyTorch. Default: ${DEFAULT-VALUE}.")
    private LossName lossName;

    @Option(
            names = "--logits",
            description = "Take the loss and its gradient from the logits, which are the outputs of the linear layer"
                    + " before the sigmoid. So they keep their digits where a sigmoid rounds to 1.")
    private boolean logits;

    @Option(
            names = "--json",
            description =
                    "Print one JSON object when the training is over. NaN is null, infinities are strings. In each epoch"
                            + " train_loss and validation_loss are those of --loss, and validation_losses has all.")
    private boolean json;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write a page about the training to this file: HTML that needs no other file and no network. It"
                            + " replaces an earlier page, and no other file. It has the losses and the accuracy after each"
                            + " mini-batch, the confusion matrix, the digits that were most wrong, the weights, and what ran.")
    private Path reportPath;

    @Override
    public Integer call() {
        checkOptions();
        // Opened first: a page that can't be written is known before the training.
        try (OutputFile reportFile = reportPath == null ? null : OutputFile.create(OutputFile.Kind.REPORT, reportPath);
                Arena arena = Arena.ofConfined()) {
            run(reportFile, arena);
        }
        return ExitCode.OK;
    }

    private void run(OutputFile reportFile, Arena arena) {
        RunDescription description =
                new RunDescription(spec.commandLine().getParseResult().originalArgs());
        DigitDataSet data = load(arena);
        description.lap("reading the digits");
        Loss loss = logits ? lossName.loss().fromLogits() : lossName.loss();
        Trainer.Settings settings = new Trainer.Settings(batchSize, learningRate, seed, loss);
        Trainer trainer = new Trainer(data, settings, arena);
        TrainingReport report = new TrainingReport(spec.commandLine().getOut(), json, data, settings);
        report.begin();
        describe(description, data);
        if (reportFile == null) {
            report.end(train(trainer, report, () -> {}));
            return;
        }
        LearningCurve curve = new LearningCurve(trainer, steps(trainer));
        List<Epoch> done = train(trainer, report, curve::step);
        description.lap("training, and watching it");
        report.end(done);
        reportFile.write(TrainingPage.write(data, trainer, curve, done, description));
    }

    private void checkOptions() {
        require(epochs >= 1 && epochs <= MOST_EPOCHS, "--epochs must be from 1 to " + MOST_EPOCHS + ", not " + epochs);
        require(batchSize >= 1, "--batch-size must be at least 1, not " + batchSize);
        require(
                learningRate > 0 && Double.isFinite(learningRate),
                "--learning-rate must be positive and finite, not " + learningRate);
    }

    private void require(boolean holds, String message) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    /** MNIST from where the user says; else MNIST from where the environment says, or the drawn digits. */
    private DigitDataSet load(Arena arena) {
        if (folder != null) {
            return Mnist.load(folder, arena);
        }
        String usual = System.getenv(FOLDER_VARIABLE);
        try {
            if (usual == null || usual.isEmpty()) {
                throw new BadDataException("neither --data nor " + FOLDER_VARIABLE + " names its folder");
            }
            return Mnist.load(Path.of(usual), arena);
        } catch (BadDataException problem) {
            spec.commandLine()
                    .getErr()
                    .println("exactloss: MNIST cannot be used: " + problem.getMessage()
                            + "; training on the small set of drawn digits instead");
            return DrawnDigits.load(arena);
        }
    }

    private void describe(RunDescription description, DigitDataSet data) {
        description.put(
                "data",
                "%s: %d digits to train on, %d to validate by"
                        .formatted(
                                data.name(),
                                data.training().count(),
                                data.validation().count()));
        description.put("epochs", epochs);
        description.put("batch size", batchSize);
        description.put("learning rate", learningRate);
        description.put("seed", seed);
        description.put("loss", lossName);
        description.put("loss from", logits ? "logits" : "predictions");
    }

    /** The number of mini-batches in the whole training. */
    private long steps(Trainer trainer) {
        return (long) epochs * trainer.batches();
    }

    /** @param watcher runs after each mini-batch */
    private List<Epoch> train(Trainer trainer, TrainingReport report, Runnable watcher) {
        boolean visible = !json && StandardError.isTerminal();
        PrintWriter terminal = visible ? spec.commandLine().getErr() : new PrintWriter(Writer.nullWriter());
        List<Epoch> done = new ArrayList<>();
        ProgressLine line = new ProgressLine(terminal);
        try (line;
                // An interrupted training must not leave half a bar in front of the shell's prompt.
                Interruption _ = new Interruption(line::close);
                ProgressBar bar = new ProgressBarBuilder()
                        .setTaskName("training")
                        .setInitialMax(steps(trainer))
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(100)
                        .setConsumer(line)
                        .build()) {
            while (done.size() < epochs) {
                Epoch epoch = trainer.epoch(() -> {
                    watcher.run();
                    bar.step();
                });
                done.add(epoch);
                line.printAbove(() -> report.epoch(epoch));
            }
        }
        return done;
    }
}
