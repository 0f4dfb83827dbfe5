// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Measures the functions beside Spark's own average of the same values, in turns in one session, on a Parquet file:
 * {@code SparkBenchmark FOLDER [ROWS [RUNS]]}. The file is made in the folder if it is not there. Beside the time it prints the
 * processor time of the whole JVM, which says more where other programs run.
 */
public final class SparkBenchmark {
    /** Spark's default. */
    private static final String CODEC = "snappy";

    private static final String MEAN = "avg(CASE WHEN t = 1 THEN 1 - p ELSE p END)";
    private static final String LOG = "avg(-ln(CASE WHEN t = 1 THEN p ELSE 1 - p END))";
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /**
     * Two queries for the same thing.
     *
     * @param wanted the ratio of speeds that the project asks for
     */
    private record Comparison(
            String name, double wanted, Map<String, String> settings, String spark, String exactloss) {}

    private static final List<Comparison> COMPARISONS = List.of(
            new Comparison(
                    "columns", 1.5, Map.of(), "SELECT " + MEAN + " FROM scores", "SELECT mnist_loss(p, t) FROM scores"),
            new Comparison(
                    "columns with nulls",
                    0.8,
                    Map.of(),
                    "SELECT " + MEAN.replace(" p ", " n ") + " FROM scores",
                    "SELECT mnist_loss(n, t) FROM scores"),
            new Comparison(
                    "columns off the heap",
                    1.5,
                    Map.of("spark.sql.columnVector.offheap.enabled", "true"),
                    "SELECT " + MEAN + " FROM scores",
                    "SELECT mnist_loss(p, t) FROM scores"),
            new Comparison(
                    "rows that a filter leaves",
                    0.8,
                    Map.of(),
                    "SELECT " + MEAN + " FROM scores WHERE g >= 0",
                    "SELECT mnist_loss(p, t) FROM scores WHERE g >= 0"),
            new Comparison(
                    "rows of Parquet",
                    0.8,
                    Map.of("spark.sql.parquet.enableVectorizedReader", "false"),
                    "SELECT " + MEAN + " FROM scores",
                    "SELECT mnist_loss(p, t) FROM scores"),
            new Comparison(
                    "rows, no generated code",
                    0.8,
                    Map.of("spark.sql.codegen.wholeStage", "false"),
                    "SELECT " + MEAN + " FROM scores WHERE g >= 0",
                    "SELECT mnist_loss(p, t) FROM scores WHERE g >= 0"),
            new Comparison(
                    "FILTER, row by row",
                    0.8,
                    Map.of(),
                    "SELECT " + MEAN + " FILTER (WHERE g >= 0) FROM scores",
                    "SELECT mnist_loss(p, t) FILTER (WHERE g >= 0) FROM scores"),
            new Comparison(
                    "a window, 2 % of the rows",
                    0.8,
                    Map.of(),
                    "SELECT max(m) FROM (SELECT " + MEAN + " OVER (PARTITION BY g) m FROM scores WHERE g < 200)",
                    "SELECT max(m) FROM (SELECT mnist_loss(p, t) OVER (PARTITION BY g) m FROM scores WHERE g < 200)"),
            new Comparison(
                    "log loss", 2, Map.of(), "SELECT " + LOG + " FROM scores", "SELECT log_loss(p, t) FROM scores"),
            new Comparison(
                    "10,000 groups of an INT",
                    0.7,
                    Map.of(),
                    "SELECT max(m) FROM (SELECT g, " + MEAN + " m FROM scores GROUP BY g)",
                    "SELECT max(m) FROM (SELECT g, mnist_loss(p, t) m FROM scores GROUP BY g)"),
            new Comparison(
                    "10,000 groups of a STRING",
                    0.7,
                    Map.of(),
                    "SELECT max(m) FROM (SELECT s, " + MEAN + " m FROM scores GROUP BY s)",
                    "SELECT max(m) FROM (SELECT s, mnist_loss(p, t) m FROM scores GROUP BY s)"));

    private final SparkSession spark;
    private final int runs;

    private SparkBenchmark(SparkSession spark, int runs) {
        this.spark = spark;
        this.runs = runs;
    }

    /** Measures all comparisons; or, as a child of that, answers one query: {@code SparkBenchmark --answer FILE QUERY}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Locale.setDefault(Locale.ROOT);
        if (args[0].equals("--answer")) {
            SparkSession spark = LocalSession.start();
            spark.read().parquet(args[1]).createOrReplaceTempView("scores");
            System.out.println(spark.sql(args[2]).head());
            System.exit(0); // at once, without Spark's farewell
        }
        Path folder = Path.of(args[0]);
        long rows = args.length > 1 ? Long.parseLong(args[1]) : 20_000_000;
        int runs = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        SparkSession spark = LocalSession.start();
        try {
            Path file = folder.resolve("spark-scores-" + CODEC + "-" + rows);
            if (!Files.exists(file.resolve("_SUCCESS"))) {
                write(spark, file, rows);
            }
            spark.read().parquet(file.toString()).createOrReplaceTempView("scores");
            System.out.printf("%,d rows of Parquet, 2 threads, %d warm runs in turns%n", rows, runs);
            System.out.printf(
                    "%-27s%-10s%8s%8s%8s%10s%8s%8s%n", "", "", "min", "median", "max", "CPU s", "ratio", "wanted");
            SparkBenchmark benchmark = new SparkBenchmark(spark, runs);
            COMPARISONS.forEach(benchmark::compare);
            spark.stop();
            compareColdStarts(file, runs);
        } finally {
            spark.stop();
        }
    }

    /** From the start of a process to the answer. */
    private static void compareColdStarts(Path file, int runs) throws IOException, InterruptedException {
        Comparison columns = COMPARISONS.getFirst();
        double[][] seconds = new double[2][runs];
        for (int run = 0; run < runs; run++) {
            seconds[0][run] = coldStart(file, columns.spark);
            seconds[1][run] = coldStart(file, columns.exactloss);
        }
        for (int i = 0; i < 2; i++) {
            Arrays.sort(seconds[i]);
            System.out.printf(
                    "%-27s%-10s%8.3f%8.3f%8.3f%n",
                    i == 0 ? "columns, cold start" : "",
                    i == 0 ? "Spark" : "exactloss",
                    seconds[i][0],
                    seconds[i][runs / 2],
                    seconds[i][runs - 1]);
        }
        System.out.printf(
                "the cold start takes %.2f times as long as Spark's own; at most 1.20 are wanted%n",
                seconds[1][runs / 2] / seconds[0][runs / 2]);
    }

    private static double coldStart(Path file, String query) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                SparkBenchmark.class.getName(),
                "--answer",
                file.toString(),
                query));
        long start = System.nanoTime();
        int status = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (status != 0) {
            throw new AssertionError(query + " ended with the status " + status);
        }
        return seconds;
    }

    /** Predictions, random labels, and 10,000 groups. */
    private static void write(SparkSession spark, Path file, long rows) {
        spark.range(0, rows, 1, 4)
                .selectExpr(
                        "CAST(rand(1) AS FLOAT) p",
                        "CAST(rand(2) < 0.4 AS INT) t",
                        "IF(rand(3) < 0.01, NULL, CAST(rand(1) AS FLOAT)) n",
                        "CAST(rand(4) * 10000 AS INT) g",
                        "concat('group ', CAST(rand(5) * 10000 AS INT)) s")
                .write()
                .mode("overwrite")
                .option("compression", CODEC)
                .parquet(file.toString());
    }

    private void compare(Comparison comparison) {
        comparison.settings.forEach((name, value) -> spark.conf().set(name, value));
        List<String> queries = List.of(comparison.spark, comparison.exactloss);
        double[][] seconds = new double[2][runs];
        double[][] cpu = new double[2][runs];
        List<Row> answers = new ArrayList<>(Arrays.asList(null, null));
        for (int run = -2; run < runs; run++) { // the first two warm up
            for (int i = 0; i < 2; i++) {
                long cpuStart = PROCESS.getProcessCpuTime();
                long start = System.nanoTime();
                answers.set(i, spark.sql(queries.get(i)).head());
                if (run >= 0) {
                    seconds[i][run] = (System.nanoTime() - start) / 1e9;
                    cpu[i][run] = (PROCESS.getProcessCpuTime() - cpuStart) / 1e9;
                }
            }
        }
        comparison.settings.keySet().forEach(name -> spark.conf().unset(name));
        double difference = answers.get(0).getDouble(0) - answers.get(1).getDouble(0);
        if (!(Math.abs(difference) < 1e-6)) {
            throw new AssertionError(
                    comparison.name + ": Spark says " + answers.get(0) + ", exactloss " + answers.get(1));
        }
        for (int i = 0; i < 2; i++) {
            Arrays.sort(seconds[i]);
            Arrays.sort(cpu[i]);
            System.out.printf(
                    "%-27s%-10s%8.3f%8.3f%8.3f%10.2f",
                    i == 0 ? comparison.name : "",
                    i == 0 ? "Spark" : "exactloss",
                    seconds[i][0],
                    seconds[i][runs / 2],
                    seconds[i][runs - 1],
                    cpu[i][runs / 2]);
            System.out.println(
                    i == 0
                            ? ""
                            : "%8.2f%8.2f".formatted(seconds[0][runs / 2] / seconds[1][runs / 2], comparison.wanted));
        }
    }
}
