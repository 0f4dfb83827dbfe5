// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import io.github.exactloss.cli.chart.Chart.Point;
import io.github.exactloss.cli.chart.Figure;
import io.github.exactloss.cli.chart.Figure.Panel;
import io.github.exactloss.cli.chart.Figure.Style;
import io.github.exactloss.cli.chart.Shape;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The mean by each peer on inputs of each size: random labels, one thread. */
final class PeersChart {
    private record Look(Peer peer, String colour, Shape shape) {
        Style style() {
            return new Style(peer.method, peer.title.replaceAll("[*`]", ""), colour, "stroke-width: 2", shape);
        }
    }

    /** In colours that differ for everybody (Okabe and Ito's), and with shapes that do. */
    private static final List<Look> LOOKS = List.of(
            new Look(Peer.OFF_HEAP, "rgb(0,114,178)", Shape.CIRCLE),
            new Look(Peer.ARRAYS, "rgb(86,180,233)", Shape.DOT),
            new Look(Peer.VECTOR_API, "rgb(0,158,115)", Shape.TRIANGLE),
            new Look(Peer.L1_LOSS, "rgb(213,94,0)", Shape.SQUARE),
            new Look(Peer.WHERE, "rgb(230,159,0)", Shape.DIAMOND),
            new Look(Peer.ONNX_RUNTIME, "rgb(204,121,167)", Shape.TRIANGLE_DOWN),
            new Look(Peer.DUCKDB, "rgb(125,125,125)", Shape.CROSS),
            new Look(Peer.JAVA_LOOP, "rgb(147,90,170)", Shape.PLUS));

    private PeersChart() {}

    /**
     * The picture's file.
     *
     * @param format {@code png} or {@code svg}
     */
    static byte[] write(List<Measurement> measurements, String format) {
        List<Measurement> shown = measurements.stream()
                .filter(measurement -> measurement.of().labels() == Labels.RANDOM
                        && measurement.of().threads() == 1
                        && LOOKS.stream()
                                .anyMatch(
                                        look -> look.peer() == measurement.of().peer()))
                .toList();
        Chart chart = new Chart(
                "The time of each peer an element, over the number of elements.",
                axis("elements", shown, measurement -> measurement.of().elements()),
                axis("ns an element", shown, Measurement::nsPerElement));
        for (Look look : LOOKS) {
            List<Point> points = shown.stream()
                    .filter(measurement -> measurement.of().peer() == look.peer())
                    .map(measurement -> new Point(measurement.of().elements(), measurement.nsPerElement()))
                    .toList();
            chart.line(look.peer().method, points).dots(look.peer().method, look.shape(), points);
        }
        return new Figure(
                        "The mean of float32 with uint8 targets, random labels, 1 thread",
                        LOOKS.stream().map(Look::style).toList(),
                        List.of(new Panel(chart, 40, 900)))
                .write(format);
    }

    private static Axis axis(String title, List<Measurement> shown, ToDoubleFunction<Measurement> value) {
        return Axis.logarithmic(title, shown.stream().mapToDouble(value).toArray(), PeersChart::label);
    }

    private static String label(double number) {
        return number < 1 ? Double.toString(number) : "%,.0f".formatted(number);
    }
}
