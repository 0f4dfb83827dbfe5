// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures by JMH, in this JVM: peers take turns, round by round, so that a busy machine slows them alike, and their ratios
 * are those of the same round.
 */
final class Rounds {
    private static final TimeValue ITERATION = TimeValue.milliseconds(50);

    /** From this number of elements on, a call is an iteration by itself. */
    private static final int LARGE = 10_000_000;

    private static final int SMALL = 64;

    private final boolean quick;

    Rounds(boolean quick) {
        this.quick = quick;
    }

    /** A small call in JVMs of its own, whose compiler has seen nothing else, and the bytes that it allocates in each. */
    record SmallCall(Measurement time, Measurement.Spread bytes) {}

    /**
     * Measures some peers with the same inputs.
     *
     * @param afterEach is run after each round
     */
    List<Measurement> measure(List<Peer> peers, int elements, Labels labels, int threads, Runnable afterEach)
            throws RunnerException {
        Map<Peer, List<Double>> ns = new LinkedHashMap<>();
        int rounds = quick || elements >= LARGE ? 3 : 5;
        for (int round = 0; round < rounds; round++) {
            // The first round compiles. Large calls were compiled by the check, and find nothing in the caches.
            int warmups = elements >= LARGE ? 0 : round == 0 ? 12 : 1;
            int iterations = elements >= LARGE ? 1 : 2;
            for (Peer peer : peers) {
                Collection<RunResult> results = new Runner(options(peer, elements, labels, threads)
                                .forks(0)
                                .warmupIterations(warmups)
                                .measurementIterations(iterations)
                                .build())
                        .run();
                ns.computeIfAbsent(peer, _ -> new ArrayList<>())
                        .add(only(results).getPrimaryResult().getScore());
            }
            afterEach.run();
        }
        return ns.entrySet().stream()
                .map(entry ->
                        new Measurement(new Answers.Case(entry.getKey(), elements, labels, threads), entry.getValue()))
                .toList();
    }

    /** Measures a call on 64 elements, and the bytes that it allocates. */
    SmallCall measureSmallCall(Peer peer) throws RunnerException {
        RunResult result = only(new Runner(options(peer, SMALL, Labels.RANDOM, 1)
                        .forks(quick ? 2 : 5)
                        .jvmArgs(jvmArgs())
                        .warmupIterations(20)
                        .measurementIterations(10)
                        .addProfiler(GCProfiler.class)
                        .build())
                .run());
        List<Double> ns = new ArrayList<>();
        List<Double> bytes = new ArrayList<>();
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            ns.add(fork.getPrimaryResult().getScore());
            // JMH divides what its own threads allocate by the calls, so nothing is a little more than 0.
            double allocated =
                    fork.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
            bytes.add((double) Math.round(allocated));
        }
        return new SmallCall(
                new Measurement(new Answers.Case(peer, SMALL, Labels.RANDOM, 1), ns), Measurement.Spread.of(bytes));
    }

    /** The options of this JVM, without the Vector API: each JVM would warn that it is an incubator module. */
    private static String[] jvmArgs() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("--add-modules"))
                .toArray(String[]::new);
    }

    private static ChainedOptionsBuilder options(Peer peer, int elements, Labels labels, int threads) {
        return new OptionsBuilder()
                .include("^" + Pattern.quote(peer.benchmark()) + "$")
                .param("elements", "" + elements)
                .param("labels", labels.name())
                .param("threads", "" + threads)
                .warmupTime(ITERATION)
                .measurementTime(ITERATION)
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true);
    }

    private static RunResult only(Collection<RunResult> results) {
        return results.iterator().next();
    }
}
