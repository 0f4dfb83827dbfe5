// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A case of native/conformance/cases.txt, whose format the README beside it explains.
 *
 * @param lines those between the first and the last, in their order
 */
record ConformanceCase(String name, String operation, List<Line> lines) {
    private static final Set<String> KEYWORDS = Set.of(
            ("losses reduction flags predictions targets weights initial upstream divisor threshold condition a b counts beta"
                            + " input add add_with_gradient merge status violation loss values gradient gradient_loss out bytes"
                            + " bytes_fnv1a metric f_beta count positives true_positives false_positives true_negatives"
                            + " false_negatives accuracy weight_sum result")
                    .split(" ", -1));

    /** A keyword and what follows it. */
    record Line(String keyword, List<String> words) {
        String word() {
            if (words.size() != 1) {
                throw new AssertionError(keyword + " takes one word, not " + words);
            }
            return words.getFirst();
        }

        long number() {
            return Long.parseLong(word());
        }

        /** A double by its bits. */
        double real() {
            return Double.longBitsToDouble(Long.parseUnsignedLong(word(), 16));
        }

        static Line of(String text) {
            List<String> words = List.of(text.split(" ", -1));
            return new Line(words.getFirst(), words.subList(1, words.size()));
        }
    }

    /** All cases, after a check of their number, which the last line says. */
    static List<ConformanceCase> readAll(Path file) throws IOException {
        List<ConformanceCase> cases = new ArrayList<>();
        List<Line> open = null;
        Line first = null;
        long end = -1;
        for (String text : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
            if (text.startsWith("#") || text.isEmpty()) {
                continue;
            }
            Line line = Line.of(text);
            switch (line.keyword) {
                case "case" -> {
                    first = line;
                    open = new ArrayList<>();
                }
                case "done" -> {
                    cases.add(new ConformanceCase(first.words.get(0), first.words.get(1), open));
                    open = null;
                }
                case "end" -> end = line.number();
                default -> {
                    if (!KEYWORDS.contains(line.keyword)) {
                        throw new AssertionError("a case has the unknown line '" + text + "'");
                    }
                    open.add(line);
                }
            }
        }
        if (end != cases.size()) {
            throw new AssertionError(file + " has " + cases.size() + " cases, and its last line says " + end);
        }
        return cases;
    }

    /** The operation and the type of the predictions, if there are any. */
    String group() {
        return lines.stream()
                .filter(line -> line.keyword.equals("predictions"))
                .findFirst()
                .map(line -> operation + " of " + line.words.getFirst())
                .orElse(operation);
    }

    boolean has(String keyword) {
        return lines.stream().anyMatch(line -> line.keyword.equals(keyword));
    }

    /** The only line with this keyword. */
    Line line(String keyword) {
        List<Line> found =
                lines.stream().filter(line -> line.keyword.equals(keyword)).toList();
        if (found.size() != 1) {
            throw new AssertionError("one line '" + keyword + "', not " + found);
        }
        return found.getFirst();
    }

    double real(String keyword, double otherwise) {
        return has(keyword) ? line(keyword).real() : otherwise;
    }

    Set<String> flags() {
        return has("flags") ? Set.copyOf(line("flags").words) : Set.of();
    }

    /** The batches of an accumulation, each with the line that adds it; then the lines that follow the last one. */
    List<ConformanceCase> batches() {
        List<ConformanceCase> batches = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).keyword.startsWith("add")) {
                boolean gradient =
                        i + 1 < lines.size() && lines.get(i + 1).keyword.equals("gradient");
                int to = i + (gradient ? 2 : 1);
                batches.add(new ConformanceCase(name, operation, lines.subList(from, to)));
                from = to;
            }
        }
        batches.add(new ConformanceCase(name, operation, lines.subList(from, lines.size())));
        return batches;
    }
}
