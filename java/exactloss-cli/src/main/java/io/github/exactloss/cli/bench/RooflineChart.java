// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.bench;

import io.github.exactloss.cli.BadDataException;
import io.github.exactloss.cli.bench.Measurements.Row;
import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import io.github.exactloss.cli.chart.Chart.Point;
import io.github.exactloss.cli.chart.Figure;
import io.github.exactloss.cli.chart.Figure.Panel;
import io.github.exactloss.cli.chart.Figure.Style;
import io.github.exactloss.cli.chart.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;

/**
 * The picture of a machine: on the left the speed of the mean in one thread at each level of memory, with the inexact mean
 * beside it, below the roof that memory sets; on the right the share of the memory's bandwidth that each operation reaches
 * at the last level.
 */
public final class RooflineChart {
    /** The part of the measurements that it shows. */
    public static final String SUITE = "operations";

    private static final String MEAN = "mnist_loss_mean";
    private static final String INEXACT_MEAN = "inexact_mean";
    private static final String READ = "read";
    private static final Set<String> LOOPS = Set.of(READ, "copy", "fill", "read_and_write");

    private static final String INEXACT = "-inexact";
    private static final String DASHED = "stroke-width: 2; stroke-dasharray: 6 4";

    private static final Style ROOF =
            new Style("roof", "roof: the fastest reading", "rgb(125,125,125)", "stroke-width: 5", null);

    /** By the instruction sets' names, in colours that differ for everybody (Okabe and Ito's), and with shapes that do. */
    private static final List<Style> ISAS = List.of(
            new Style("avx512", "AVX-512", "rgb(0,114,178)", "stroke-width: 2", Shape.CIRCLE),
            new Style("avx2", "AVX2", "rgb(213,94,0)", "stroke-width: 2", Shape.SQUARE),
            new Style("sse4.1", "SSE4.1", "rgb(204,121,167)", "stroke-width: 2", Shape.CIRCLE),
            new Style("sse2", "SSE2", "rgb(230,159,0)", "stroke-width: 2", Shape.SQUARE),
            new Style("neon", "NEON", "rgb(86,180,233)", "stroke-width: 2", Shape.CIRCLE),
            new Style("portable", "portable C", "rgb(0,158,115)", "stroke-width: 2", Shape.DIAMOND));

    /** Where the axis of shares ends, so that the mark at 1 is not its edge. */
    private static final double BEYOND_ONE = 1.05;

    private final List<Row> rows;

    /** The mean, the inexact mean and the plain loop that reads the same bytes. */
    private final List<Row> readers;

    /** The instruction sets that were measured. */
    private final List<Style> isas;

    private final String machine;

    /** @throws BadDataException if the measurements have no suite of operations */
    public RooflineChart(Measurements measurements) {
        machine = measurements.machine();
        rows = measurements.rows().stream()
                .filter(row -> SUITE.equals(row.suite()) && row.threads() == 1)
                .sorted(Comparator.comparingLong(Row::elements))
                .toList();
        if (rows.stream().noneMatch(is(MEAN)) || rows.stream().noneMatch(is(READ))) {
            throw new BadDataException("the measurements have no suite \"" + SUITE + "\" with " + MEAN + " and " + READ
                    + ", which the picture shows");
        }
        double bytes = rows.stream().filter(is(MEAN)).findFirst().orElseThrow().bytesPerElement();
        readers = rows.stream()
                .filter(is(MEAN).or(is(INEXACT_MEAN)).or(is(READ)))
                .filter(row -> row.bytesPerElement() == bytes)
                .toList();
        isas = ISAS.stream().filter(isa -> rows.stream().anyMatch(ran(isa))).toList();
    }

    /**
     * The picture's file.
     *
     * @param format {@code png} or {@code svg}
     */
    public byte[] write(String format) {
        List<Style> styles = new ArrayList<>(List.of(ROOF));
        isas.forEach(isa ->
                styles.add(new Style(isa.name(), "exact, " + isa.title(), isa.colour(), isa.stroke(), isa.shape())));
        isas.forEach(isa -> styles.add(
                new Style(isa.name() + INEXACT, "inexact, " + isa.title(), isa.colour(), DASHED, isa.shape())));
        String title = "float32 predictions, uint8 targets, 1 thread of " + machine;
        return new Figure(title, styles, List.of(new Panel(levels(), 40, 520), new Panel(shares(), 190, 400)))
                .write(format);
    }

    private static Predicate<Row> is(String operation) {
        return row -> row.operation().equals(operation);
    }

    private static Predicate<Row> ran(Style isa) {
        return row -> row.isa().equals(isa.name());
    }

    private Chart levels() {
        List<Row> roof = roof();
        Chart chart = new Chart(
                "The speed of the mean by each instruction set, exact and inexact, over the size of its input, below the"
                        + " fastest reading of as many bytes.",
                Axis.logarithmic(
                        "bytes read",
                        readers.stream().mapToDouble(RooflineChart::bytes).toArray(),
                        RooflineChart::size),
                Axis.logarithmic(
                        "mean: GB/s", readers.stream().mapToDouble(Row::gbPerS).toArray(), RooflineChart::plain));
        chart.line(ROOF.name(), points(roof));
        roof.forEach(row -> chart.note("%.0f".formatted(row.gbPerS()), point(row)));
        for (Style isa : isas) {
            add(chart, isa, isa.name() + INEXACT, INEXACT_MEAN);
            add(chart, isa, isa.name(), MEAN);
        }
        return chart;
    }

    /** The fastest reader at each size. By chance that may be a mean, and nothing may lie above the roof. */
    private List<Row> roof() {
        return readers.stream()
                .map(Row::elements)
                .distinct()
                .flatMap(elements -> readers.stream()
                        .filter(row -> row.elements() == elements)
                        .max(Comparator.comparingDouble(Row::gbPerS))
                        .stream())
                .toList();
    }

    private void add(Chart chart, Style isa, String style, String operation) {
        List<Point> points =
                points(readers.stream().filter(is(operation).and(ran(isa))).toList());
        chart.line(style, points).dots(style, isa.shape(), points);
    }

    private static List<Point> points(List<Row> rows) {
        return rows.stream().map(RooflineChart::point).toList();
    }

    private static Point point(Row row) {
        return new Point(bytes(row), row.gbPerS());
    }

    private static double bytes(Row row) {
        return row.elements() * row.bytesPerElement();
    }

    private static String size(double bytes) {
        return bytes < 1e6
                ? plain(bytes / 1e3) + " KB"
                : bytes < 1e9 ? plain(bytes / 1e6) + " MB" : plain(bytes / 1e9) + " GB";
    }

    private static String plain(double number) {
        return number < 1 ? Double.toString(number) : "%.0f".formatted(number);
    }

    private Chart shares() {
        long most = rows.getLast().elements();
        List<Row> last = rows.stream()
                .filter(row -> row.elements() == most && !LOOPS.contains(row.operation()))
                .toList();
        List<String> operations = last.stream().map(Row::operation).distinct().toList();
        double greatest = last.stream()
                .flatMapToDouble(row -> DoubleStream.of(row.shareOfBandwidth(), row.greatestShare()))
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        Axis names = Axis.ofNames(
                "%,d elements: least, median and greatest speed".formatted(most),
                operations.stream().map(RooflineChart::name).toList());
        Chart chart = new Chart(
                "The speed of each operation by each instruction set, as a share of that of a loop that only moves the"
                        + " same bytes.",
                Axis.within("speed of a loop that only moves the same bytes = 1", 0, Math.max(BEYOND_ONE, greatest)),
                names);
        chart.line(ROOF.name(), List.of(new Point(1, names.from()), new Point(1, names.to())));
        for (Row row : last) {
            isas.stream().filter(isa -> ran(isa).test(row)).forEach(isa -> {
                double y = operations.indexOf(row.operation());
                chart.line(isa.name(), List.of(new Point(row.leastShare(), y), new Point(row.greatestShare(), y)));
                chart.dots(isa.name(), isa.shape(), List.of(new Point(row.shareOfBandwidth(), y)));
            });
        }
        return chart;
    }

    /** An operation's name in words: "mean (logits)" for mnist_loss_mean_logits. */
    private static String name(String operation) {
        return operation
                .replace("mnist_loss_", "")
                .replaceFirst("_(logits|rows)$", " ($1)")
                .replace('_', ' ');
    }
}
