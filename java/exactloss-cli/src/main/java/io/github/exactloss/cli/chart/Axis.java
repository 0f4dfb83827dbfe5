// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.chart;

import io.github.exactloss.cli.chart.Chart.Point;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * One axis of a chart.
 *
 * @param title what is on it, with its unit if it has one
 * @param ticks values within, in order
 * @param logarithmic whether equal factors, not equal differences, have the same length
 */
public record Axis(String title, double from, double to, List<Tick> ticks, boolean logarithmic) {
    /** A value, and how it is written. */
    public record Tick(double value, String label) {}

    private static final int MOST_TICKS = 6;

    /** On a logarithmic axis that has more, only powers of ten are ticks. */
    private static final int MOST_STEPS = 9;

    private static final int[] FACTORS = {1, 2, 5};

    /** Less than this can't be told from a rounding. */
    private static final double SHORTEST = 1e-6;

    private static final String[] THOUSANDS = {"", "k", "M", "G", "T", "P", "E"};

    /** A vertical axis over all the points of two series, from tick to tick. */
    public static Axis covering(String title, List<Point> first, List<Point> second) {
        double[] values = Stream.concat(first.stream(), second.stream())
                .mapToDouble(Point::y)
                .filter(Double::isFinite)
                .toArray();
        double min = Arrays.stream(values).min().orElse(0);
        double max = Arrays.stream(values).max().orElse(1);
        return max - min < SHORTEST ? covering(title, min - 0.01, max + 0.01) : covering(title, min, max);
    }

    private static Axis covering(String title, double min, double max) {
        BigDecimal interval = interval(max - min);
        long first = (long) Math.floor(min / interval.doubleValue());
        long last = (long) Math.ceil(max / interval.doubleValue());
        List<Tick> ticks = ticks(first, last, interval);
        return new Axis(title, ticks.getFirst().value(), ticks.getLast().value(), ticks, false);
    }

    /** An axis from one value to another, whose ticks lie where they are round. */
    public static Axis within(String title, double from, double to) {
        BigDecimal interval = interval(to - from);
        long first = (long) Math.ceil(from / interval.doubleValue());
        long last = (long) Math.floor(to / interval.doubleValue());
        return new Axis(title, from, to, ticks(first, last, interval), false);
    }

    /** A logarithmic axis for counts, from below 1, so that 1 can be seen, to a power of ten. */
    public static Axis ofCounts(String title, long largest) {
        int decades = (int) Math.ceil(Math.log10((double) Math.max(largest, 2)));
        int interval = Math.ceilDiv(decades, MOST_TICKS - 1);
        List<Tick> ticks = new ArrayList<>();
        for (int exponent = 0; exponent <= decades; exponent += interval) {
            String label = BigDecimal.TEN.pow(exponent % 3).toPlainString() + THOUSANDS[exponent / 3];
            ticks.add(new Tick(Math.pow(10, exponent), label));
        }
        return new Axis(title, 0.5, Math.pow(10, decades), ticks, true);
    }

    /** A logarithmic axis over positive values, from 1, 2 or 5 times a power of ten to another such number. */
    public static Axis logarithmic(String title, double[] values, DoubleFunction<String> label) {
        double min = Arrays.stream(values).min().orElse(1);
        double max = Math.max(2 * min, Arrays.stream(values).max().orElse(10));
        NavigableSet<Double> steps = steps(min, max, FACTORS);
        double from = steps.floor(min);
        double to = steps.ceiling(max);
        NavigableSet<Double> within = steps.subSet(from, true, to, true);
        if (within.size() > MOST_STEPS) {
            within = steps(min, max, 1).subSet(from, true, to, true);
        }
        List<Tick> ticks = within.stream()
                .map(value -> new Tick(value, label.apply(value)))
                .toList();
        return new Axis(title, from, to, ticks, true);
    }

    private static NavigableSet<Double> steps(double min, double max, int... factors) {
        int first = (int) Math.floor(Math.log10(min));
        int last = (int) Math.ceil(Math.log10(max));
        return IntStream.rangeClosed(first, last)
                .boxed()
                .flatMap(exponent -> Arrays.stream(factors)
                        .mapToObj(
                                factor -> BigDecimal.valueOf(factor, -exponent).doubleValue()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** An axis of names at 0, 1, 2 and so on, downwards. */
    public static Axis ofNames(String title, List<String> names) {
        List<Tick> ticks = IntStream.range(0, names.size())
                .mapToObj(i -> new Tick(i, names.get(i)))
                .toList();
        return new Axis(title, names.size() - 0.5, -0.5, ticks, false);
    }

    private static List<Tick> ticks(long first, long last, BigDecimal interval) {
        return LongStream.rangeClosed(first, last)
                .mapToObj(i -> interval.multiply(BigDecimal.valueOf(i)))
                .map(value -> new Tick(value.doubleValue(), value.toPlainString()))
                .toList();
    }

    /** The smallest of 1, 2 and 5 times a power of ten that divides the length into few enough parts. */
    private static BigDecimal interval(double length) {
        double least = length / (MOST_TICKS - 1);
        int exponent = (int) Math.floor(Math.log10(least));
        for (int factor : FACTORS) {
            BigDecimal interval = BigDecimal.valueOf(factor, -exponent);
            if (interval.doubleValue() >= least * (1 - 1e-9)) {
                return interval;
            }
        }
        return BigDecimal.valueOf(1, -exponent - 1);
    }

    /** Where a value lies: 0 at the beginning of the axis, 1 at its end. */
    double share(double value) {
        return logarithmic
                ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
                : (value - from) / (to - from);
    }
}
