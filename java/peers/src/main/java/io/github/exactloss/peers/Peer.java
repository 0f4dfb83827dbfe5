// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.util.Arrays;

/** A way to compute an operation: each is a method of {@link PeersBenchmark}. */
enum Peer {
    OFF_HEAP(Work.MEAN, Library.EXACTLOSS, "offHeap", "**exactloss**, off-heap"),
    ARRAYS(Work.MEAN, Library.EXACTLOSS, "arrays", "**exactloss**, arrays"),
    JAVA_LOOP(Work.MEAN, Library.JAVA, "javaLoop", "Java loop, sum in double"),
    JAVA_FLOAT_LOOP(Work.MEAN, Library.JAVA, "javaFloatLoop", "Java loop, sum in float"),
    VECTOR_API(Work.MEAN, Library.JAVA, "vectorApi", "Java Vector API"),
    WHERE(Work.MEAN, Library.PYTORCH, "where", "PyTorch `where().mean()`"),
    L1_LOSS(Work.MEAN, Library.PYTORCH, "l1Loss", "PyTorch `l1_loss`"),
    ONNX_RUNTIME(Work.MEAN, Library.ONNX_RUNTIME, "onnxRuntime", "ONNX Runtime"),
    DUCKDB(Work.MEAN, Library.DUCKDB, "duckDb", "DuckDB `avg(CASE …)`"),

    GRADIENT(Work.GRADIENT, Library.EXACTLOSS, "gradient", "**exactloss**, off-heap"),
    WHERE_GRADIENT(Work.GRADIENT, Library.PYTORCH, "whereGradient", "PyTorch `where().mean()`"),
    L1_LOSS_GRADIENT(Work.GRADIENT, Library.PYTORCH, "l1LossGradient", "PyTorch `l1_loss`"),

    LOGITS(Work.LOGITS, Library.EXACTLOSS, "logits", "**exactloss**, off-heap"),
    SIGMOID_WHERE(Work.LOGITS, Library.PYTORCH, "sigmoidWhere", "PyTorch `where().mean()`"),
    SIGMOID_L1_LOSS(Work.LOGITS, Library.PYTORCH, "sigmoidL1Loss", "PyTorch `l1_loss`"),

    LOGITS_GRADIENT(Work.LOGITS_GRADIENT, Library.EXACTLOSS, "logitsGradient", "**exactloss**, off-heap"),
    SIGMOID_WHERE_GRADIENT(Work.LOGITS_GRADIENT, Library.PYTORCH, "sigmoidWhereGradient", "PyTorch `where().mean()`"),
    SIGMOID_L1_LOSS_GRADIENT(Work.LOGITS_GRADIENT, Library.PYTORCH, "sigmoidL1LossGradient", "PyTorch `l1_loss`"),

    BRIER(Work.BRIER, Library.EXACTLOSS, "brier", "**exactloss**, off-heap"),
    MSE_LOSS(Work.BRIER, Library.PYTORCH, "mseLoss", "PyTorch `mse_loss`"),
    ONNX_BRIER(Work.BRIER, Library.ONNX_RUNTIME, "onnxBrier", "ONNX Runtime"),

    BRIER_GRADIENT(Work.BRIER_GRADIENT, Library.EXACTLOSS, "brierGradient", "**exactloss**, off-heap"),
    MSE_LOSS_GRADIENT(Work.BRIER_GRADIENT, Library.PYTORCH, "mseLossGradient", "PyTorch `mse_loss`"),

    LOG(Work.LOG, Library.EXACTLOSS, "log", "**exactloss**, off-heap"),
    JAVA_LOG_LOOP(Work.LOG, Library.JAVA, "javaLogLoop", "Java loop, `Math.log`"),
    CROSS_ENTROPY(Work.LOG, Library.PYTORCH, "crossEntropy", "PyTorch `binary_cross_entropy`"),
    ONNX_LOG(Work.LOG, Library.ONNX_RUNTIME, "onnxLog", "ONNX Runtime"),
    DUCKDB_LOG(Work.LOG, Library.DUCKDB, "duckDbLog", "DuckDB `avg(-ln(…))`"),

    LOG_GRADIENT(Work.LOG_GRADIENT, Library.EXACTLOSS, "logGradient", "**exactloss**, off-heap"),
    CROSS_ENTROPY_GRADIENT(
            Work.LOG_GRADIENT, Library.PYTORCH, "crossEntropyGradient", "PyTorch `binary_cross_entropy`"),

    LOG_OF_LOGITS(Work.LOG_OF_LOGITS, Library.EXACTLOSS, "logOfLogits", "**exactloss**, off-heap"),
    CROSS_ENTROPY_OF_LOGITS(
            Work.LOG_OF_LOGITS, Library.PYTORCH, "crossEntropyOfLogits", "PyTorch `binary_cross_entropy_with_logits`"),

    LOG_OF_LOGITS_GRADIENT(
            Work.LOG_OF_LOGITS_GRADIENT, Library.EXACTLOSS, "logOfLogitsGradient", "**exactloss**, off-heap"),
    CROSS_ENTROPY_OF_LOGITS_GRADIENT(
            Work.LOG_OF_LOGITS_GRADIENT,
            Library.PYTORCH,
            "crossEntropyOfLogitsGradient",
            "PyTorch `binary_cross_entropy_with_logits`");

    /** The losses. */
    enum Measure {
        MNIST,
        BRIER,
        LOG
    }

    /** The operations. */
    enum Work {
        MEAN("The mean", "OFF_HEAP", Measure.MNIST, false, false),
        GRADIENT("The mean and its gradient", "GRADIENT", Measure.MNIST, false, true),
        LOGITS("Sigmoid and mean", "LOGITS", Measure.MNIST, true, false),
        LOGITS_GRADIENT("Sigmoid, mean and gradient", "LOGITS_GRADIENT", Measure.MNIST, true, true),
        BRIER("The Brier score", "BRIER", Measure.BRIER, false, false),
        BRIER_GRADIENT("The Brier score and its gradient", "BRIER_GRADIENT", Measure.BRIER, false, true),
        LOG("Log loss", "LOG", Measure.LOG, false, false),
        LOG_GRADIENT("Log loss and its gradient", "LOG_GRADIENT", Measure.LOG, false, true),
        LOG_OF_LOGITS("Log loss of logits", "LOG_OF_LOGITS", Measure.LOG, true, false),
        LOG_OF_LOGITS_GRADIENT(
                "Log loss of logits and its gradient", "LOG_OF_LOGITS_GRADIENT", Measure.LOG, true, true);

        final String title;
        final Measure measure;
        final boolean isFromLogits;
        final boolean hasGradient;
        private final String reference;

        Work(String title, String reference, Measure measure, boolean isFromLogits, boolean hasGradient) {
            this.title = title;
            this.reference = reference;
            this.measure = measure;
            this.isFromLogits = isFromLogits;
            this.hasGradient = hasGradient;
        }

        /** The one that the others are compared with. */
        Peer reference() {
            return Peer.valueOf(reference);
        }
    }

    /** Whose code does it. */
    enum Library {
        EXACTLOSS,
        JAVA,
        PYTORCH,
        ONNX_RUNTIME,
        DUCKDB
    }

    final Work work;
    final Library library;
    final String method;

    /** In Markdown. */
    final String title;

    Peer(Work work, Library library, String method, String title) {
        this.work = work;
        this.library = library;
        this.method = method;
        this.title = title;
    }

    /** The one behind a benchmark, by its qualified name. */
    static Peer of(String benchmark) {
        return Arrays.stream(values())
                .filter(peer -> peer.benchmark().equals(benchmark))
                .findFirst()
                .orElseThrow();
    }

    String benchmark() {
        return PeersBenchmark.class.getName() + "." + method;
    }

    boolean usesThreads() {
        return library != Library.JAVA;
    }
}
