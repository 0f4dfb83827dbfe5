// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.micrometer;

import io.github.exactloss.Evaluation;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Gauges of an evaluation that changes, such as that of a {@link io.github.exactloss.LossWindow} or a
 * {@link io.github.exactloss.ConcurrentLossAccumulator}:
 *
 * <pre>{@code new LossMetrics(window::result, Tags.of("model", "digits")).bindTo(registry);}</pre>
 *
 * <table>
 *   <caption>The gauges</caption>
 *   <tr><td>{@code exactloss.loss}</td><td>{@link Evaluation#loss()}; NaN while there are no elements</td></tr>
 *   <tr><td>{@code exactloss.accuracy}</td><td>{@link Evaluation#accuracy()}, from 0 to 1; NaN likewise</td></tr>
 *   <tr><td>{@code exactloss.count}</td><td>{@link Evaluation#count()}</td></tr>
 * </table>
 *
 * Whoever reads a gauge evaluates anew. The registry keeps the source of the evaluations from being collected; once that is
 * closed, the gauges are NaN.
 */
@SuppressWarnings("exports") // were Micrometer required transitively, javac would ask everybody for it
public final class LossMetrics implements MeterBinder {
    private final Supplier<Evaluation> evaluations;
    private final Iterable<Tag> tags;

    /**
     * The gauges of a source of evaluations.
     *
     * @param evaluations gives the present one, in any thread
     * @param tags what all three gauges carry, so that several models can share a registry
     */
    public LossMetrics(Supplier<Evaluation> evaluations, Iterable<Tag> tags) {
        this.evaluations = evaluations;
        this.tags = tags;
    }

    /** The gauges of a source of evaluations, without tags. */
    public LossMetrics(Supplier<Evaluation> evaluations) {
        this(evaluations, List.of());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(registry, "loss", "Mean distance of the predictions from their targets", Evaluation::loss);
        gauge(
                registry,
                "accuracy",
                "Share of the predictions on the right side of the threshold",
                Evaluation::accuracy);
        gauge(registry, "count", "Evaluated elements", Evaluation::count);
    }

    private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<Evaluation> value) {
        Gauge.builder("exactloss." + name, evaluations, source -> value.applyAsDouble(source.get()))
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }
}
