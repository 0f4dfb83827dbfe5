// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;

/**
 * How predictions and targets make up the rows of a matrix: row {@code r} is {@code columns} predictions from
 * {@code r * predictionsStride} on, and as many targets from {@code r * targetsStride} on.
 *
 * @param rows the number of rows
 * @param columns the number of elements in a row
 * @param predictionsStride elements from the start of a row to that of the next: {@code columns} where rows are adjacent
 * @param targetsStride the same for the targets; 0 gives all rows the same ones
 */
public record Rows(long rows, long columns, long predictionsStride, long targetsStride) {
    /**
     * Rows at any distance, which may overlap.
     *
     * @throws IllegalArgumentException if a number is negative, or {@code rows * columns} overflows
     */
    public Rows {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("a shape of " + rows + " rows and " + columns + " columns is negative");
        }
        if (predictionsStride < 0 || targetsStride < 0) {
            throw new IllegalArgumentException(
                    "a stride of " + Math.min(predictionsStride, targetsStride) + " is negative");
        }
        if (columns > 0 && rows > Long.MAX_VALUE / columns) {
            throw new IllegalArgumentException(rows + " rows of " + columns + " columns are too many elements");
        }
    }

    /** Rows that follow each other without gaps. */
    public static Rows of(long rows, long columns) {
        return new Rows(rows, columns, columns, columns);
    }

    /** The same rows, once it is known that the views hold them all. Where they are empty, their strides are dropped. */
    Rows within(Predictions predictions, Targets targets) {
        if (rows > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(rows + " rows are more than an array holds");
        }
        if (rows == 0 || columns == 0) {
            return of(rows, columns);
        }
        requireWithin(predictions.count(), predictionsStride, "predictions");
        requireWithin(targets.count(), targetsStride, "targets");
        return this;
    }

    /** Divides where multiplying could overflow. */
    private void requireWithin(long count, long stride, String elements) {
        if (columns > count || (stride > 0 && rows - 1 > (count - columns) / stride)) {
            throw new IllegalArgumentException(rows + " rows of " + columns + " columns at a stride of " + stride
                    + " need more than " + count + " " + elements);
        }
    }

    /** The whole bytes that hold {@code count} rows, at least one, from {@code row} on. */
    MemorySegment range(Elements elements, long stride, long row, long count) {
        return elements.range(row * stride, (count - 1) * stride + columns);
    }
}
