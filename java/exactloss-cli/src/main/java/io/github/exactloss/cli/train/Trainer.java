// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.Accumulator;
import io.github.exactloss.ArrayOperations;
import io.github.exactloss.Batch;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains a {@link LinearClassifier} by stochastic gradient descent in shuffled mini-batches. The sigmoid, the loss, its
 * gradient and the metrics come from the native library. Not thread-safe; its memory belongs to the arena that it was
 * made with.
 */
public final class Trainer {
    /**
     * How to train.
     *
     * @param batchSize digits in a mini-batch, at least 1; the last one of an epoch may have fewer
     * @param learningRate the factor of the gradient in a step, positive
     * @param seed of the first weights and of the order of the digits
     * @param loss is descended; where it is {@linkplain Loss#fromLogits() from logits}, all losses are
     */
    public record Settings(int batchSize, double learningRate, long seed, Loss loss) {
        boolean logits() {
            return loss.isFromLogits();
        }
    }

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final DigitDataSet data;
    private final Settings settings;
    private final Loss loss;
    private final Evaluator evaluator;
    private final Random random;
    private final LinearClassifier classifier;
    private final int[] order;
    private final int[] validationOrder;
    private final Predictions outputs;
    private final Targets labels;

    /** The derivative of the loss with respect to the logits of a mini-batch. */
    private final MemorySegment gradient;

    private int epochs;

    /** A trainer with a fresh classifier. The same data, settings and calls give the same numbers. */
    public Trainer(DigitDataSet data, Settings settings, Arena arena) {
        this.data = data;
        this.settings = settings;
        // Clamped: where a prediction rounds to 0 or 1, the gradient of the log loss would be infinite, and 0 times it
        // NaN.
        loss = settings.loss().clamp();
        Evaluator all = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log()).clamp();
        evaluator = settings.logits() ? all.fromLogits() : all;
        // java.util.Random, because the algorithms of its generator and of its Gaussians are fixed by specification.
        random = new Random(settings.seed());
        classifier = new LinearClassifier(random, arena);
        order = IntStream.range(0, data.training().count()).toArray();
        validationOrder = IntStream.range(0, data.validation().count()).toArray();
        int batch = Math.min(settings.batchSize(), order.length);
        outputs = Predictions.allocate(Math.max(batch, validationOrder.length), ElementType.FLOAT32, arena);
        labels = Targets.allocate(batch, ElementType.UINT8, arena);
        gradient = arena.allocate(FLOAT, batch);
    }

    /** The loss that is descended. */
    public Loss loss() {
        return loss;
    }

    /** The number of mini-batches in an epoch. */
    public int batches() {
        return Math.ceilDiv(order.length, settings.batchSize());
    }

    /**
     * Trains for one more epoch.
     *
     * @param afterBatch runs after each mini-batch
     */
    public Epoch epoch(Runnable afterBatch) {
        shuffle();
        Accumulator training = evaluator.newAccumulator();
        for (int from = 0; from < order.length; ) {
            // Not from + batchSize, which may overflow.
            int to = from + Math.min(settings.batchSize(), order.length - from);
            step(from, to, training);
            afterBatch.run();
            from = to;
        }
        epochs++;
        return new Epoch(epochs, training.evaluate(), validate());
    }

    private void step(int from, int to, Accumulator training) {
        int count = to - from;
        MemorySegment allLabels = data.training().labels().segment();
        for (int i = 0; i < count; i++) {
            byte label = allLabels.get(ValueLayout.JAVA_BYTE, order[from + i]);
            labels.segment().set(ValueLayout.JAVA_BYTE, i, label);
        }
        Predictions predictions = predict(classifier, data.training(), order, from, to);
        training.addWithGradient(loss, Batch.of(predictions, labels.slice(0, count)), 1, count, gradient);
        if (!settings.logits()) {
            passSigmoid(predictions.segment(), count);
        }
        classifier.descend(data.training(), order, from, to, gradient, settings.learningRate());
    }

    /** The metrics of the validation digits, as the classifier is now. */
    public Evaluation validate() {
        return validate(classifier);
    }

    /**
     * The same of a classifier with other weights. The one that is trained stays as it is.
     *
     * @param weights as {@link #weights()} gives them
     */
    public Evaluation validate(float[] weights) {
        try (Arena arena = Arena.ofConfined()) {
            return validate(new LinearClassifier(weights, arena));
        }
    }

    private Evaluation validate(LinearClassifier classifier) {
        Predictions predictions = predict(classifier, data.validation(), validationOrder, 0, validationOrder.length);
        return evaluator.evaluate(predictions, data.validation().labels());
    }

    /**
     * The validation digits that the classifier takes for the other one, the surest first.
     *
     * @param most how many, at most
     */
    public List<Mistake> mistakes(int most) {
        Digits digits = data.validation();
        Predictions outputs = this.outputs.slice(0, digits.count());
        classifier.logits(digits, validationOrder, 0, digits.count(), outputs.segment());
        // Many a sigmoid rounds to 1: the logits still tell which is the surest.
        float[] logits = outputs.segment().toArray(FLOAT);
        ArrayOperations.sigmoid(outputs, outputs.segment());
        return IntStream.range(0, digits.count())
                .filter(i -> outputs.segment().getAtIndex(FLOAT, i) > evaluator.threshold() != digits.isThree(i))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(logits[i])))
                .limit(most)
                .map(i -> new Mistake(
                        digits.indices().getAtIndex(ValueLayout.JAVA_INT, i),
                        digits.isThree(i),
                        outputs.segment().getAtIndex(FLOAT, i),
                        digits.image(i)))
                .toList();
    }

    /** The weights as they are now: one a pixel, row after row, then the bias. A copy. */
    public float[] weights() {
        return classifier.weights();
    }

    /** What the loss takes, predictions or logits, of the images with the indices in [from, to). */
    private Predictions predict(LinearClassifier classifier, Digits digits, int[] images, int from, int to) {
        Predictions predictions = outputs.slice(0, to - from);
        classifier.logits(digits, images, from, to, predictions.segment());
        if (!settings.logits()) {
            ArrayOperations.sigmoid(predictions, predictions.segment());
        }
        return predictions;
    }

    /** The chain rule from the predictions to the logits: the sigmoid's derivative is p * (1 - p). */
    private void passSigmoid(MemorySegment predictions, int count) {
        for (int i = 0; i < count; i++) {
            float p = predictions.getAtIndex(FLOAT, i);
            gradient.setAtIndex(FLOAT, i, gradient.getAtIndex(FLOAT, i) * p * (1 - p));
        }
    }

    /** A Fisher-Yates shuffle. */
    private void shuffle() {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
    }
}
