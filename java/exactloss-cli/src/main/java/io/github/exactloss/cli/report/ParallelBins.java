// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
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
     * @param arena a shared one, which owns their off-heap memory
     */
    public ParallelBins(int threads, boolean logits, Arena arena) {
        parts = Stream.generate(() -> new PredictionBins(logits, arena))
                .limit(threads)
                .toList();
    }

    /** Adds as many predictions as targets. */
    public void add(Predictions predictions, Targets targets) {
        boolean shared = predictions.segment().isAccessibleBy(ANOTHER_THREAD)
                && targets.segment().isAccessibleBy(ANOTHER_THREAD);
        if (parts.size() == 1 || predictions.count() < WORTH_SPLITTING || !shared) {
            parts.getFirst().add(predictions, targets);
            return;
        }
        long part = Math.ceilDiv(predictions.count(), parts.size());
        IntStream.range(0, parts.size()).parallel().forEach(i -> {
            long from = Math.min(i * part, predictions.count());
            long count = Math.min(part, predictions.count() - from);
            parts.get(i).add(predictions.slice(from, count), targets.slice(from, count));
        });
    }

    /** All that was added. To be called once, at the end. */
    public PredictionBins merged() {
        PredictionBins first = parts.getFirst();
        parts.subList(1, parts.size()).forEach(first::merge);
        return first;
    }
}
