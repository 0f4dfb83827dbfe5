// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.rand;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The result has the bits of a single process, however Spark keeps, cuts and orders the rows. */
class SameBitsTest {
    private static final int ROWS = 3000;
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log());

    private static final List<String> FEW_FUNCTIONS =
            List.of("evaluate_binary(p_float, t_int, w)", "evaluate_binary(p_double, t_boolean)");

    @TempDir
    static Path folder;

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = LocalSession.start();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void filesAndTables(int nullsOf) {
        Scores scores = new Scores(ROWS, nullsOf);
        Map<String, Object> expected = expected(scores);
        Map<String, Dataset<Row>> sources = new LinkedHashMap<>();
        for (String compression : List.of("uncompressed", "snappy", "lz4_raw", "gzip", "zstd")) {
            for (String dictionary : List.of("true", "false")) {
                String name = "parquet-" + nullsOf + "-" + compression + "-" + dictionary;
                scores.dataset(spark)
                        .coalesce(1)
                        .write()
                        .option("parquet.enable.dictionary", dictionary)
                        .option("compression", compression)
                        .parquet(folder.resolve(name).toString());
                sources.put(name, spark.read().parquet(folder.resolve(name).toString()));
            }
        }
        String orc = folder.resolve("orc-" + nullsOf).toString();
        scores.dataset(spark).coalesce(1).write().orc(orc);
        sources.put("orc", spark.read().orc(orc));
        sources.put("a cached table", scores.dataset(spark).cache());
        sources.put("rows from the JVM", scores.dataset(spark));
        int turn = 0;
        for (Map.Entry<String, Dataset<Row>> source : sources.entrySet()) {
            // Each pair of types meets each kind of source once.
            check(source.getValue(), expected, functions(turn++ / 2), source.getKey());
        }
        Dataset<Row> parquet = sources.get("parquet-" + nullsOf + "-snappy-true");
        with("spark.sql.columnVector.offheap.enabled", "true", () -> {
            check(parquet, expected, functions(0), "Parquet with dictionaries, off the heap");
            check(sources.get("parquet-" + nullsOf + "-snappy-false"), expected, functions(1), "Parquet, off the heap");
        });
        with(
                "spark.sql.parquet.enableVectorizedReader",
                "false",
                () -> check(parquet, expected, functions(2), "rows of Parquet"));
    }

    @Test
    void partitionsAndOrders() {
        Scores scores = new Scores(ROWS, 50);
        Map<String, Object> expected = expected(scores);
        String file = folder.resolve("scores").toString();
        scores.dataset(spark).repartition(3).write().parquet(file);
        Map<String, UnaryOperator<Dataset<Row>>> arrangements = new LinkedHashMap<>();
        for (int partitions : new int[] {1, 2, 7, 200}) {
            arrangements.put(partitions + " partitions", rows -> rows.repartition(partitions));
        }
        arrangements.put("as they lie", rows -> rows);
        arrangements.put("coalesced", rows -> rows.coalesce(2));
        arrangements.put("sorted", rows -> rows.orderBy(col("p_double"), col("w")));
        arrangements.put("shuffled", rows -> rows.repartition(5, rand(Scores.SEED)));
        arrangements.put("shuffled otherwise", rows -> rows.orderBy(rand(Scores.SEED + 1)));
        Set<Double> averages = new HashSet<>();
        Set<Double> losses = new HashSet<>();
        List<String> flags = List.of("true", "false");
        for (String adaptive : flags) {
            for (String codegen : flags) {
                arrangements.forEach((name, arrangement) -> with(
                        "spark.sql.adaptive.enabled",
                        adaptive,
                        () -> with("spark.sql.codegen.wholeStage", codegen, () -> {
                            Dataset<Row> rows = arrangement.apply(spark.read().parquet(file));
                            String description = name + ", adaptive " + adaptive + ", codegen " + codegen;
                            check(rows, expected, FEW_FUNCTIONS, description);
                            // Thirds, because sums of a few thousand floats are exact in doubles.
                            Row means = rows.selectExpr(
                                            "avg(CASE WHEN t_int = 1 THEN 1 - p_double / 3 ELSE p_double / 3 END)",
                                            "mnist_loss(p_double / 3, t_int)")
                                    .head();
                            averages.add(means.getDouble(0));
                            losses.add(means.getDouble(1));
                        })));
            }
        }
        System.out.println("measured: over " + flags.size() * flags.size() * arrangements.size()
                + " arrangements of the same rows, Spark's avg(CASE ...) gave " + averages.size()
                + " different answers, mnist_loss " + losses.size());
        assertThat(losses).hasSize(1);
        assertThat(averages).hasSizeGreaterThan(1);
    }

    /** Functions that have each type of target, with predictions of both types, and with weights or without. */
    private static List<String> functions(int turn) {
        List<String> functions = new ArrayList<>();
        for (int i = 0; i < Scores.TARGETS.size(); i++) {
            String prediction = Scores.PREDICTIONS.get((i + turn) % 2);
            String weight = (i + turn) % 4 < 2 ? "" : ", w";
            functions.add("evaluate_binary(" + prediction + ", " + Scores.TARGETS.get(i) + weight + ")");
        }
        return functions;
    }

    /** What a query gives of all rows and of groups. */
    private static void check(
            Dataset<Row> rows, Map<String, Object> expected, List<String> functions, String description) {
        rows.createOrReplaceTempView("scores");
        Row row = spark.sql("SELECT " + String.join(", ", functions) + " FROM scores")
                .head();
        Map<String, Object> actual = new TreeMap<>();
        for (int i = 0; i < row.length(); i++) {
            actual.put(functions.get(i), numbers(row.getStruct(i)));
        }
        spark.sql("SELECT g, evaluate_binary(p_float, t_int, w) FROM scores GROUP BY g")
                .collectAsList()
                .forEach(group -> actual.put("of " + group.get(0), numbers(group.getStruct(1))));
        Map<String, Object> asked = new TreeMap<>(expected);
        asked.keySet().removeIf(name -> name.startsWith("evaluate_binary") && !functions.contains(name));
        assertThat(actual).as("%s, seed %d", description, Scores.SEED).isEqualTo(asked);
    }

    private static void with(String setting, String value, Runnable test) {
        spark.conf().set(setting, value);
        try {
            test.run();
        } finally {
            spark.conf().unset(setting);
        }
    }

    private static Map<String, Object> expected(Scores scores) {
        Map<String, Object> expected = new TreeMap<>();
        for (String p : Scores.PREDICTIONS) {
            for (String t : Scores.TARGETS) {
                expected.put(
                        "evaluate_binary(" + p + ", " + t + ")",
                        numbers(scores.evaluate(EVALUATOR, p, t, null, any -> true)));
                expected.put(
                        "evaluate_binary(" + p + ", " + t + ", w)",
                        numbers(scores.evaluate(EVALUATOR, p, t, "w", any -> true)));
            }
        }
        Set<String> groups = new HashSet<>();
        scores.rows().forEach(row -> groups.add(row.getAs(row.length() - 1)));
        for (String group : groups) {
            expected.put(
                    "of " + group,
                    numbers(scores.evaluate(
                            EVALUATOR,
                            "p_float",
                            "t_int",
                            "w",
                            row -> Objects.equals(row.get(row.length() - 1), group))));
        }
        return expected;
    }

    /** Everything but the metrics, which follow from the counts. */
    private static List<Object> numbers(DatasetEvaluation result) {
        Evaluation e = result.evaluation();
        List<Object> numbers = new ArrayList<>(List.of(
                e.count(),
                result.nullCount(),
                e.positives(),
                e.truePositives(),
                e.falsePositives(),
                e.trueNegatives(),
                e.falseNegatives(),
                e.weightSum()));
        for (Loss loss : e.losses()) {
            numbers.addAll(List.of(e.mean(loss), e.sum(loss), e.nanCount(loss), e.infiniteCount(loss)));
        }
        return numbers;
    }

    private static List<Object> numbers(Row struct) {
        List<Object> numbers = new ArrayList<>();
        for (String name : List.of(
                "count",
                "null_count",
                "positives",
                "true_positives",
                "false_positives",
                "true_negatives",
                "false_negatives",
                "weight_sum")) {
            numbers.add(struct.getAs(name));
        }
        for (Loss loss : EVALUATOR.losses()) {
            Row result = struct.getAs(loss.name());
            for (int i = 0; i < result.length(); i++) {
                numbers.add(result.get(i));
            }
        }
        return numbers;
    }
}
