// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.chart;

/** What marks a point: shapes that are told apart without their colours. */
public enum Shape {
    /** The smallest one, for charts in which all points are of one kind. */
    DOT("M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"),
    CIRCLE("M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z"),
    SQUARE("M-4-4h8v8h-8z"),
    DIAMOND("M0-6L5.5 0L0 6L-5.5 0z"),
    TRIANGLE("M0-5.5L5.5 4.5h-11z"),
    TRIANGLE_DOWN("M0 5.5L5.5-4.5h-11z"),
    CROSS("M-5-3L-3-5L0-2L3-5L5-3L2 0L5 3L3 5L0 2L-3 5L-5 3L-2 0z"),
    PLUS("M-1.5-5.5h3v4h4v3h-4v4h-3v-4h-4v-3h4z");

    final String path;

    Shape(String path) {
        this.path = path;
    }
}
