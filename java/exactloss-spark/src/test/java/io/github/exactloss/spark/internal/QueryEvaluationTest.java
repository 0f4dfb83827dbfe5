// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.spark.LocalSession;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries of the command: which columns they have, what is refused, and in which words. */
class QueryEvaluationTest {
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist()).strict();

    @TempDir
    static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = (SparkSession) LocalSession.start();
        spark.sql("SELECT * FROM VALUES (0.25D, 1, CAST(2 AS FLOAT)) AS rows(p, t, weight)")
                .createOrReplaceTempView("scores");
        spark.sql("SELECT p, t FROM scores").createOrReplaceTempView("pairs");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static byte[] evaluate(String query) throws Exception {
        return QueryEvaluation.evaluate(spark, query, Settings.of(EVALUATOR, true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT p, t FROM scores",
                "SELECT p AS Prediction, 3 AS other, t AS target FROM scores;",
                "SELECT weight, p, t FROM scores",
                "SELECT p `a.b ``c``.`, t FROM scores",
                "WITH s AS (FROM scores) SELECT p, t FROM s WHERE p < 1 -- the end",
                "FROM scores |> SELECT p, t;",
                "SELECT p, t FROM scores UNION SELECT 0.25D, 1 ;\n",
                "TABLE pairs",
                "VALUES (0.25D, true)"
            })
    void columns(String query) throws Exception {
        byte[] result = evaluate(query);
        assertThat(result[0]).isEqualTo((byte) (query.contains("weight") ? 1 : 0));
        assertThat(ScoreSum.read(Arrays.copyOfRange(result, 1, result.length), EVALUATOR)
                        .evaluation()
                        .mean(Loss.mnist()))
                .isEqualTo(0.75);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SELECT p, t + 1 target FROM scores | the query has no column named prediction, only p, target; name one so with AS
            SELECT p, t, 1 FROM scores         | the query has no column named prediction, only p, t, 1; name one so with AS
            SELECT p prediction FROM scores    | the query has no column named target, only prediction
            SELECT p prediction, t target, t target FROM scores | the query has 2 columns named target
            SELECT 'a', t FROM scores          | is of type STRING, and must be of FLOAT or DOUBLE
            SELECT 2.0D AS q, t FROM scores    | has 2.0, and strict mode allows only 0 to 1
            SELECT p, NULLIF(t, 1) u FROM scores | u IS NOT NULL, or skip and count them: --skip-nulls
            SELECT p, t FROM nothing           | TABLE_OR_VIEW_NOT_FOUND
            SELEC p                            | PARSE_SYNTAX_ERROR
            SELECT 0.5, 1; SELECT 0.5, 1       | PARSE_SYNTAX_ERROR
            SELECT p, t, q FROM scores         | A column, variable, or function parameter with name `q` cannot be resolved.
            SELECT p, 1 / (t - 1) FROM scores  | DIVIDE_BY_ZERO
            SELECT p, IF(t = 1, raise_error('a bad row'), t) u FROM scores | a bad row
            """)
    void refusedQueries(String query, String message) {
        assertThat(QueryEvaluation.message(catchThrowable(() -> evaluate(query))))
                .contains(message)
                .doesNotContain("org.apache", "\n'", "Exception");
    }

    @Test
    void anotherSparkIsRefused() {
        QueryEvaluation.requireSpark("4.2.0");
        for (String version : new String[] {"4.1.1", "4.20.0", "3.5.3"}) {
            assertThatThrownBy(() -> QueryEvaluation.requireSpark(version))
                    .hasMessage("exactloss needs Spark 4.2, and SPARK_HOME has " + version);
        }
    }

    @Test
    void otherStatementsAreNotRun() {
        spark.sql("CREATE TABLE kept USING parquet LOCATION '"
                + folder.resolve("kept").toUri() + "' AS SELECT 1 i");
        for (String statement : new String[] {
            "DROP TABLE kept",
            "TRUNCATE TABLE kept",
            "INSERT INTO kept VALUES (2)",
            "WITH s AS (SELECT 2) INSERT INTO kept SELECT * FROM s",
            "FROM kept INSERT INTO kept SELECT i + 1 INSERT INTO kept SELECT i + 2",
            "CREATE TABLE another USING parquet AS SELECT 0.5D p, 1 t",
            "CACHE TABLE kept",
            "SET spark.sql.shuffle.partitions = 7",
            "EXPLAIN SELECT 0.5D, 1",
            "SHOW TABLES",
            "EXECUTE IMMEDIATE 'DROP TABLE kept'",
            "EXECUTE IMMEDIATE 'SELECT 0.5D, 1'",
            "CALL catalog.drop_kept()",
            "BEGIN DROP TABLE kept; END",
            "DELETE FROM kept",
            "USE another"
        }) {
            assertThat(QueryEvaluation.message(catchThrowable(() -> evaluate(statement))))
                    .as(statement)
                    .isEqualTo("the query is no SELECT statement; nothing was run");
        }
        assertThat(spark.sql("SELECT i FROM kept").collectAsList().toString()).isEqualTo("[[1]]");
        assertThat(spark.conf().get("spark.sql.shuffle.partitions")).isEqualTo("3");
        spark.sql("DROP TABLE kept");
    }
}
