// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.ConformanceResults.require;
import static io.github.exactloss.ConformanceResults.requireElements;
import static io.github.exactloss.ConformanceResults.requireEvaluation;
import static io.github.exactloss.ConformanceResults.requireReal;
import static io.github.exactloss.ConformanceResults.requireText;

import io.github.exactloss.ConformanceCase.Line;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** One run of a conformance case by the public methods, with arrays in one kind of memory. */
final class ConformanceRun {
    private static final int STRICT = 7;
    private static final int OVERFLOW = 9;
    private static final int WEIGHT = 13;

    private final ConformanceCase subject;
    private final MemoryKind memory;
    private final int threads;
    private final Arena arena = Arena.ofAuto(); // other threads may read its memory too
    private final List<ConformanceArray> outputs = new ArrayList<>();
    private final List<byte[]> outputsBefore = new ArrayList<>();

    ConformanceRun(ConformanceCase subject, MemoryKind memory, int threads) {
        this.subject = subject;
        this.memory = memory;
        this.threads = threads;
    }

    /** Throws an AssertionError where something is not as the case says. */
    void run() {
        try {
            switch (subject.operation()) {
                case "loss" -> loss();
                case "values" -> values();
                case "gradient" -> gradient();
                case "evaluate" -> requireEvaluation(evaluator(subject).evaluate(batch(subject)), subject);
                case "accumulate" -> accumulate();
                case "bytes" -> bytes();
                case "metrics" -> metrics();
                case "sigmoid" -> sigmoid();
                case "where" -> where();
                default -> throw new AssertionError("unknown operation " + subject.operation());
            }
        } catch (IllegalArgumentException | ExactLossException e) {
            requireRefusal(e);
            return;
        }
        require(!subject.has("status"), "nothing is refused, but status " + subject.lines() + " is expected");
    }

    private void loss() {
        Loss loss = loss(subject);
        Batch batch = batch(subject);
        boolean isMean = isMean();
        double value = isMean ? loss.mean(batch) : loss.sum(batch);
        requireReal(subject.line("loss").word(), value, "loss");
        if (memory == MemoryKind.HEAP
                && batch.weights().isEmpty()
                && batch.predictions().type() == ElementType.FLOAT32
                && batch.targets().type() == ElementType.UINT8) {
            float[] predictions = batch.predictions().segment().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
            byte[] targets = content(batch.targets().segment());
            double ofArrays = isMean ? loss.mean(predictions, targets) : loss.sum(predictions, targets);
            requireReal(subject.line("loss").word(), ofArrays, "loss of arrays");
        }
    }

    private void values() {
        Loss loss = loss(subject);
        Batch batch = batch(subject);
        ConformanceArray values = output(subject, batch);
        loss.values(batch, values.memory());
        requireElements("values", values, subject);
    }

    private void gradient() {
        Loss loss = loss(subject);
        Batch batch = batch(subject);
        double upstream = subject.line("upstream").real();
        long divisor = subject.line("divisor").number();
        ConformanceArray gradient = output(subject, batch);
        if (!subject.has("reduction")) {
            loss.gradient(batch, upstream, divisor, gradient.memory());
            requireElements("gradient", gradient, subject);
            return;
        }
        // Only an accumulator gives a loss and its gradient for any divisor.
        Accumulator accumulator = Evaluator.of(loss).newAccumulator();
        accumulator.addWithGradient(loss, batch, upstream, divisor, gradient.memory());
        requireElements("gradient", gradient, subject);
        boolean isMean = isMean();
        Evaluation evaluation = accumulator.evaluate();
        requireLossOfGradient(isMean ? evaluation.mean(loss) : evaluation.sum(loss));
        if (isMean ? divisor == batch.count() && batch.weights().isEmpty() : divisor == 1) {
            ConformanceArray another = output(subject, batch);
            requireLossOfGradient(
                    isMean
                            ? loss.meanAndGradient(batch, upstream, another.memory())
                            : loss.sumAndGradient(batch, upstream, another.memory()));
            requireElements("gradient", another, subject);
        }
    }

    private void requireLossOfGradient(double loss) {
        requireReal(subject.line("gradient_loss").word(), loss, "gradient_loss");
    }

    private void accumulate() {
        List<ConformanceCase> batches = subject.batches();
        Evaluator evaluator = evaluator(subject);
        List<Accumulator> accumulators = List.of(newAccumulator(evaluator), newAccumulator(evaluator));
        for (ConformanceCase batch : batches.subList(0, batches.size() - 1)) {
            // An accumulator has the flags of its evaluator, so a batch comes by way of one with its own flags.
            Accumulator part = newAccumulator(withFlags(evaluator, batch.flags()));
            int number = add(batch, part);
            accumulators.get(number).merge(part);
        }
        ConformanceCase end = batches.getLast();
        Accumulator first = accumulators.getFirst();
        if (end.has("merge")) {
            first.merge(accumulators.getLast());
        }
        byte[] bytes = first.toBytes();
        if (end.has("bytes")) {
            requireText(end.line("bytes").word(), HexFormat.of().formatHex(bytes), "bytes");
        }
        if (end.has("bytes_fnv1a")) {
            String hash = HexFormat.of().toHexDigits(ConformanceArray.fnv1a(bytes));
            requireText(end.line("bytes_fnv1a").word(), hash, "bytes_fnv1a");
        }
        requireEvaluation(first.evaluate(), end);
        Accumulator read = evaluator.accumulatorFromBytes(bytes);
        requireEvaluation(read.evaluate(), end);
        requireText(
                HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(read.toBytes()), "bytes of what was read");
    }

    /** Adds a batch, and gives the number of the accumulator that it is for. */
    private int add(ConformanceCase batch, Accumulator accumulator) {
        if (batch.has("add")) {
            accumulator.add(batch(batch));
            return (int) batch.line("add").number();
        }
        List<String> words = batch.line("add_with_gradient").words();
        Loss loss = loss(words.get(1), batch.flags());
        Batch elements = batch(batch);
        ConformanceArray gradient = output(batch, elements);
        double upstream = Double.longBitsToDouble(Long.parseUnsignedLong(words.get(2), 16));
        accumulator.addWithGradient(loss, elements, upstream, Long.parseLong(words.get(3)), gradient.memory());
        requireElements("gradient", gradient, batch);
        return Integer.parseInt(words.get(0));
    }

    private void bytes() {
        byte[] bytes =
                HexFormat.of().parseHex(String.join("", subject.line("input").words()));
        Loss[] losses = subject.lines().stream()
                .filter(line -> line.keyword().equals("result"))
                .map(line -> loss(line.words().getFirst(), Set.of()))
                .toArray(Loss[]::new);
        // Bytes that are refused are so by every evaluator.
        Evaluator evaluator = losses.length == 0
                ? Evaluator.of(Loss.mnist())
                : evaluator(
                        losses,
                        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getDouble(16));
        Accumulator accumulator = evaluator.accumulatorFromBytes(bytes);
        requireEvaluation(accumulator.evaluate(), subject);
        requireText(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(accumulator.toBytes()), "bytes");
    }

    private void metrics() {
        Evaluation evaluation = evaluationOf(subject.line("counts").words().stream()
                .mapToLong(Long::parseLong)
                .toArray());
        if (subject.has("beta")) {
            evaluation.fBeta(subject.line("beta").real());
        }
        for (Line line : subject.lines()) {
            if (line.keyword().equals("metric")) {
                String name = line.words().get(0);
                requireReal(line.words().get(1), metric(evaluation, name), name);
            } else if (line.keyword().equals("f_beta")) {
                double beta = Double.longBitsToDouble(
                        Long.parseUnsignedLong(line.words().get(0), 16));
                requireReal(line.words().get(1), evaluation.fBeta(beta), "F of " + beta);
            }
        }
    }

    private static double metric(Evaluation evaluation, String name) {
        return switch (name) {
            case "accuracy" -> evaluation.accuracy();
            case "precision" -> evaluation.precision();
            case "recall" -> evaluation.recall();
            case "specificity" -> evaluation.specificity();
            case "f1" -> evaluation.f1();
            case "balanced_accuracy" -> evaluation.balancedAccuracy();
            case "jaccard" -> evaluation.jaccard();
            case "kappa" -> evaluation.kappa();
            case "matthews" -> evaluation.matthews();
            default -> throw new AssertionError("unknown metric " + name);
        };
    }

    /** An evaluation with these true and false positives, true and false negatives, by the byte form of an accumulator. */
    private static Evaluation evaluationOf(long... counts) {
        Evaluator evaluator = Evaluator.of(Loss.mnist());
        ByteBuffer bytes = ByteBuffer.wrap(evaluator.newAccumulator().toBytes()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(24, counts[0] + counts[1] + counts[2] + counts[3]);
        bytes.putLong(32, counts[0] + counts[3]);
        bytes.putLong(40, counts[0]);
        bytes.putLong(48, counts[1]);
        return evaluator.accumulatorFromBytes(bytes.array()).evaluate();
    }

    private void sigmoid() {
        Predictions logits = array(subject, "predictions").predictions();
        ConformanceArray out = kept(ConformanceArray.marked(logits.type(), (int) logits.count()));
        ArrayOperations.sigmoid(logits, out.memory());
        requireElements("out", out, subject);
    }

    private void where() {
        Condition condition = array(subject, "condition").condition();
        ConformanceArray a = array(subject, "a");
        ConformanceArray b = array(subject, "b");
        ConformanceArray out = kept(ConformanceArray.marked(a.type(), (int) condition.count()));
        ArrayOperations.where(condition, a.memory(), b.memory(), a.type().bits() / Byte.SIZE, out.memory());
        requireElements("out", out, subject);
    }

    private boolean isMean() {
        return switch (subject.line("reduction").word()) {
            case "mean" -> true;
            case "sum" -> false;
            case String other -> throw new AssertionError("unknown reduction " + other);
        };
    }

    private Loss loss(ConformanceCase from) {
        return loss(from.line("losses").word(), from.flags());
    }

    private Loss loss(String name, Set<String> flags) {
        Loss loss = switch (name) {
            case "mnist" -> Loss.mnist();
            case "brier" -> Loss.brier();
            case "log" -> Loss.log();
            default -> throw new AssertionError("unknown loss " + name);
        };
        for (String flag : flags) {
            loss = switch (flag) {
                case "logits" -> loss.fromLogits();
                case "strict" -> loss.strict();
                case "clamp" -> loss.clamp();
                case "accumulate" -> loss.accumulateGradients();
                default -> throw new AssertionError("unknown flag " + flag);
            };
        }
        return loss.threads(threads);
    }

    /** With the losses, the threshold and, except in an accumulation, whose batches have them, the flags of a case. */
    private Evaluator evaluator(ConformanceCase from) {
        Set<String> flags = from.operation().equals("accumulate") ? Set.of() : from.flags();
        Loss[] losses = from.line("losses").words().stream()
                .map(name -> loss(name, flags))
                .toArray(Loss[]::new);
        return evaluator(losses, from.real("threshold", Evaluator.DEFAULT_THRESHOLD));
    }

    private static Evaluator evaluator(Loss[] losses, double threshold) {
        return Evaluator.of(losses[0], losses).threshold(threshold);
    }

    private static Evaluator withFlags(Evaluator evaluator, Set<String> flags) {
        Evaluator flagged = flags.contains("logits") ? evaluator.fromLogits() : evaluator;
        flagged = flags.contains("strict") ? flagged.strict() : flagged;
        return flags.contains("clamp") ? flagged.clamp() : flagged;
    }

    private Accumulator newAccumulator(Evaluator evaluator) {
        return threads == 1 ? evaluator.newAccumulator() : evaluator.newConcurrentAccumulator();
    }

    private Batch batch(ConformanceCase from) {
        Batch batch = Batch.of(
                array(from, "predictions").predictions(), array(from, "targets").targets());
        return from.has("weights") ? batch.weights(array(from, "weights").weights()) : batch;
    }

    private ConformanceArray array(ConformanceCase from, String keyword) {
        return placed(ConformanceArray.of(from.line(keyword).words()));
    }

    /** The memory of a gradient or of values, with the initial content that a case gives it. */
    private ConformanceArray output(ConformanceCase from, Batch batch) {
        return kept(
                from.has("initial")
                        ? ConformanceArray.of(from.line("initial").words())
                        : ConformanceArray.marked(batch.predictions().type(), (int) batch.count()));
    }

    /** Remembers the content of an output, which a refused call must not change. */
    private ConformanceArray kept(ConformanceArray array) {
        ConformanceArray output = placed(array);
        outputs.add(output);
        outputsBefore.add(content(output.memory()));
        return output;
    }

    private ConformanceArray placed(ConformanceArray array) {
        return array.in(memory.copy(array.memory(), arena));
    }

    private static byte[] content(MemorySegment memory) {
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    private void requireRefusal(RuntimeException thrown) {
        if (!subject.has("status")) {
            throw new AssertionError("refused", thrown);
        }
        int status = (int) subject.line("status").number();
        boolean fits = switch (status) {
            case STRICT -> thrown instanceof StrictModeException;
            case WEIGHT -> thrown instanceof InvalidElementException && !(thrown instanceof StrictModeException);
            case OVERFLOW -> thrown instanceof ExactLossException;
            default -> thrown instanceof IllegalArgumentException;
        };
        if (!fits) {
            throw new AssertionError("status " + status + " is expected", thrown);
        }
        if (thrown instanceof InvalidElementException invalid) {
            List<String> violation = subject.line("violation").words();
            requireText(violation.get(0), invalid.argument().name().toLowerCase(Locale.ROOT), "the array");
            requireText(violation.get(1), Long.toString(invalid.index()), "the index");
            requireReal(violation.get(2), invalid.value(), "the element");
        }
        for (int i = 0; i < outputs.size(); i++) {
            requireText(
                    HexFormat.of().formatHex(outputsBefore.get(i)),
                    HexFormat.of().formatHex(content(outputs.get(i).memory())),
                    "an output of a refused call");
        }
    }
}
