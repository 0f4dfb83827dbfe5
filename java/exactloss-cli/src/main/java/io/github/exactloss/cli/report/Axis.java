// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.cli.report.Chart.Point;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * One axis of a chart, linear.
 *
 * @param title what is on it, with its unit if it has one
 * @param ticks values within, in order, at equal distances
 */
record Axis(String title, double from, double to, List<BigDecimal> ticks) {
    private static final int MOST_TICKS = 6;

    /** Less than this can't be told from a rounding. */
    private static final double SHORTEST = 1e-6;

    /** A vertical axis over all the points of two series, from tick to tick. */
    static Axis covering(String title, List<Point> first, List<Point> second) {
        double[] values = Stream.concat(first.stream(), second.stream())
                .mapToDouble(Point::y)
                .filter(Double::isFinite)
                .toArray();
        double min = Arrays.stream(values).min().orElse(0);
        double max = Arrays.stream(values).max().orElse(1);
        return max - min < SHORTEST ? covering(title, min - 0.01, max + 0.01) : covering(title, min, max);
    }

    private static Axis covering(String title, double min, double max) {
        BigDecimal interval = interval(max - min, MOST_TICKS);
        long first = (long) Math.floor(min / interval.doubleValue());
        long last = (long) Math.ceil(max / interval.doubleValue());
        return of(title, first, last, interval);
    }

    /** An axis from one value to another, whose ticks lie where they are round. */
    static Axis within(String title, double from, double to) {
        BigDecimal interval = interval(to - from, MOST_TICKS);
        long first = (long) Math.ceil(from / interval.doubleValue());
        long last = (long) Math.floor(to / interval.doubleValue());
        return new Axis(title, from, to, of(title, first, last, interval).ticks());
    }

    private static Axis of(String title, long first, long last, BigDecimal interval) {
        List<BigDecimal> ticks = new ArrayList<>();
        for (long i = first; i <= last; i++) {
            ticks.add(interval.multiply(BigDecimal.valueOf(i)));
        }
        return new Axis(title, ticks.getFirst().doubleValue(), ticks.getLast().doubleValue(), ticks);
    }

    /** The smallest of 1, 2 and 5 times a power of ten that divides the length into fewer than {@code most} parts. */
    private static BigDecimal interval(double length, int most) {
        double least = length / (most - 1);
        int exponent = (int) Math.floor(Math.log10(least));
        for (int factor : new int[] {1, 2, 5}) {
            BigDecimal interval = BigDecimal.valueOf(factor, -exponent);
            if (interval.doubleValue() >= least * (1 - 1e-9)) {
                return interval;
            }
        }
        return BigDecimal.valueOf(1, -exponent - 1);
    }

    /** Where a value lies: 0 at the beginning of the axis, 1 at its end. */
    double share(double value) {
        return (value - from) / (to - from);
    }
}
