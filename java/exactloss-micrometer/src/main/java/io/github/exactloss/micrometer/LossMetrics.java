// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.micrometer;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Gauges of what an accumulator holds:
 *
 * <pre>{@code
 * Accumulator lastFiveMinutes = evaluator.newWindow(Duration.ofSeconds(5), 60);
 * new LossMetrics(lastFiveMinutes, Tags.of("model", "digits")).bindTo(registry);
 * }</pre>
 *
 * <table>
 *   <caption>The gauges</caption>
 *   <tr><td>{@code exactloss.loss}</td><td>{@link Evaluation#mean(Loss)}, one gauge for each of the losses, with the loss's
 *       name in the tag {@code loss}; NaN while there are no elements</td></tr>
 *   <tr><td>{@code exactloss.accuracy}</td><td>{@link Evaluation#accuracy()}, from 0 to 1; NaN likewise</td></tr>
 *   <tr><td>{@code exactloss.count}</td><td>{@link Evaluation#count()}</td></tr>
 * </table>
 *
 * Each reading of a gauge is an evaluation, in the thread that reads. The registry keeps the accumulator from being collected.
 */
public final class LossMetrics implements MeterBinder {
    private final Accumulator accumulator;
    private final Iterable<Tag> tags;

    /**
     * The gauges of an accumulator.
     *
     * @param accumulator one that threads may use at the same time: {@link Evaluator#newConcurrentAccumulator()} or
     *     {@link Evaluator#newWindow}
     * @param tags what all gauges carry, so that several models can share a registry
     */
    public LossMetrics(Accumulator accumulator, Iterable<Tag> tags) {
        this.accumulator = accumulator;
        this.tags = tags;
    }

    /** The gauges of an accumulator, with no tags of the caller's. */
    public LossMetrics(Accumulator accumulator) {
        this(accumulator, List.of());
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (Loss loss : accumulator.evaluator().losses()) {
            gauge("loss", "Mean loss of the elements", evaluation -> evaluation.mean(loss))
                    .tag("loss", loss.name())
                    .register(registry);
        }
        gauge("accuracy", "Share of the predictions on the right side of the threshold", Evaluation::accuracy)
                .register(registry);
        gauge("count", "Evaluated elements", Evaluation::count).register(registry);
    }

    private Gauge.Builder<Accumulator> gauge(String name, String description, ToDoubleFunction<Evaluation> value) {
        return Gauge.builder("exactloss." + name, accumulator, source -> value.applyAsDouble(source.evaluate()))
                .description(description)
                .tags(tags)
                .strongReference(true);
    }
}
