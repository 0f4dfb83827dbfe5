// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.github.exactloss.Accumulator;
import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code exactloss eval SQL}: DuckDB writes what DuckDB is to read, and the library's own answer is what is expected. */
class SqlEvalTest {
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist());

    /** The worked example: the mean of 1 - 0.9f, 0.4f and 1 - 0.2f, exactly, rounded once. */
    private static final double EXAMPLE_LOSS = 0.43333334227403003;

    /** More than two batches, and no whole number of them. */
    private static final int ROWS = 150_001;

    /** Of row i, with 20 bits, so that it is the same in every type. */
    private static final String PREDICTION = "((i * 2654435761) % 1048576) / 1048576";

    private static final String TARGET = "((i * 40503) // 7 % 2)";

    @TempDir
    private Path folder;

    @Test
    void workedExampleInTheDocumentedForm() {
        Exactloss run = Exactloss.run(
                "eval",
                "SELECT * FROM (VALUES (0.9::FLOAT, 1), (0.4, 0), (0.2, 1)) t(prediction, target)",
                "--json",
                "--threads",
                "1");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .isEqualTo(EvalCommandTest.EXAMPLE_JSON.formatted(NativeLibrary.isa(), NativeLibrary.version()));
    }

    @Test
    void childProcessWritesNothingElse() throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(
                Map.of(),
                List.of(),
                "eval",
                "SELECT unnest([0.9::FLOAT, 0.4, 0.2]) AS prediction, unnest([1, 0, 1]) AS target",
                "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(EXAMPLE_LOSS);
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT, BOOLEAN",
        "FLOAT, TINYINT",
        "FLOAT, UTINYINT",
        "FLOAT, INTEGER",
        "FLOAT, BIGINT",
        "FLOAT, FLOAT",
        "FLOAT, DOUBLE",
        "DOUBLE, BOOLEAN",
        "DOUBLE, UTINYINT",
        "DOUBLE, INTEGER"
    })
    void everyTypeInSeveralBatches(String predictionType, String targetType) {
        Evaluation expected = EVALUATOR.evaluate(Predictions.of(predictions()), Targets.of(targets()));
        assertEvaluation(rows(predictionType, targetType), expected, "--strict");
        assertEvaluation(rows(predictionType, targetType), expected, "--threads", "3");
    }

    @Test
    void optionsGoTogether() {
        float[] weights = new float[ROWS];
        float[] logits = new float[ROWS];
        for (int i = 0; i < ROWS; i++) {
            weights[i] = i % 5 / 4f;
            logits[i] = i % 255 / 16f - 8;
        }
        Batch batch = Batch.of(Predictions.of(logits), Targets.of(targets())).weights(Weights.of(weights));
        Evaluation expected = EVALUATOR.fromLogits().threshold(0.75).evaluate(batch);
        String query = "SELECT (i %% 5 / 4)::FLOAT AS Weight, i, %s AS TARGET, (i %% 255 / 16 - 8)::FLOAT AS prediction"
                        .formatted(TARGET)
                + " FROM range(" + ROWS + ") r(i)";
        assertEvaluation(query, expected, "--logits", "--threshold", "0.75", "--strict", "--threads", "2");
        assertThat(Exactloss.run("eval", query, "--logits", "--json")
                        .json()
                        .get("weight_sum")
                        .getAsDouble())
                .isEqualTo(expected.weightSum());
    }

    @ParameterizedTest
    @ValueSource(strings = {"parquet", "csv", "json"})
    void filesAndWildcardsAreRead(String format) throws SQLException {
        Evaluation expected = EVALUATOR.evaluate(Predictions.of(predictions()), Targets.of(targets()));
        for (int part = 0; part < 3; part++) {
            execute(
                    "jdbc:duckdb:",
                    "COPY (SELECT * FROM (%s) WHERE i %% 3 = %d) TO '%s' (FORMAT %s)"
                            .formatted(
                                    rows("DOUBLE", "INTEGER"),
                                    part,
                                    folder.resolve("part-" + part + "." + format),
                                    format));
        }
        assertEvaluation("FROM '%s'".formatted(folder.resolve("part-*." + format)), expected);
    }

    @Test
    void databaseIsReadAndNotWritten() throws SQLException, IOException {
        Path database = folder.resolve("scores.duckdb");
        execute("jdbc:duckdb:" + database, "CREATE TABLE scores AS " + rows("FLOAT", "BOOLEAN"));
        byte[] before = Files.readAllBytes(database);
        Evaluation expected = EVALUATOR.evaluate(Predictions.of(predictions()), Targets.of(targets()));
        assertEvaluation("FROM scores", expected, "--database", database.toString());
        assertRefused(
                "must be one SELECT",
                "DELETE FROM scores RETURNING prediction, target",
                "--database",
                database.toString());
        assertThat(Files.readAllBytes(database)).isEqualTo(before);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(database);
        }
    }

    @Test
    void twoColumnsOfOtherNamesAreTakenInOrder() {
        Exactloss run = Exactloss.run("eval", "SELECT 0.25::FLOAT, true", "--json");
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.75);
        run = Exactloss.run("eval", "SELECT 0.25::FLOAT AS p, 2::FLOAT AS weight, true AS t", "--json");
        assertThat(run.json().get("loss").getAsDouble()).isEqualTo(0.75);
        assertThat(run.json().get("weight_sum").getAsDouble()).isEqualTo(2);
    }

    @Test
    void noRowsGiveNull() {
        JsonObject json = Exactloss.run("eval", rows("FLOAT", "BOOLEAN") + " WHERE false", "--json")
                .json();
        assertThat(json.get("loss").isJsonNull()).isTrue();
        assertThat(json.get("count").getAsLong()).isZero();
    }

    @Test
    void nullsAreRefusedOrSkippedAndCounted() {
        // In the second batch, and in the last row.
        String query = ("SELECT if(i = 70001, NULL, prediction) AS prediction, if(i = %d, NULL, target) AS target"
                        + " FROM (%s)")
                .formatted(ROWS - 1, rows("FLOAT", "BOOLEAN"));
        assertRefused("the query has NULL in the column prediction of row 70001, counted from 0", query);
        Predictions predictions = Predictions.of(predictions());
        Targets targets = Targets.of(targets());
        Accumulator sum = EVALUATOR.newAccumulator();
        sum.add(predictions.slice(0, 70_001), targets.slice(0, 70_001));
        sum.add(predictions.slice(70_002, ROWS - 70_003), targets.slice(70_002, ROWS - 70_003));
        assertEvaluation(query, sum.evaluate(), "--skip-nulls");
        Exactloss json = Exactloss.run("eval", query, "--skip-nulls", "--json");
        assertThat(json.json().get("null_count").getAsLong()).isEqualTo(2);
        assertThat(Exactloss.run("eval", query, "--skip-nulls").out()).contains("NULL rows          2");
        assertThat(Exactloss.run("eval", "SELECT 0.5::FLOAT, 1", "--skip-nulls", "--json")
                        .json()
                        .get("null_count")
                        .getAsLong())
                .isZero();
    }

    @Test
    void strictModeNamesTheRowOfTheQuery() {
        String query = "SELECT 0.5::FLOAT AS prediction, if(i = 140000, -1, 1)::TINYINT AS target"
                + " FROM range(150000) r(i)";
        assertThat(Exactloss.run("eval", query).exitCode()).isZero();
        assertRefused("the query's targets[140000] is -1.0, and strict mode allows only 0 and 1", query, "--strict");
        assertRefused(
                "the query's predictions[70000] is 2.0, and strict mode allows only 0 to 1",
                "SELECT if(i >= 70000, 2, 1)::FLOAT AS prediction, 1 AS target FROM range(150000) r(i)",
                "--strict",
                "--threads",
                "2");
        assertRefused(
                "the query's weights[2] is -1.0",
                "SELECT 1::FLOAT AS prediction, 1 AS target, (1 - i)::FLOAT AS weight FROM range(5) r(i)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SELECT prediction FORM x | syntax error at or near
            SELECT 1::FLOAT AS prediction | the query has no column named target, only prediction; name one so with AS target
            SELECT 1::FLOAT AS p, 2 AS t, 3 AS u | the query has no column named prediction, only p, t, u
            SELECT 1::FLOAT AS prediction, 1 AS target, 2 AS target | the query has 2 columns named target
            SELECT 0.5 AS prediction, 1 AS target | DECIMAL(2,1), but a prediction must be FLOAT or DOUBLE; write CAST(prediction AS DOUBLE)
            SELECT 0.5::FLOAT AS prediction, 'yes' AS answer | no column named target, only prediction, answer
            SELECT 0.5::FLOAT AS p, 'yes' AS answer | a column answer of type VARCHAR, but a target must be BOOLEAN, TINYINT, UTINYINT, INTEGER, BIGINT, FLOAT or DOUBLE; write CAST(answer AS BIGINT)
            SELECT 0.5::FLOAT AS p, 'a'::ENUM('a') AS t | type ENUM
            SELECT 0.5::FLOAT AS p, 1::SMALLINT AS t | CAST(t AS BIGINT)
            SELECT 0.5::FLOAT AS p, 1 AS t, 1 AS weight | a weight must be FLOAT; write CAST(weight AS FLOAT)
            SELECT x, y FROM 'missing.parquet' | No files found that match the pattern "missing.parquet"
            SELECT error(concat('bad', i))::FLOAT AS prediction, 1 AS target FROM range(3) r(i) | bad0
            '' | the query is empty
            -- nothing | the query is empty
            """)
    void badQueriesAreOneLine(String query, String problem) {
        assertRefused(problem, query == null ? "" : query);
    }

    /** The first batches are evaluated by then. */
    @Test
    void rowsThatCannotBeReadAreOneLine() throws IOException {
        Path file = folder.resolve("scores.csv");
        Files.writeString(file, "prediction,target\n" + "0.5,1\n".repeat(ROWS) + "oops,1\n");
        Exactloss run = Exactloss.run("eval", "FROM '" + file + "'");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("exactloss: the query fails: ")
                .contains("CSV Error on Line: " + (ROWS + 2), "Could not convert string \"oops\" to 'DOUBLE'")
                .doesNotContain("CDataJniException", "sample_size")
                .hasLineCount(1);
    }

    /** It would stand before the JSON object, but only of a query that takes seconds. */
    @Test
    void progressOfDuckDbIsNotPrinted() {
        Exactloss run = Exactloss.run(
                "eval",
                "SELECT current_setting('enable_progress_bar_print')::INTEGER::FLOAT AS prediction, 0 AS target",
                "--json");
        assertThat(run.err()).isEmpty();
        assertThat(run.json().get("loss").getAsDouble()).isZero();
    }

    @Test
    void databaseThatIsNoneIsOneLine() throws IOException {
        Path missing = folder.resolve("missing.duckdb");
        assertRefused(missing + ": no such file", "SELECT 1", "--database", missing.toString());
        assertRefused(folder + ": is not a regular file", "SELECT 1", "--database", folder.toString());
        Path text = Files.writeString(folder.resolve("text.duckdb"), "not a database".repeat(1000));
        assertRefused(text + ": cannot be opened as a database of DuckDB: ", "SELECT 1", "--database", text.toString());
        assertThat(missing).doesNotExist();
    }

    private static String rows(String predictionType, String targetType) {
        return "SELECT i, (%s)::%s AS prediction, %s::%s AS target FROM range(%d) r(i)"
                .formatted(PREDICTION, predictionType, TARGET, targetType, ROWS);
    }

    private static float[] predictions() {
        float[] predictions = new float[ROWS];
        for (int i = 0; i < ROWS; i++) {
            predictions[i] = (i * 2_654_435_761L) % 1_048_576 / 1_048_576f;
        }
        return predictions;
    }

    private static byte[] targets() {
        byte[] targets = new byte[ROWS];
        for (int i = 0; i < ROWS; i++) {
            targets[i] = (byte) (i * 40_503L / 7 % 2);
        }
        return targets;
    }

    private static void execute(String database, String statement) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database);
                Statement sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }

    private static void assertEvaluation(String query, Evaluation expected, String... options) {
        Exactloss run = Exactloss.run(arguments(query, options, "--json"));
        assertThat(run.err()).isEmpty();
        JsonObject json = run.json();
        assertThat(json.get("loss").getAsDouble()).isEqualTo(expected.mean(Loss.mnist()));
        assertThat(json.get("loss_f32").getAsFloat()).isEqualTo(expected.meanAsFloat(Loss.mnist()));
        assertThat(json.get("count").getAsLong()).isEqualTo(expected.count());
        assertThat(json.get("positives").getAsLong()).isEqualTo(expected.positives());
        assertThat(json.get("true_positives").getAsLong()).isEqualTo(expected.truePositives());
        assertThat(json.get("false_positives").getAsLong()).isEqualTo(expected.falsePositives());
    }

    private static void assertRefused(String problem, String query, String... options) {
        Exactloss run = Exactloss.run(arguments(query, options));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("exactloss: ").contains(problem).hasLineCount(1);
    }

    private static Object[] arguments(String query, String[] options, String... more) {
        List<Object> arguments = new ArrayList<>(List.of("eval", query));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of(more));
        return arguments.toArray();
    }
}
