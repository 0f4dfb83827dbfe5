// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which columns of a query's result are which, by their index from 0.
 *
 * <p>They are found by their names, whatever the case: prediction, target and, if there are weights, weight. A query of
 * which none has one of the first two names gives predictions and targets in this order, if it has no other columns.
 *
 * @param weight -1 where every weight is 1
 */
record QueryColumns(int prediction, int target, int weight) {
    private static final int NONE = -1;

    /** What a column is for. The types are those that can be used where they lie, as DuckDB names them. */
    @SuppressWarnings("ImmutableEnumChecker") // it can't see that the lists are
    private enum Role {
        PREDICTION("prediction", List.of("FLOAT", "DOUBLE"), "DOUBLE"),
        TARGET("target", List.of("BOOLEAN", "TINYINT", "UTINYINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"), "BIGINT"),
        WEIGHT("weight", List.of("FLOAT"), "FLOAT");

        final String column;
        final List<String> types;
        final String widestType;

        Role(String column, List<String> types, String widestType) {
            this.column = column;
            this.types = types;
            this.widestType = widestType;
        }

        String typesText() {
            int last = types.size() - 1;
            String others = String.join(", ", types.subList(0, last));
            return others.isEmpty() ? types.get(last) : others + " or " + types.get(last);
        }
    }

    /**
     * Finds the columns, and checks their types.
     *
     * @throws BadDataException if a column is missing, there twice, or of a type that cannot be used
     */
    static QueryColumns of(ResultSetMetaData result) throws SQLException {
        List<String> names = new ArrayList<>();
        List<String> types = new ArrayList<>();
        for (int column = 1; column <= result.getColumnCount(); column++) {
            names.add(result.getColumnName(column));
            types.add(result.getColumnTypeName(column));
        }
        QueryColumns columns = named(names);
        checkType(Role.PREDICTION, columns.prediction, names, types);
        checkType(Role.TARGET, columns.target, names, types);
        checkType(Role.WEIGHT, columns.weight, names, types);
        return columns;
    }

    boolean isWeighted() {
        return weight != NONE;
    }

    /** The predictions, the targets and, if there are any, the weights. */
    Stream<Integer> indices() {
        return isWeighted() ? Stream.of(prediction, target, weight) : Stream.of(prediction, target);
    }

    private static QueryColumns named(List<String> names) {
        int prediction = find(Role.PREDICTION, names);
        int target = find(Role.TARGET, names);
        int weight = find(Role.WEIGHT, names);
        if (prediction == NONE && target == NONE) {
            int[] others = IntStream.range(0, names.size())
                    .filter(column -> column != weight)
                    .toArray();
            if (others.length == 2) {
                return new QueryColumns(others[0], others[1], weight);
            }
        }
        require(prediction, Role.PREDICTION, names);
        require(target, Role.TARGET, names);
        return new QueryColumns(prediction, target, weight);
    }

    private static int find(Role role, List<String> names) {
        int[] found = IntStream.range(0, names.size())
                .filter(column -> names.get(column).equalsIgnoreCase(role.column))
                .toArray();
        if (found.length > 1) {
            throw new BadDataException("the query has " + found.length + " columns named " + role.column);
        }
        return found.length == 0 ? NONE : found[0];
    }

    private static void require(int column, Role role, List<String> names) {
        if (column == NONE) {
            String there = names.stream().collect(Collectors.joining(", "));
            throw new BadDataException("the query has no column named %s, only %s; name one so with AS %s"
                    .formatted(role.column, there, role.column));
        }
    }

    private static void checkType(Role role, int column, List<String> names, List<String> types) {
        if (column != NONE && !role.types.contains(types.get(column))) {
            throw new BadDataException("the query has a column %s of type %s, but a %s must be %s; write CAST(%s AS %s)"
                    .formatted(
                            names.get(column),
                            types.get(column),
                            role.column,
                            role.typesText(),
                            names.get(column),
                            role.widestType));
        }
    }
}
