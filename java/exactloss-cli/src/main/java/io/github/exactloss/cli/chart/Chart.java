// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * A chart as SVG: part of a page, or of a {@link Figure}. It fills the width that it is given, with text of the same size
 * at any width: positions are percentages, and only lines are stretched, whose strokes keep their width. Colours come from
 * the style sheet around it.
 *
 * <p>It is drawn here because the chart libraries of Java draw for one size and one background, and those of browsers need
 * a script.
 */
public final class Chart {
    /** A point in the units of the axes. One that is not finite is left out, and a line is broken there. */
    public record Point(double x, double y) {
        boolean isFinite() {
            return Double.isFinite(x) && Double.isFinite(y);
        }
    }

    record Line(String style, String path) {}

    record Bar(String style, String x, String y, String width, String height, String title) {}

    record Dot(String style, Shape shape, String x, String y) {}

    record Note(String text, String x, String y) {}

    /** The coordinates that lines are drawn in go from 0 to this. */
    private static final int EXTENT = 1000;

    /** Begins an element around such a line. Not in the template because JTE refuses attributes with capitals there. */
    static final String STRETCHED =
            "<svg width=\"100%%\" height=\"100%%\" preserveAspectRatio=\"none\" viewBox=\"0 0 %1$d %1$d\">"
                    .formatted(EXTENT);

    private final String description;
    private final Axis x;
    private final Axis y;
    private final List<Bar> bars = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private final List<Dot> dots = new ArrayList<>();
    private final List<Note> notes = new ArrayList<>();

    /**
     * A chart of nothing yet.
     *
     * @param description what it shows, in words, for those who don't see it
     */
    public Chart(String description, Axis x, Axis y) {
        this.description = description;
        this.x = x;
        this.y = y;
    }

    /** Adds a line straight from each point to the next. */
    public Chart line(String style, List<Point> points) {
        return path(style, points, false);
    }

    /** Adds a line that stays at each point's height until the next one. */
    public Chart stairs(String style, List<Point> points) {
        return path(style, points, true);
    }

    private Chart path(String style, List<Point> points, boolean stairs) {
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
        lines.add(new Line(style, path.toString()));
        return this;
    }

    /**
     * Adds bars side by side over the whole of the horizontal axis, each with its number in a tooltip.
     *
     * @param heights the smallest value of the vertical axis, or less, is no bar
     */
    public Chart bars(String style, long[] heights) {
        double width = 1.0 / heights.length;
        double range = x.to() - x.from();
        for (int i = 0; i < heights.length; i++) {
            double height = y.share((double) heights[i]);
            if (height > 0) {
                String title = String.format(
                        "%s to %s: %,d", x.from() + i * width * range, x.from() + (i + 1) * width * range, heights[i]);
                bars.add(new Bar(
                        style, percent(i * width), percent(1 - height), percent(width), percent(height), title));
            }
        }
        return this;
    }

    /** Adds a shape at each point. */
    public Chart dots(String style, Shape shape, List<Point> points) {
        points.stream()
                .filter(Point::isFinite)
                .forEach(point -> dots.add(new Dot(style, shape, across(point.x()), down(point.y()))));
        return this;
    }

    /** Adds a text above a point. */
    public Chart note(String text, Point point) {
        notes.add(new Note(text, across(point.x()), down(point.y())));
        return this;
    }

    String description() {
        return description;
    }

    Axis x() {
        return x;
    }

    Axis y() {
        return y;
    }

    List<Bar> bars() {
        return bars;
    }

    List<Line> lines() {
        return lines;
    }

    List<Dot> dots() {
        return dots;
    }

    List<Note> notes() {
        return notes;
    }

    /** How far a value is from the left edge. */
    String across(double value) {
        return percent(x.share(value));
    }

    /** How far a value is from the upper edge. */
    String down(double value) {
        return percent(1 - y.share(value));
    }

    private static String percent(double share) {
        return String.format("%.2f%%", 100 * share);
    }

    private static String coordinate(double share) {
        return String.format("%.1f", EXTENT * share);
    }
}
