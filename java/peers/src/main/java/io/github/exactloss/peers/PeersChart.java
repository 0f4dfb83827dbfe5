// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The mean by each peer on inputs of each size: random labels, one thread. */
final class PeersChart {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 640;

    private record Look(Peer peer, Color color, Marker marker) {}

    /** In colours that differ for everybody (Okabe and Ito's), and with marks that do. */
    private static final List<Look> LOOKS = List.of(
            new Look(Peer.OFF_HEAP, new Color(0x0072B2), SeriesMarkers.CIRCLE),
            new Look(Peer.ARRAYS, new Color(0x56B4E9), SeriesMarkers.OVAL),
            new Look(Peer.VECTOR_API, new Color(0x009E73), SeriesMarkers.TRIANGLE_UP),
            new Look(Peer.L1_LOSS, new Color(0xD55E00), SeriesMarkers.SQUARE),
            new Look(Peer.WHERE, new Color(0xE69F00), SeriesMarkers.DIAMOND),
            new Look(Peer.ONNX_RUNTIME, new Color(0xCC79A7), SeriesMarkers.TRIANGLE_DOWN),
            new Look(Peer.DUCKDB, new Color(0x777777), SeriesMarkers.CROSS),
            new Look(Peer.JAVA_LOOP, Color.BLACK, SeriesMarkers.PLUS));

    private PeersChart() {}

    /** @param format {@code png} or {@code svg} */
    static void write(List<Measurement> measurements, OutputStream out, String format) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("The mean of float32 with uint8 targets, random labels, 1 thread")
                .xAxisTitle("elements")
                .yAxisTitle("ns an element")
                .build();
        for (Look look : LOOKS) {
            List<Measurement> line = measurements.stream()
                    .filter(measurement -> measurement.of().peer() == look.peer()
                            && measurement.of().labels() == Labels.RANDOM
                            && measurement.of().threads() == 1)
                    .toList();
            if (!line.isEmpty()) {
                add(chart, look, line);
            }
        }
        style(chart.getStyler());
        ChartEncoder.saveChart(chart, out, format);
    }

    private static void add(XYChart chart, Look look, List<Measurement> line) {
        XYSeries series = chart.addSeries(
                look.peer().title.replaceAll("[*`]", ""),
                line.stream()
                        .mapToDouble(measurement -> measurement.of().elements())
                        .toArray(),
                line.stream().mapToDouble(Measurement::nsPerElement).toArray());
        series.setLineStyle(new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND))
                .setLineColor(look.color());
        series.setMarker(look.marker()).setMarkerColor(look.color());
    }

    private static void style(XYStyler styler) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
        styler.setXAxisLogarithmic(true)
                .setYAxisLogarithmic(true)
                .setAxisTitleFont(font)
                .setAxisTickLabelsFont(font)
                .setPlotGridLinesColor(new Color(0xDDDDDD))
                .setYAxisTickLabelsFormattingFunction(number -> number < 1 ? "" + number : "%.0f".formatted(number))
                .setXAxisTickLabelsFormattingFunction("%,.0f"::formatted)
                .setChartTitleFont(font.deriveFont(Font.BOLD, 15))
                .setChartTitleBoxVisible(false)
                .setLegendFont(font)
                .setLegendPosition(LegendPosition.OutsideE)
                .setLegendBorderColor(Color.WHITE)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setMarkerSize(9);
    }
}
