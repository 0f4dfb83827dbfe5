// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

/**
 * The shape of a matrix: row {@code r} is {@code columns} predictions from {@code r * predictionsStride} on, as many targets
 * from {@code r * targetsStride} on, and as many weights, if there are any, from {@code r * weightsStride} on.
 *
 * @param rows the number of rows
 * @param columns the number of elements in a row
 * @param predictionsStride elements from the start of a row to that of the next: {@code columns} where rows are adjacent
 * @param targetsStride the same for the targets; 0 gives all rows the same ones
 * @param weightsStride the same for the weights
 */
public record Rows(long rows, long columns, long predictionsStride, long targetsStride, long weightsStride) {
    /**
     * Rows at any distance, which may overlap.
     *
     * @throws IllegalArgumentException if a number is negative, or {@code rows * columns} overflows
     */
    public Rows {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("a shape of " + rows + " rows and " + columns + " columns is negative");
        }
        long least = Math.min(predictionsStride, Math.min(targetsStride, weightsStride));
        if (least < 0) {
            throw new IllegalArgumentException("a stride of " + least + " is negative");
        }
        if (columns > 0 && rows > Long.MAX_VALUE / columns) {
            throw new IllegalArgumentException(rows + " rows of " + columns + " columns are too many elements");
        }
    }

    /** Rows that follow each other without gaps. */
    public static Rows of(long rows, long columns) {
        return new Rows(rows, columns, columns, columns, columns);
    }

    /** Rows at any distance, without weights or with weights that follow each other without gaps. */
    public static Rows of(long rows, long columns, long predictionsStride, long targetsStride) {
        return new Rows(rows, columns, predictionsStride, targetsStride, columns);
    }

    /**
     * The same rows, after a check that the arrays hold them all. Empty rows lose their strides.
     *
     * @param weights null if there are none
     */
    Rows within(Predictions predictions, Targets targets, Weights weights) {
        if (rows == 0 || columns == 0) {
            return of(rows, columns);
        }
        requireWithin(predictions.count(), predictionsStride, "predictions");
        requireWithin(targets.count(), targetsStride, "targets");
        if (weights != null) {
            requireWithin(weights.count(), weightsStride, "weights");
        }
        return this;
    }

    /** Divides where multiplying could overflow. */
    private void requireWithin(long count, long stride, String elements) {
        if (columns > count || (stride > 0 && rows - 1 > (count - columns) / stride)) {
            throw new IllegalArgumentException(rows + " rows of " + columns + " columns at a stride of " + stride
                    + " need more than " + count + " " + elements);
        }
    }
}
