// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Batch;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@link PredictionBins} that several threads fill with parts of each batch, unless its memory is confined to one thread.
 * Not for use by several threads itself.
 */
public final class ParallelBins {
    /** The elements that take longer than to start threads. */
    private static final long WORTH_SPLITTING = 1 << 14;

    /** Stands for every other thread in the question whether memory is confined to this one. */
    private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    private final List<PredictionBins> parts;

    /**
     * Empty bins.
     *
     * @param threads how many at most take part, at least 1: this one, and others of the common fork-join pool
     * @param logits whether the predictions will come as logits
     */
    public ParallelBins(int threads, boolean logits) {
        parts = Stream.generate(() -> new PredictionBins(logits)).limit(threads).toList();
    }

    /** Adds the predictions and the targets of a batch. */
    public void add(Batch batch) {
        boolean shared = batch.predictions().segment().isAccessibleBy(ANOTHER_THREAD)
                && batch.targets().segment().isAccessibleBy(ANOTHER_THREAD);
        if (parts.size() == 1 || batch.count() < WORTH_SPLITTING || !shared) {
            parts.getFirst().add(batch);
            return;
        }
        long part = Math.ceilDiv(batch.count(), parts.size());
        IntStream.range(0, parts.size()).parallel().forEach(i -> {
            long from = Math.min(i * part, batch.count());
            parts.get(i).add(batch.slice(from, Math.min(part, batch.count() - from)));
        });
    }

    /** All that was added. To be called once, at the end. */
    public PredictionBins merged() {
        PredictionBins first = parts.getFirst();
        parts.subList(1, parts.size()).forEach(first::merge);
        return first;
    }
}
