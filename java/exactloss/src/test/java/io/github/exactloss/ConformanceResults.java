// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.ConformanceCase.Line;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Comparisons of results with those that a conformance case expects. They throw an AssertionError. */
final class ConformanceResults {
    private ConformanceResults() {}

    static void requireEvaluation(Evaluation evaluation, ConformanceCase expected) {
        List<String> losses = new ArrayList<>();
        for (Line line : expected.lines()) {
            switch (line.keyword()) {
                case "positives" -> requireCount(line, evaluation.positives());
                case "true_positives" -> requireCount(line, evaluation.truePositives());
                case "false_positives" -> requireCount(line, evaluation.falsePositives());
                case "true_negatives" -> requireCount(line, evaluation.trueNegatives());
                case "false_negatives" -> requireCount(line, evaluation.falseNegatives());
                case "result" -> {
                    losses.add(line.words().getFirst());
                    requireResult(line.words(), evaluation);
                }
                default -> {} // inputs
            }
        }
        requireCount(expected.line("count"), evaluation.count());
        requireReal(expected.line("accuracy").word(), evaluation.accuracy(), "accuracy");
        requireReal(expected.line("weight_sum").word(), evaluation.weightSum(), "weight_sum");
        requireText(
                losses.toString(),
                evaluation.losses().stream().map(Loss::name).toList().toString(),
                "the losses");
    }

    private static void requireResult(List<String> words, Evaluation evaluation) {
        Loss loss = evaluation.losses().stream()
                .filter(it -> it.name().equals(words.getFirst()))
                .findFirst()
                .orElseThrow();
        requireReal(words.get(1), evaluation.mean(loss), loss + " mean");
        requireReal(words.get(2), evaluation.sum(loss), loss + " sum");
        requireFloat(words.get(3), evaluation.meanAsFloat(loss), loss + " mean as float");
        requireFloat(words.get(4), evaluation.sumAsFloat(loss), loss + " sum as float");
        requireText(words.get(5), Long.toString(evaluation.nanCount(loss)), loss + " NaN count");
        requireText(words.get(6), Long.toString(evaluation.infiniteCount(loss)), loss + " infinite count");
    }

    static void requireElements(String keyword, ConformanceArray actual, ConformanceCase expected) {
        String difference = actual.difference(expected.line(keyword).words());
        require(difference.isEmpty(), keyword + ": " + difference);
    }

    private static void requireCount(Line expected, long actual) {
        requireText(expected.word(), Long.toString(actual), expected.keyword());
    }

    static void requireReal(String expected, double actual, String what) {
        String bits = HexFormat.of().toHexDigits(Double.doubleToRawLongBits(actual));
        require(
                expected.equals("nan") ? Double.isNaN(actual) : expected.equals(bits),
                what + " is " + bits + " (" + actual + "), not " + expected);
    }

    private static void requireFloat(String expected, float actual, String what) {
        String bits = HexFormat.of().toHexDigits(Float.floatToRawIntBits(actual));
        require(
                expected.equals("nan") ? Float.isNaN(actual) : expected.equals(bits),
                what + " is " + bits + " (" + actual + "), not " + expected);
    }

    static void requireText(String expected, String actual, String what) {
        require(expected.equals(actual), what + " is " + actual + ", not " + expected);
    }

    static void require(boolean holds, String problem) {
        if (!holds) {
            throw new AssertionError(problem);
        }
    }
}
