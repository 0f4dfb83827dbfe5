// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.bench;

import io.github.exactloss.cli.BadDataException;
import io.github.exactloss.cli.bench.Measurements.Row;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The picture of a machine: on the left how fast the mean is in one thread from each level of memory, below the roof of
 * plain reading, with the inexact mean beside it; on the right what share of the bandwidth each operation reaches from the
 * last level.
 */
public final class RooflineChart {
    private static final int HEIGHT = 620;
    private static final int LEFT_WIDTH = 860;
    private static final int RIGHT_WIDTH = 700;

    /** The part of the measurements that it shows. */
    public static final String SUITE = "operations";

    private static final String MEAN = "mnist_loss_mean";
    private static final String INEXACT_MEAN = "inexact_mean";
    private static final String READ = "read";

    private static final BasicStroke SOLID = new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke ROOF = new BasicStroke(5, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke DASHED =
            new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {7, 5}, 0);

    /** An instruction set and how it looks. */
    private record Isa(String name, String title, Color color, Marker marker) {
        boolean ran(Row row) {
            return name.equals(row.isa());
        }
    }

    /** In colours that differ for everybody (Okabe and Ito's), and with marks that do. */
    private static final List<Isa> ISAS = List.of(
            new Isa("avx512", "AVX-512", new Color(0x0072B2), SeriesMarkers.CIRCLE),
            new Isa("avx2", "AVX2", new Color(0xD55E00), SeriesMarkers.SQUARE),
            new Isa("portable", "portable C", new Color(0x009E73), SeriesMarkers.DIAMOND));

    /** Two charts as one. */
    private record SideBySide(IChart left, IChart right) implements IChart {
        @Override
        public void paint(Graphics2D graphics, int width, int height) {
            left.paint(graphics, left.getWidth(), height);
            graphics.translate(left.getWidth(), 0);
            right.paint(graphics, right.getWidth(), height);
        }

        @Override
        public int getWidth() {
            return left.getWidth() + right.getWidth();
        }

        @Override
        public int getHeight() {
            return left.getHeight();
        }

        @Override
        public String getTitle() {
            return left.getTitle();
        }
    }

    private final List<Row> rows;
    private final String machine;

    /** @throws BadDataException if the measurements have no suite of operations */
    public RooflineChart(Measurements measurements) {
        machine = measurements.machine();
        rows = measurements.rows().stream()
                .filter(row -> SUITE.equals(row.suite()) && row.threads() == 1)
                .toList();
        if (rows.stream().noneMatch(is(MEAN)) || rows.stream().noneMatch(is(READ))) {
            throw new BadDataException("the measurements have no suite \"" + SUITE + "\" with " + MEAN + " and " + READ
                    + ", which the picture shows");
        }
    }

    /**
     * Writes the picture.
     *
     * @param format {@code png} or {@code svg}
     */
    public void write(OutputStream out, String format) throws IOException {
        ChartEncoder.saveChart(new SideBySide(levels(), shares()), out, format);
    }

    private static Predicate<Row> is(String operation) {
        return row -> row.operation().equals(operation);
    }

    private XYChart levels() {
        XYChart chart = new XYChartBuilder()
                .width(LEFT_WIDTH)
                .height(HEIGHT)
                .title("The mean of float32 with uint8 targets, 1 thread of " + machine)
                .xAxisTitle("bytes read")
                .yAxisTitle("GB/s")
                .build();
        double bytes = rows.stream().filter(is(MEAN)).findFirst().orElseThrow().bytesPerElement();
        List<Row> mean = rows.stream()
                .filter(row -> row.bytesPerElement() == bytes && row.bytesWritten() == 0)
                .toList();
        List<Row> roof = roof(mean);
        add(chart, "roof: plain reading", roof, ROOF, Color.DARK_GRAY, SeriesMarkers.NONE);
        for (Row row : roof) {
            chart.addAnnotation(new AnnotationText(
                    "%.0f GB/s".formatted(row.gbPerS()), row.elements() * bytes * 1.5, row.gbPerS() * 1.25, false));
        }
        for (Isa isa : ISAS) {
            add(chart, "exact, " + isa.title, select(mean, MEAN, isa), SOLID, isa.color, isa.marker);
        }
        for (Isa isa : ISAS) {
            add(chart, "inexact, " + isa.title, select(mean, INEXACT_MEAN, isa), DASHED, isa.color, isa.marker);
        }
        style(chart.getStyler());
        chart.getStyler()
                .setXAxisMin(decadeBelow(mean, row -> row.elements() * bytes))
                .setXAxisMax(decadeAbove(mean, row -> row.elements() * bytes))
                .setYAxisMin(decadeBelow(mean, Row::gbPerS))
                .setYAxisMax(decadeAbove(mean, row -> 1.5 * row.gbPerS()))
                .setXAxisLogarithmic(true)
                .setYAxisLogarithmic(true)
                .setXAxisTickLabelsFormattingFunction(RooflineChart::bytes)
                .setLegendPosition(LegendPosition.OutsideE)
                .setLegendLayout(LegendLayout.Vertical);
        return chart;
    }

    /** The fastest loop at each size. */
    private static List<Row> roof(List<Row> mean) {
        return mean.stream()
                .map(Row::elements)
                .distinct()
                .flatMap(elements -> mean.stream()
                        .filter(is(READ).and(row -> row.elements() == elements))
                        .max(Comparator.comparingDouble(Row::gbPerS))
                        .stream())
                .toList();
    }

    private static List<Row> select(List<Row> rows, String operation, Isa isa) {
        return rows.stream().filter(is(operation).and(isa::ran)).toList();
    }

    private static void add(
            XYChart chart, String title, List<Row> rows, BasicStroke stroke, Color color, Marker marker) {
        if (rows.isEmpty()) {
            return;
        }
        List<Row> ascending =
                rows.stream().sorted(Comparator.comparingLong(Row::elements)).toList();
        XYSeries series = chart.addSeries(
                title,
                ascending.stream()
                        .mapToDouble(row -> row.elements() * row.bytesPerElement())
                        .toArray(),
                ascending.stream().mapToDouble(Row::gbPerS).toArray());
        series.setLineStyle(stroke).setLineColor(color);
        series.setMarker(marker).setMarkerColor(color);
    }

    private static double decadeBelow(List<Row> rows, ToDoubleFunction<Row> number) {
        return Math.pow(
                10,
                Math.floor(Math.log10(rows.stream().mapToDouble(number).min().orElseThrow())));
    }

    private static double decadeAbove(List<Row> rows, ToDoubleFunction<Row> number) {
        return Math.pow(
                10, Math.ceil(Math.log10(rows.stream().mapToDouble(number).max().orElseThrow())));
    }

    private static String bytes(double bytes) {
        return bytes < 1e6
                ? "%.0f KB".formatted(bytes / 1e3)
                : bytes < 1e9 ? "%.0f MB".formatted(bytes / 1e6) : "%.0f GB".formatted(bytes / 1e9);
    }

    private HorizontalBarChart shares() {
        long most = rows.stream().mapToLong(Row::elements).max().orElseThrow();
        HorizontalBarChart chart = new HorizontalBarChartBuilder()
                .width(RIGHT_WIDTH)
                .height(HEIGHT)
                .title("Every operation on %,d elements, 1 thread".formatted(most))
                .xAxisTitle("speed as a share of that of a loop that only moves the same bytes")
                .build();
        List<String> operations = rows.stream()
                .filter(row -> row.elements() == most)
                .map(Row::operation)
                .distinct()
                .filter(operation -> !Stream.of(READ, "copy", "fill", "read_and_write")
                        .toList()
                        .contains(operation))
                .toList();
        for (Isa isa : ISAS) {
            List<Double> shares = operations.stream()
                    .map(operation -> select(rows, operation, isa).stream()
                            .filter(row -> row.elements() == most)
                            .mapToDouble(Row::shareOfBandwidth)
                            .findFirst()
                            .orElse(0))
                    .toList();
            if (shares.stream().anyMatch(share -> share > 0)) {
                chart.addSeries(isa.title, shares, operations).setFillColor(isa.color);
            }
        }
        style(chart.getStyler());
        chart.getStyler()
                .setXAxisMin(0.0)
                .setXAxisDecimalPattern("0.0")
                .setXAxisTickMarkSpacingHint(30) // and for the labels of the bars, of which none may be missing
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal);
        return chart;
    }

    private static void style(AxesChartStyler styler) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
        styler.setAxisTitleFont(font)
                .setAxisTickLabelsFont(font)
                .setPlotGridLinesColor(new Color(0xDDDDDD))
                .setChartTitleFont(font.deriveFont(Font.BOLD, 15))
                .setChartTitleBoxVisible(false)
                .setLegendFont(font)
                .setLegendBorderColor(Color.WHITE)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setMarkerSize(9)
                .setAnnotationTextFont(font);
    }
}
