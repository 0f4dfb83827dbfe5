// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.benchmarks;

import io.github.exactloss.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code exactloss eval SQL} next to DuckDB's own inexact average of the same distances, over the same Parquet file, with the
 * same threads, in turns: {@code SqlBenchmark FOLDER [ROWS [RUNS]]}. The file is made in the folder if it is not there, with
 * float predictions and random uint8 labels. On Linux, it prints the most memory that was resident at the end.
 */
public final class SqlBenchmark {
    private static final String AVERAGE = "avg(CASE WHEN target = 1 THEN 1 - prediction ELSE prediction END)";
    private static final Pattern LOSS = Pattern.compile("\"loss\": ([0-9.E-]+)");

    /** The error of rounding {@code 1 - p} to float, with room for the errors of DuckDB's sum of doubles. */
    private static final double TOLERANCE = 0x1p-24;

    private final Path file;
    private final int runs;

    private SqlBenchmark(Path file, int runs) {
        this.file = file;
        this.runs = runs;
    }

    /** Measures with one thread, and with one for each processor. */
    public static void main(String[] args) throws IOException, SQLException {
        Locale.setDefault(Locale.ROOT);
        Path folder = Path.of(args[0]);
        long rows = args.length > 1 ? Long.parseLong(args[1]) : 100_000_000;
        int runs = args.length > 2 ? Integer.parseInt(args[2]) : 7;
        Path file = folder.resolve("scores-" + rows + ".parquet");
        if (!Files.exists(file)) {
            write(file, rows);
        }
        System.out.printf("%,d rows of FLOAT and UTINYINT, %,d bytes of Parquet; seconds%n", rows, Files.size(file));
        System.out.printf("%-26s%8s%8s%8s%8s%8s%n", "", "threads", "first", "min", "median", "max");
        SqlBenchmark benchmark = new SqlBenchmark(file, runs);
        int all = Runtime.getRuntime().availableProcessors();
        for (int threads : all == 1 ? new int[] {1} : new int[] {1, all}) {
            benchmark.compare(threads);
        }
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmHWM"))
                    .forEach(line -> System.out.println("resident at most: " + line.replaceAll("\\D+", "") + " KiB"));
        }
    }

    /** Writes to another name first, so that an existing file is complete. */
    private static void write(Path file, long rows) throws IOException, SQLException {
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(("COPY (SELECT random()::FLOAT AS prediction, (random() < 0.5)::UTINYINT AS target"
                            + " FROM range(%d)) TO '%s' (FORMAT parquet)")
                    .formatted(rows, quoted(part)));
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void compare(int threads) throws SQLException {
        double[] duckdb = new double[runs + 1];
        double[] exactloss = new double[runs + 1];
        double average = 0;
        double loss = 0;
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = " + threads);
            for (int run = 0; run <= runs; run++) {
                long start = System.nanoTime();
                average = average(statement);
                long middle = System.nanoTime();
                loss = loss(threads);
                duckdb[run] = (middle - start) / 1e9;
                exactloss[run] = (System.nanoTime() - middle) / 1e9;
            }
        }
        if (Math.abs(average - loss) > TOLERANCE) {
            throw new AssertionError("DuckDB's average is " + average + ", the exact loss " + loss);
        }
        double ratio =
                print("DuckDB's avg(CASE ...)", threads, duckdb) / print("exactloss eval SQL", threads, exactloss);
        System.out.printf("%-26s%8s%8s%8s%8.2f%n", "share of DuckDB's speed", "", "", "", ratio);
    }

    private double average(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT " + AVERAGE + " FROM '" + quoted(file) + "'")) {
            result.next();
            return result.getDouble(1);
        }
    }

    private double loss(int threads) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String query = "SELECT prediction, target FROM '" + quoted(file) + "'";
        int exitCode = Main.run(
                new PrintWriter(out), new PrintWriter(err), "eval", query, "--threads", "" + threads, "--json");
        Matcher loss = LOSS.matcher(out.toString());
        if (exitCode != 0 || !loss.find()) {
            throw new AssertionError("exit code " + exitCode + ": " + err);
        }
        return Double.parseDouble(loss.group(1));
    }

    /** Prints the seconds of all runs and returns their median. The first run warms up. */
    private static double print(String name, int threads, double[] seconds) {
        double[] warm = Arrays.copyOfRange(seconds, 1, seconds.length);
        Arrays.sort(warm);
        double median = (warm[(warm.length - 1) / 2] + warm[warm.length / 2]) / 2;
        System.out.printf(
                "%-26s%8d%8.3f%8.3f%8.3f%8.3f%n", name, threads, seconds[0], warm[0], median, warm[warm.length - 1]);
        return median;
    }

    private static String quoted(Path path) {
        return path.toString().replace("'", "''");
    }
}
