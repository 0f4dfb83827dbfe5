// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.InvalidElementException;
import java.io.Serializable;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;

/**
 * Where the values of a row are: the ordinals of the columns, their types, and their names for messages.
 *
 * @param weight null if there is none
 */
record Columns(Column prediction, Column target, Column weight) implements Serializable {
    /** One of them. */
    record Column(String name, Elements elements, int ordinal) implements Serializable {}

    /** The first column that is null in a row; null if none is. */
    Column firstNull(SpecializedGetters row) {
        if (row.isNullAt(prediction.ordinal)) {
            return prediction;
        }
        if (row.isNullAt(target.ordinal)) {
            return target;
        }
        return weight != null && row.isNullAt(weight.ordinal) ? weight : null;
    }

    Column of(InvalidElementException.Argument argument) {
        return switch (argument) {
            case PREDICTIONS -> prediction;
            case TARGETS -> target;
            case WEIGHTS -> weight;
        };
    }
}
