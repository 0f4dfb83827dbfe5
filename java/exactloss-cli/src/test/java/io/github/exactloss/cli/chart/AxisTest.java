// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.cli.chart.Axis.Tick;
import io.github.exactloss.cli.chart.Chart.Point;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
    @ParameterizedTest
    @CsvSource({
        "0, 5, '0 1 2 3 4 5'",
        "0.02, 0.5, '0.0 0.1 0.2 0.3 0.4 0.5'",
        "0.4981, 0.9799, '0.4 0.5 0.6 0.7 0.8 0.9 1.0'",
        "0.9784, 0.97988, '0.9780 0.9785 0.9790 0.9795 0.9800'",
        "-3, 1200, '-500 0 500 1000 1500'",
        "0.5, 0.5, '0.490 0.495 0.500 0.505 0.510'",
        "NaN, NaN, '0.0 0.2 0.4 0.6 0.8 1.0'"
    })
    void valuesLieBetweenRoundTicks(double one, double other, String ticks) {
        Axis axis = Axis.covering("", List.of(new Point(0, one)), List.of(new Point(0, other)));
        assertThat(axis.ticks().stream().map(Tick::label)).containsExactly(ticks.split(" "));
        assertThat(axis.share(axis.ticks().getFirst().value())).isZero();
        assertThat(axis.share(axis.ticks().getLast().value())).isEqualTo(1);
    }

    @Test
    void ticksWithinAreRound() {
        Axis axis = Axis.within("", 14.9, 20);
        assertThat(axis.ticks().stream().map(Tick::label)).containsExactly("16", "18", "20");
        assertThat(axis.share(14.9)).isZero();
        assertThat(axis.share(20)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, '1 10'",
        "1, '1 10'",
        "11, '1 10 100'",
        "100000, '1 10 100 1k 10k 100k'",
        "100001, '1 100 10k 1M'",
        "9223372036854775807, '1 10k 100M 1T 10P'"
    })
    void countsHaveLogarithms(long largest, String labels) {
        Axis axis = Axis.ofCounts("", largest);
        assertThat(axis.ticks().stream().map(Tick::label)).containsExactly(labels.split(" "));
        assertThat(axis.share(0)).isZero();
        assertThat(axis.share(1)).isPositive();
        assertThat(axis.share((double) largest)).isBetween(0.0, 1.0);
    }

    @ParameterizedTest
    @CsvSource({
        "0.5, 130, '0.5 1.0 2.0 5.0 10.0 20.0 50.0 100.0 200.0'",
        "0.085, 430, '0.1 1.0 10.0 100.0'",
        "10, 10, '10.0 20.0'",
        "1.5, 1.6, '1.0 2.0 5.0'"
    })
    void logarithmsLieBetweenRoundNumbers(double least, double greatest, String labels) {
        Axis axis = Axis.logarithmic("", new double[] {greatest, least}, Double::toString);
        assertThat(axis.ticks().stream().map(Tick::label)).containsExactly(labels.split(" "));
        assertThat(axis.share(least)).isBetween(0.0, 0.5);
        assertThat(axis.share(greatest)).isBetween(axis.share(least), 1.0);
        assertThat(axis.share(axis.from())).isZero();
        assertThat(axis.share(axis.to())).isEqualTo(1);
    }

    @Test
    void namesGoDown() {
        Axis axis = Axis.ofNames("", List.of("a", "b", "c", "d"));
        assertThat(axis.ticks())
                .containsExactly(new Tick(0, "a"), new Tick(1, "b"), new Tick(2, "c"), new Tick(3, "d"));
        assertThat(axis.share(0)).isEqualTo(0.875);
        assertThat(axis.share(3)).isEqualTo(0.125);
    }
}
