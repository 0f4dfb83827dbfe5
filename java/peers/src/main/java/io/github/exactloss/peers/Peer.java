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
    SIGMOID_L1_LOSS_GRADIENT(Work.LOGITS_GRADIENT, Library.PYTORCH, "sigmoidL1LossGradient", "PyTorch `l1_loss`");

    /** The operations. */
    enum Work {
        MEAN("The mean", "OFF_HEAP"),
        GRADIENT("The mean and its gradient", "GRADIENT"),
        LOGITS("Sigmoid and mean", "LOGITS"),
        LOGITS_GRADIENT("Sigmoid, mean and gradient", "LOGITS_GRADIENT");

        final String title;
        private final String reference;

        Work(String title, String reference) {
            this.title = title;
            this.reference = reference;
        }

        /** The one that the others are compared with. */
        Peer reference() {
            return Peer.valueOf(reference);
        }

        boolean isFromLogits() {
            return this == LOGITS || this == LOGITS_GRADIENT;
        }

        boolean hasGradient() {
            return this == GRADIENT || this == LOGITS_GRADIENT;
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
