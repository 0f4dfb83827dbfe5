// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.sql.SQLException;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The different answers that DuckDB gives when it is asked the same again and again.
 *
 * @param exact the exact one
 */
record DuckDbAnswers(
        int elements, int questions, int threads, SortedSet<Double> single, SortedSet<Double> several, double exact) {
    static DuckDbAnswers ask(int elements, int threads, int questions) throws SQLException {
        Inputs inputs = Inputs.of(elements, Labels.RANDOM);
        return new DuckDbAnswers(
                elements,
                questions,
                threads,
                answers(inputs, 1, questions),
                answers(inputs, threads, questions),
                inputs.mean(Peer.Measure.MNIST, false));
    }

    private static SortedSet<Double> answers(Inputs inputs, int threads, int questions) throws SQLException {
        DuckDb duckDb = DuckDb.of(inputs, threads);
        SortedSet<Double> answers = new TreeSet<>();
        for (int question = 0; question < questions; question++) {
            answers.add(duckDb.mean());
        }
        return answers;
    }
}
