// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import ai.onnxruntime.OrtException;
import io.github.exactloss.ElementType;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** One method for each {@link Peer}; each returns the loss. Before one is measured, its answer is checked. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PeersBenchmark {
    /** How many predictions there are. */
    @Param("64")
    public int elements;

    /** The order of the targets. */
    @Param("RANDOM")
    public Labels labels;

    /** How many threads a library may use. */
    @Param("1")
    public int threads;

    private Inputs inputs;
    private Loss loss;
    private Loss lossOfLogits;
    private Loss brier;
    private Loss log;
    private Loss logOfLogits;
    private Predictions predictions;
    private Predictions logits;
    private Targets targets;
    private PyTorch pyTorch;
    private OnnxRuntime onnxRuntime;
    private DuckDb duckDb;

    /** Prepares what the peer needs, and checks its answer. */
    @Setup
    public void setUp(BenchmarkParams params) throws OrtException, SQLException, ReflectiveOperationException {
        Peer peer = Peer.of(params.getBenchmark());
        inputs = Inputs.of(elements, labels);
        loss = Loss.mnist().threads(threads);
        lossOfLogits = loss.fromLogits();
        brier = Loss.brier().threads(threads);
        log = Loss.log().threads(threads);
        logOfLogits = log.fromLogits();
        predictions = Predictions.of(inputs.predictions, ElementType.FLOAT32);
        logits = Predictions.of(inputs.logits, ElementType.FLOAT32);
        targets = Targets.of(inputs.targets, ElementType.UINT8);
        switch (peer.library) {
            case EXACTLOSS, JAVA -> {}
            case PYTORCH -> pyTorch = new PyTorch(inputs, threads, peer.work.hasGradient);
            case ONNX_RUNTIME -> onnxRuntime = new OnnxRuntime(inputs, peer.work.measure, threads);
            case DUCKDB -> duckDb = DuckDb.of(inputs, threads);
        }
        if (Answers.isChecked(new Answers.Case(peer, elements, labels, threads))) {
            return;
        }
        double answer = (double) getClass().getMethod(peer.method).invoke(this);
        Answers.check(peer, inputs, threads, answer);
        if (peer.work.hasGradient) {
            boolean ofLogits = peer.work.isFromLogits;
            Answers.checkGradient(peer, inputs, pyTorch == null ? inputs.gradientArray() : pyTorch.gradient(ofLogits));
        }
    }

    /** Frees native memory. */
    @TearDown
    public void tearDown() throws OrtException {
        if (onnxRuntime != null) {
            onnxRuntime.close();
        }
        if (pyTorch != null) {
            pyTorch.close();
        }
    }

    /** The mean of views that were made before. */
    @Benchmark
    public double offHeap() {
        return loss.mean(predictions, targets);
    }

    /** The mean of arrays on the heap. Short ones need no views. */
    @Benchmark
    public double arrays() {
        return loss.mean(inputs.predictionArray, inputs.targetArray);
    }

    /** A loop over arrays. */
    @Benchmark
    public double javaLoop() {
        return JavaLoops.mean(inputs.predictionArray, inputs.targetArray);
    }

    /** The same loop with a sum in float. */
    @Benchmark
    public double javaFloatLoop() {
        return JavaLoops.meanInFloat(inputs.predictionArray, inputs.targetArray);
    }

    /** A loop over arrays by the Vector API. */
    @Benchmark
    public double vectorApi() {
        return JavaLoops.meanInVectors(inputs.predictionArray, inputs.targetArray);
    }

    /** The book's formula. */
    @Benchmark
    public double where() {
        return pyTorch.where();
    }

    /** The same mean, where targets are 0 and 1. */
    @Benchmark
    public double l1Loss() {
        return pyTorch.l1Loss();
    }

    /** A model of three operators. */
    @Benchmark
    public double onnxRuntime() throws OrtException {
        return onnxRuntime.mean();
    }

    /** A query. */
    @Benchmark
    public double duckDb() throws SQLException {
        return duckDb.mean();
    }

    /** The mean and the gradient in one pass. */
    @Benchmark
    public double gradient() {
        return loss.meanAndGradient(predictions, targets, inputs.gradient);
    }

    /** The book's formula and autograd. */
    @Benchmark
    public double whereGradient() {
        return pyTorch.whereGradient();
    }

    /** l1_loss and autograd. */
    @Benchmark
    public double l1LossGradient() {
        return pyTorch.l1LossGradient();
    }

    /** The mean, fused with the sigmoid. */
    @Benchmark
    public double logits() {
        return lossOfLogits.mean(logits, targets);
    }

    /** A sigmoid, then the book's formula. */
    @Benchmark
    public double sigmoidWhere() {
        return pyTorch.sigmoidWhere();
    }

    /** A sigmoid, then l1_loss. */
    @Benchmark
    public double sigmoidL1Loss() {
        return pyTorch.sigmoidL1Loss();
    }

    /** Sigmoid, mean and gradient in one pass. */
    @Benchmark
    public double logitsGradient() {
        return lossOfLogits.meanAndGradient(logits, targets, inputs.gradient);
    }

    /** A sigmoid, the book's formula and autograd. */
    @Benchmark
    public double sigmoidWhereGradient() {
        return pyTorch.sigmoidWhereGradient();
    }

    /** A sigmoid, l1_loss and autograd. */
    @Benchmark
    public double sigmoidL1LossGradient() {
        return pyTorch.sigmoidL1LossGradient();
    }

    /** The Brier score. */
    @Benchmark
    public double brier() {
        return brier.mean(predictions, targets);
    }

    /** mse_loss, which is the same where targets are 0 and 1. */
    @Benchmark
    public double mseLoss() {
        return pyTorch.mseLoss();
    }

    /** A model of four operators. */
    @Benchmark
    public double onnxBrier() throws OrtException {
        return onnxRuntime.mean();
    }

    /** The Brier score and its gradient in one pass. */
    @Benchmark
    public double brierGradient() {
        return brier.meanAndGradient(predictions, targets, inputs.gradient);
    }

    /** mse_loss and autograd. */
    @Benchmark
    public double mseLossGradient() {
        return pyTorch.mseLossGradient();
    }

    /** Log loss. */
    @Benchmark
    public double log() {
        return log.mean(predictions, targets);
    }

    /** A loop over arrays. */
    @Benchmark
    public double javaLogLoop() {
        return JavaLoops.meanOfLogs(inputs.predictionArray, inputs.targetArray);
    }

    /** binary_cross_entropy. */
    @Benchmark
    public double crossEntropy() {
        return pyTorch.crossEntropy();
    }

    /** A model of five operators. */
    @Benchmark
    public double onnxLog() throws OrtException {
        return onnxRuntime.mean();
    }

    /** A query. */
    @Benchmark
    public double duckDbLog() throws SQLException {
        return duckDb.meanOfLogs();
    }

    /** Log loss and its gradient in one pass. */
    @Benchmark
    public double logGradient() {
        return log.meanAndGradient(predictions, targets, inputs.gradient);
    }

    /** binary_cross_entropy and autograd. */
    @Benchmark
    public double crossEntropyGradient() {
        return pyTorch.crossEntropyGradient();
    }

    /** Log loss of logits. */
    @Benchmark
    public double logOfLogits() {
        return logOfLogits.mean(logits, targets);
    }

    /** binary_cross_entropy_with_logits. */
    @Benchmark
    public double crossEntropyOfLogits() {
        return pyTorch.crossEntropyOfLogits();
    }

    /** Log loss of logits and its gradient in one pass. */
    @Benchmark
    public double logOfLogitsGradient() {
        return logOfLogits.meanAndGradient(logits, targets, inputs.gradient);
    }

    /** binary_cross_entropy_with_logits and autograd. */
    @Benchmark
    public double crossEntropyOfLogitsGradient() {
        return pyTorch.crossEntropyOfLogitsGradient();
    }
}
