// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A query reads, and does nothing else: neither its text nor a file's name makes it do more. */
class QueryStatementTest {
    @TempDir
    private Path folder;

    /** Each of the first ones would write FILE, or another file. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "COPY (SELECT 1) TO 'FILE'",
                "COPY (SELECT 1) TO 'FILE'; SELECT 0.5::FLOAT, 1",
                "SELECT 0.5::FLOAT, 1; COPY (SELECT 1) TO 'FILE'",
                "-- a comment\nCOPY (SELECT 1) TO 'FILE'; FROM range(3)",
                "ATTACH 'FILE' AS d; SELECT 0.5::FLOAT, 1",
                "ATTACH 'FILE' AS d; CREATE TABLE d.t AS SELECT 0.5::FLOAT, 1; FROM d.t",
                "EXPORT DATABASE 'FILE'",
                "EXPLAIN ANALYZE COPY (SELECT 1) TO 'FILE'",
                "CREATE TABLE t(i INT)",
                "CREATE TABLE t AS SELECT 0.5::FLOAT AS prediction, 1 AS target",
                "SET threads = 3",
                "SET threads = 3; SELECT 0.5::FLOAT, 1",
                "PRAGMA version",
                "BEGIN",
                "INSTALL spatial",
                "LOAD spatial",
                "CALL range(3)",
                "EXPLAIN SELECT 1",
                "PREPARE p AS SELECT 1",
                "SELECT 0.5::FLOAT, 1; SELECT 0.25::FLOAT, 1",
                "PIVOT (SELECT 1 AS a, 2 AS b) ON a USING sum(b)"
            })
    void otherStatementsAreRefusedBeforeAnythingRuns(String statements) {
        Path file = folder.resolve("file");
        Exactloss run = Exactloss.run("eval", statements.replace("FILE", file.toString()));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("nothing was run").hasLineCount(1);
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 0.25::FLOAT AS prediction, 1 AS target;",
                "SELECT 0.25::FLOAT AS prediction, 1 AS target ;; -- the end",
                "SELECT 0.25::FLOAT AS prediction, length(';') AS target",
                "FROM (SELECT 0.25::FLOAT AS prediction, 1 AS target)",
                "VALUES (0.25::FLOAT, 1)",
                "WITH t(prediction, target) AS (VALUES (0.25::FLOAT, 1)) FROM t",
                "(SELECT 0.25::FLOAT AS prediction, 1 AS target) UNION ALL BY NAME SELECT 1 AS target, 0.25 AS prediction",
                "SELECT * FROM (VALUES (0.25::FLOAT, 1, 2)) t(prediction, target, b) QUALIFY row_number() OVER () = 1",
                "SELECT list_sum([x * 0.25 FOR x IN [1]])::FLOAT AS prediction, 1 AS target",
                "PIVOT (SELECT 'p' AS a, 0.25::FLOAT AS b) ON a IN ('p', 'q') USING coalesce(max(b), 1)::FLOAT",
                "SELECT $$0.25$$::FLOAT AS prediction, 1 AS target -- $$;$$"
            })
    void everyFormOfASelectIsRun(String query) {
        Exactloss run = Exactloss.run("eval", query, "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.75);
    }

    /** Names that mean something in a JDBC URL, in SQL, in a pattern of file names, or as the name of a database. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "y.db;access_mode=read_only",
                "y.db;threads=1.db",
                "y.db?threads=1",
                "y.db#1",
                "it's.db",
                "a \"b\".db",
                "%41.db",
                "*.db",
                "[a].db",
                "-y.db",
                "~.db",
                "sqlite:y.db",
                "md:y",
                "memory.db",
                "temp.db",
                "system.db",
                "main.db",
                ":memory:",
                ".db",
                "Köln 東京.db",
                "y"
            })
    void databaseMayHaveAnyName(String name) throws SQLException, IOException {
        // A database that a part of the name means instead.
        Files.move(database(folder.resolve("other.db"), 0.5), folder.resolve("y.db"));
        Path database = folder.resolve(name);
        Files.move(database(folder.resolve("scores.db"), 0.25), database);
        Exactloss run = Exactloss.run("eval", "FROM scores", "--database", database, "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.75);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("y.db", name);
    }

    /** Its tables have the names that they have in DuckDB's own shell. */
    @ParameterizedTest
    @ValueSource(strings = {"scores", "main.scores", "db.scores", "db.main.scores"})
    void tablesHaveQualifiedNames(String table) throws SQLException {
        Path database = database(folder.resolve("db.duckdb"), 0.25);
        assertThat(Exactloss.run("eval", "FROM " + table, "--database", database, "--json")
                        .json()
                        .get("loss")
                        .getAsDouble())
                .isEqualTo(0.75);
    }

    @Test
    void fileInsteadOfAQueryIsNamed() throws IOException {
        Path csv = Files.writeString(folder.resolve("scores.csv"), "prediction,target\n0.25,1\n");
        assertThat(Exactloss.run("eval", csv).err())
                .isEqualTo("exactloss: %s: is a file, not a query; to read all of it, write \"FROM '%s'\"%n"
                        .formatted(csv, csv));
        Path npy = Npy.floats(folder.resolve("p.npy"), 0.5f);
        assertThat(Exactloss.run("eval", npy).err())
                .isEqualTo(
                        "exactloss: %s: is a file, not a query; NumPy files are given by --predictions and --targets%n"
                                .formatted(npy));
    }

    /** Neither the file that a query reads nor a database is replaced, by any of its names. */
    @Test
    void reportReplacesNothingThatAQueryReads() throws SQLException, IOException {
        Path csv = Files.writeString(folder.resolve("scores.csv"), "prediction,target\n0.25,1\n");
        Path database = database(folder.resolve("scores.db"), 0.25);
        Path link = Files.createSymbolicLink(folder.resolve("report.html"), csv);
        Path hardLink = Files.createLink(folder.resolve("hard.html"), database);
        byte[] before = Files.readAllBytes(database);
        for (Path report : new Path[] {csv, link, database, hardLink}) {
            Exactloss run = Exactloss.run("eval", "FROM '" + csv + "'", "--database", database, "--report", report);
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .isEqualTo(("exactloss: %s: is there already, and is no report that may be replaced;"
                                    + " choose another name, or remove it%n")
                            .formatted(report));
        }
        assertThat(csv).hasContent("prediction,target\n0.25,1\n");
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("scores.csv", "scores.db", "report.html", "hard.html");
    }

    private static Path database(Path file, double prediction) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE scores AS SELECT " + prediction + "::FLOAT AS prediction, 1 AS target");
        }
        return file;
    }
}
