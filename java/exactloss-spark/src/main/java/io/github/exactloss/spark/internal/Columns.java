// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.InvalidElementException;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import scala.collection.immutable.Seq;

/**
 * The columns that a function's arguments are in.
 *
 * @param weight null if there is none
 */
record Columns(Column prediction, Column target, Column weight) implements Serializable {
    /**
     * One of them.
     *
     * @param name what messages call it
     * @param ordinal its place in a row
     */
    record Column(String name, Elements elements, int ordinal) implements Serializable {
        /** Copies a row's value, which is not null. */
        void set(long[] array, int index, SpecializedGetters row) {
            elements.set(array, index, row, ordinal);
        }
    }

    /**
     * Those of a function's arguments.
     *
     * @param ordinals from {@code first} on the places of these arguments in a row
     */
    static Columns of(List<String> names, List<Expression> arguments, int[] ordinals, int first) {
        Column[] columns = new Column[3];
        for (int i = 0; i < names.size(); i++) {
            Elements elements = Elements.of(arguments.get(i).dataType()).orElseThrow();
            columns[i] = new Column(names.get(i), elements, ordinals[first + i]);
        }
        return new Columns(columns[0], columns[1], columns[2]);
    }

    /** The places of arguments among the columns of an input; null if one is no such column. */
    static int[] ordinals(Seq<Expression> arguments, Seq<Attribute> input) {
        int[] ordinals = new int[arguments.length()];
        for (int i = 0; i < ordinals.length; i++) {
            if (!(arguments.apply(i) instanceof Attribute attribute)) {
                return null;
            }
            ordinals[i] = input.indexWhere(column -> column.exprId().equals(attribute.exprId()));
        }
        return ordinals;
    }

    /** The number of the first argument that is null in a row; -1 if none is. */
    int firstNull(SpecializedGetters row) {
        if (row.isNullAt(prediction.ordinal)) {
            return 0;
        }
        if (row.isNullAt(target.ordinal)) {
            return 1;
        }
        return weight != null && row.isNullAt(weight.ordinal) ? 2 : -1;
    }

    /** The column of an argument, by its number. */
    Column get(int argument) {
        return switch (argument) {
            case 0 -> prediction;
            case 1 -> target;
            default -> weight;
        };
    }

    /** The column of an argument of the native code. */
    Column of(InvalidElementException.Argument argument) {
        return switch (argument) {
            case PREDICTIONS -> prediction;
            case TARGETS -> target;
            case WEIGHTS -> weight;
        };
    }
}
