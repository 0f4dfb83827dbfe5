// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LossMetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final Evaluator evaluator = Evaluator.of(Loss.mnist());
    private final Predictions predictions = Predictions.of(new float[] {0.9f, 0.4f, 0.2f});
    private final Targets targets = Targets.of(new byte[] {1, 0, 1});

    private double value(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    @Test
    void gaugesFollowTheAccumulator() {
        Accumulator accumulator = evaluator.newConcurrentAccumulator();
        new LossMetrics(accumulator).bindTo(registry);
        assertThat(value("exactloss.loss", "loss", "mnist")).isNaN();
        assertThat(value("exactloss.accuracy")).isNaN();
        assertThat(value("exactloss.count")).isZero();

        accumulator.add(predictions, targets);
        assertThat(value("exactloss.loss", "loss", "mnist")).isEqualTo(0.43333334227403003);
        assertThat(value("exactloss.accuracy")).isEqualTo(2.0 / 3);
        assertThat(value("exactloss.count")).isEqualTo(3);

        accumulator.clear();
        assertThat(value("exactloss.loss", "loss", "mnist")).isNaN();
        assertThat(value("exactloss.count")).isZero();
    }

    @Test
    void modelsShareARegistry() {
        Accumulator digits = evaluator.newWindow(Duration.ofDays(1), 2);
        Accumulator letters = evaluator.newWindow(Duration.ofDays(1), 2);
        new LossMetrics(digits, Tags.of("model", "digits")).bindTo(registry);
        new LossMetrics(letters, Tags.of("model", "letters")).bindTo(registry);
        digits.add(predictions, targets);
        assertThat(value("exactloss.count", "model", "digits")).isEqualTo(3);
        assertThat(value("exactloss.count", "model", "letters")).isZero();
        assertThat(value("exactloss.loss", "model", "digits", "loss", "mnist")).isEqualTo(0.43333334227403003);
    }
}
