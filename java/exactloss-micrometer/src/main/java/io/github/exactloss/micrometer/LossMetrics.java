// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.micrometer;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Gauges of an accumulator that any thread may use, such as {@link io.github.exactloss.Evaluator#newWindow}:
 *
 * <pre>{@code new LossMetrics(window, Tags.of("model", "digits")).bindTo(registry);}</pre>
 *
 * <table>
 *   <caption>The gauges</caption>
 *   <tr><td>{@code exactloss.loss}</td><td>{@link Evaluation#mean}, one gauge for each loss, with the tag {@code loss}, such
 *   as {@code loss="mnist"}; NaN while there are no elements</td></tr>
 *   <tr><td>{@code exactloss.accuracy}</td><td>{@link Evaluation#accuracy()}, from 0 to 1; NaN likewise</td></tr>
 *   <tr><td>{@code exactloss.count}</td><td>{@link Evaluation#count()}</td></tr>
 * </table>
 *
 * Each reading of a gauge evaluates anew. The registry keeps the accumulator from being collected.
 */
public final class LossMetrics implements MeterBinder {
    private final Accumulator accumulator;
    private final Iterable<Tag> tags;

    /**
     * The gauges of an accumulator.
     *
     * @param accumulator one that any thread may use: the registry reads it in a thread of its own
     * @param tags the tags of all gauges, so that several models can share a registry
     */
    public LossMetrics(Accumulator accumulator, Iterable<Tag> tags) {
        this.accumulator = accumulator;
        this.tags = tags;
    }

    /** The gauges of an accumulator, without tags. */
    public LossMetrics(Accumulator accumulator) {
        this(accumulator, List.of());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (Loss loss : accumulator.evaluator().losses()) {
            gauge(
                    registry,
                    "loss",
                    "Mean loss of the elements",
                    Tags.of("loss", loss.name()),
                    evaluation -> evaluation.mean(loss));
        }
        gauge(
                registry,
                "accuracy",
                "Share of the predictions on the right side of the threshold",
                Tags.empty(),
                Evaluation::accuracy);
        gauge(registry, "count", "Evaluated elements", Tags.empty(), Evaluation::count);
    }

    private void gauge(
            MeterRegistry registry, String name, String description, Tags more, ToDoubleFunction<Evaluation> value) {
        Gauge.builder("exactloss." + name, accumulator, source -> value.applyAsDouble(source.evaluate()))
                .description(description)
                .tags(tags)
                .tags(more)
                .strongReference(true)
                .register(registry);
    }
}
