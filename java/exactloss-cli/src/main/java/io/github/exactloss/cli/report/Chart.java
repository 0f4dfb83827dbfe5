// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import java.util.List;

/**
 * A chart as SVG that fills the width it is given, with text of the same size at any: positions are percentages, and only
 * the lines, whose strokes keep their width, are stretched. Colours are those of the page's style sheet.
 */
final class Chart {
    /** A point in the units of the axes. One that is not finite is left out, and a line is broken there. */
    record Point(double x, double y) {
        boolean isFinite() {
            return Double.isFinite(x) && Double.isFinite(y);
        }
    }

    /** The coordinates that lines are drawn in go from 0 to this. */
    private static final int EXTENT = 1000;

    private final Markup page;
    private final Axis x;
    private final Axis y;

    private Chart(Markup page, Axis x, Axis y) {
        this.page = page;
        this.x = x;
        this.y = y;
    }

    /**
     * Begins a chart: its axes. {@link #end} ends it.
     *
     * @param says what it shows, in words, for those who don't see it
     */
    static Chart begin(Markup page, String says, Axis x, Axis y) {
        page.open("div", "class", "chart");
        page.element("p", y.title(), "class", "axis", "aria-hidden", true);
        page.open("svg", "role", "img", "aria-label", says, "width", "100%", "height", "100%");
        Chart chart = new Chart(page, x, y);
        chart.drawAxes();
        return chart;
    }

    private void drawAxes() {
        y.ticks().forEach(tick -> {
            String at = percent(1 - y.share(tick.value()));
            page.empty("line", "class", "grid", "x1", "0", "x2", "100%", "y1", at, "y2", at);
            page.element("text", tick.label(), "class", "y", "x", "-8", "y", at, "dy", "0.35em");
        });
        x.ticks().forEach(tick -> {
            String at = percent(x.share(tick.value()));
            page.element("text", tick.label(), "class", "x", "x", at, "y", "100%", "dy", "1.6em");
        });
        page.empty("line", "class", "base", "x1", "0", "x2", "100%", "y1", "100%", "y2", "100%");
        page.element("text", x.title(), "class", "title", "x", "50%", "y", "100%", "dy", "3.2em");
    }

    /** A line straight from each point to the next. */
    void line(String style, List<Point> points) {
        path("line " + style, points, false);
    }

    /** A line that stays at each point's height until the next one. */
    void stairs(String style, List<Point> points) {
        path("line " + style, points, true);
    }

    private void path(String style, List<Point> points, boolean stairs) {
        StringBuilder path = new StringBuilder();
        boolean drawing = false;
        for (Point point : points) {
            if (point.isFinite()) {
                String across = coordinate(x.share(point.x()));
                String down = coordinate(1 - y.share(point.y()));
                if (!drawing) {
                    path.append('M').append(across).append(' ').append(down);
                } else if (stairs) {
                    path.append('H').append(across).append('V').append(down);
                } else {
                    path.append('L').append(across).append(' ').append(down);
                }
            }
            drawing = point.isFinite();
        }
        page.open(
                "svg",
                "width",
                "100%",
                "height",
                "100%",
                "preserveAspectRatio",
                "none",
                "viewBox",
                "0 0 " + EXTENT + " " + EXTENT);
        page.empty("path", "class", style, "d", path);
        page.close();
    }

    /**
     * Bars side by side over the whole of the horizontal axis, each with its number in a tooltip.
     *
     * @param heights the smallest value of the vertical axis, or less, is no bar
     */
    void bars(String style, long[] heights) {
        double width = 1.0 / heights.length;
        for (int i = 0; i < heights.length; i++) {
            double height = y.share((double) heights[i]);
            if (height > 0) {
                page.open(
                        "rect",
                        "class",
                        "bar " + style,
                        "x",
                        percent(i * width),
                        "y",
                        percent(1 - height),
                        "width",
                        percent(width),
                        "height",
                        percent(height));
                double range = x.to() - x.from();
                page.element(
                        "title",
                        "%s to %s: %s"
                                .formatted(
                                        x.from() + i * width * range,
                                        x.from() + (i + 1) * width * range,
                                        Metrics.count(heights[i])));
                page.close();
            }
        }
    }

    /** A dot at each point. */
    void dots(String style, List<Point> points) {
        points.stream()
                .filter(Point::isFinite)
                .forEach(point -> page.empty(
                        "circle",
                        "class",
                        "dot " + style,
                        "cx",
                        percent(x.share(point.x())),
                        "cy",
                        percent(1 - y.share(point.y())),
                        "r",
                        "3"));
    }

    void end() {
        page.close().close();
    }

    private static String percent(double share) {
        return String.format("%.2f%%", 100 * share);
    }

    private static String coordinate(double share) {
        return String.format("%.1f", EXTENT * share);
    }
}
