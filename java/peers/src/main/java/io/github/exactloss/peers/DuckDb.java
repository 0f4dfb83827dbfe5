// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The mean as a query of a table in DuckDB's memory. */
final class DuckDb implements AutoCloseable {
    static final String QUERY = "SELECT avg(CASE WHEN target = 1 THEN 1 - prediction ELSE prediction END) FROM scores";

    private static final String LOG_QUERY =
            "SELECT avg(-ln(CASE WHEN target = 1 THEN prediction ELSE 1 - prediction END)) FROM scores";

    private static DuckDb latest;

    private final Inputs inputs;
    private final Connection connection;
    private final PreparedStatement query;
    private final PreparedStatement logQuery;

    private DuckDb(Inputs inputs) throws SQLException {
        this.inputs = inputs;
        connection = DriverManager.getConnection("jdbc:duckdb:");
        try (Statement statement = connection.createStatement()) {
            statement.execute(Inputs.mixMacro());
            statement.execute(
                    "CREATE TABLE scores AS SELECT %s AS prediction, CAST(%s AS UTINYINT) AS target FROM range(%d) r(i)"
                            .formatted(Inputs.predictionExpression(), inputs.targetExpression(), inputs.count));
        }
        query = connection.prepareStatement(QUERY);
        logQuery = connection.prepareStatement(LOG_QUERY);
    }

    /** The database of before, if it has the same inputs; the next one replaces it. */
    static synchronized DuckDb of(Inputs inputs, int threads) throws SQLException {
        if (latest == null || latest.inputs != inputs) {
            if (latest != null) {
                latest.close();
            }
            latest = new DuckDb(inputs);
        }
        try (Statement statement = latest.connection.createStatement()) {
            statement.execute("SET threads = " + threads);
        }
        return latest;
    }

    static String version() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
            return connection.getMetaData().getDatabaseProductVersion();
        }
    }

    double mean() throws SQLException {
        return answer(query);
    }

    double meanOfLogs() throws SQLException {
        return answer(logQuery);
    }

    private static double answer(PreparedStatement query) throws SQLException {
        try (ResultSet result = query.executeQuery()) {
            result.next();
            return result.getDouble(1);
        }
    }

    @Override
    public void close() throws SQLException {
        query.close();
        logQuery.close();
        connection.close();
    }
}
