// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.NativeLibrary;
import io.github.exactloss.peers.Measurement.Spread;
import io.github.exactloss.peers.Peer.Work;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;

/** The page of the results, in Markdown. */
record PeersPage(List<Measurement> measurements, List<Claim> claims, DuckDbAnswers duckDb) {

    void write(PrintWriter page) throws IOException, SQLException {
        int processors = Runtime.getRuntime().availableProcessors();
        page.printf(
                """
            # exactloss beside its peers

            `./build.sh bench-peers` wrote this page, and measured its numbers on %s on this machine: %s, %d
            processor%s, %s; kernels: %s. Java %s, PyTorch %s, ONNX Runtime %s, DuckDB %s.

            All ran in one JVM on the same float32 predictions and uint8 targets, in turns, round by round. A number is the
            median of the rounds, with the least and the greatest in brackets. A ratio compares times of the same round.
            Before a peer was measured, its answer was compared with the exact one: "error" is their relative difference.
            Off-heap exactloss, PyTorch and ONNX Runtime read the same memory in place. Inputs in other forms were made
            beforehand: float targets for PyTorch's own losses, of which `l1_loss` is the same mean for targets of 0 and 1,
            bool targets for ONNX Runtime (Sub, Where, ReduceMean, and Mul or Log and Neg), and a table for DuckDB. PyTorch's gradients are those of `backward()` after
            `zero_grad()`.

            """,
                LocalDate.now(ZoneOffset.UTC),
                machine(),
                processors,
                processors == 1 ? "" : "s",
                System.getProperty("os.name"),
                NativeLibrary.isa(),
                System.getProperty("java.version"),
                pyTorchVersion(),
                OnnxRuntime.version(),
                DuckDb.version());
        writeClaims(page);
        writeDuckDb(page);
        measurements.stream()
                .map(measurement -> measurement.of().elements())
                .distinct()
                .forEach(elements -> writeSize(page, elements));
    }

    private void writeClaims(PrintWriter page) {
        page.print("""
                ## What is claimed

                Times by which a peer takes longer, with random labels, unless another unit is given.

                | what | claimed | measured | |
                |---|---|---|---|
                """);
        for (Claim claim : claims) {
            page.printf(
                    "| %s | %s %s%s | %s | %s |%n",
                    claim.what(),
                    claim.isAtLeast() ? "≥" : "≤",
                    digits(claim.bar()),
                    claim.unit(),
                    spread(claim.measured(), claim.unit()),
                    claim.isMet() ? "met" : "**missed**");
        }
        page.println();
    }

    private void writeDuckDb(PrintWriter page) {
        page.printf(
                """
                ## The same question, other answers

                DuckDB's `%s` on %,d rows, asked %d times:

                | threads | different answers | least | greatest |
                |---|---|---|---|
                | 1 | %d | %s | %s |
                | %d | %d | %s | %s |
                | exactloss, any number | 1 | %s | %s |

                """,
                DuckDb.QUERY,
                duckDb.elements(),
                duckDb.questions(),
                duckDb.single().size(),
                duckDb.single().first(),
                duckDb.single().last(),
                duckDb.threads(),
                duckDb.several().size(),
                duckDb.several().first(),
                duckDb.several().last(),
                duckDb.exact(),
                duckDb.exact());
    }

    private void writeSize(PrintWriter page, int elements) {
        page.printf("## %,d elements%n%n", elements);
        for (Work work : Work.values()) {
            List<Measurement> rows = measurements.stream()
                    .filter(measurement -> measurement.of().elements() == elements
                            && measurement.of().peer().work == work)
                    .toList();
            if (!rows.isEmpty()) {
                page.printf("%s:%n%n", work.title);
                page.print("""
                        | labels | threads | by | a call | ns an element | × exactloss | error |
                        |---|---|---|---|---|---|---|
                        """);
                rows.forEach(row -> writeRow(page, row, rows));
                page.println();
            }
        }
    }

    private static void writeRow(PrintWriter page, Measurement row, List<Measurement> rows) {
        Answers.Case of = row.of();
        Measurement exactloss = rows.stream()
                .filter(other -> other.of()
                        .equals(new Answers.Case(of.peer().work.reference(), of.elements(), of.labels(), of.threads())))
                .findFirst()
                .orElseThrow();
        double error = Answers.error(of);
        page.printf(
                "| %s | %d | %s | %s | %s | %s | %s |%n",
                of.labels().name().toLowerCase(Locale.ROOT),
                of.threads(),
                of.peer().title,
                time(row.time()),
                digits(row.nsPerElement()),
                row.equals(exactloss) ? "" : spread(row.times(exactloss), ""),
                error == 0 ? "0" : "%.1e".formatted(error));
    }

    private static String spread(Spread spread, String unit) {
        String median = digits(spread.median()) + unit;
        return spread.min() == spread.max()
                ? median
                : "%s (%s – %s)".formatted(median, digits(spread.min()), digits(spread.max()));
    }

    /** A time in the unit that suits the median. */
    private static String time(Spread ns) {
        double scale = ns.median() < 1e3 ? 1 : ns.median() < 1e6 ? 1e3 : 1e6;
        String unit = ns.median() < 1e3 ? " ns" : ns.median() < 1e6 ? " µs" : " ms";
        return spread(new Spread(ns.median() / scale, ns.min() / scale, ns.max() / scale), unit);
    }

    /** Three digits that count. */
    private static String digits(double number) {
        return new BigDecimal(number)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String machine() throws IOException {
        Path processors = Path.of("/proc/cpuinfo");
        if (!Files.exists(processors)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(processors)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.replaceFirst(".*:\\s*", ""))
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }

    /** Its jar says it, with the binding's own version behind; the binding has no function for it. */
    private static String pyTorchVersion() {
        return torch.class.getPackage().getImplementationVersion().replaceFirst("-.*", "");
    }
}
