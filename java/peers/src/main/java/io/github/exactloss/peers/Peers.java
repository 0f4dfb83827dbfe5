// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.peers.Measurement.Spread;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures exactloss and its peers, and writes a page and two pictures of it. */
@Command(
        name = "bench-peers",
        mixinStandardHelpOptions = true,
        description = "Measures exactloss beside other ways to the same losses, in one JVM: minutes.")
public final class Peers implements Callable<Integer> {
    private static final int CALL = 64;
    private static final int IN_L2 = 1 << 16;
    private static final int MILLION = 1_000_000;
    private static final int TEN_MILLION = 10_000_000;
    private static final int IN_RAM = 100_000_000;
    private static final List<Integer> ELEMENTS = List.of(CALL, 4096, IN_L2, MILLION, IN_RAM);

    /** The others are no nearer to the memory's speed there than with fewer or more elements. */
    private static final Set<Peer> IN_L2_TOO = Set.of(Peer.OFF_HEAP, Peer.ARRAYS, Peer.JAVA_LOOP, Peer.VECTOR_API);

    /** How often DuckDB is asked the same query. */
    private static final int QUESTIONS = 50;

    @Spec
    private CommandSpec spec;

    @Option(names = "--quick", description = "To try it out: fewer rounds, and random labels only.")
    private boolean quick;

    @Option(
            names = "--elements",
            split = ",",
            paramLabel = "N",
            description =
                    "Only these sizes of 64, 4096, 65536, 1000000 and 100000000; default: all, or without the last"
                            + " if --quick.")
    private Set<Integer> sizes = new LinkedHashSet<>();

    @Option(names = "--native", required = true, paramLabel = "FILE", description = "exactloss-bench")
    private Path nativeBenchmark;

    @Option(names = "--output", required = true, paramLabel = "FOLDER", description = "Where the page and pictures go.")
    private Path folder;

    private final PrintStream progress = System.err;
    private final int processors = Runtime.getRuntime().availableProcessors();
    private final List<Measurement> measurements = new ArrayList<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<Double> nativeNs = new ArrayList<>();

    private Peers() {}

    /** Ends the process with 0, whether the claims were met or not; with 1 for a wrong answer or a failure. */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        System.exit(new CommandLine(new Peers()).execute(args));
    }

    @Override
    public Integer call() throws RunnerException, IOException, SQLException {
        if (sizes.isEmpty()) {
            sizes.addAll(quick ? ELEMENTS.subList(0, ELEMENTS.size() - 1) : ELEMENTS);
        } else if (!ELEMENTS.containsAll(sizes)) {
            throw new ParameterException(spec.commandLine(), "--elements must be of " + ELEMENTS + ": " + sizes);
        }
        if (sizes.contains(CALL)) {
            claimSmallCalls();
        }
        Rounds rounds = new Rounds(quick);
        for (int elements : ELEMENTS) {
            if (sizes.contains(elements)) {
                for (Labels labels : quick ? new Labels[] {Labels.RANDOM} : Labels.values()) {
                    measure(rounds, elements, labels, 1);
                    if (processors > 1) {
                        measure(rounds, elements, labels, processors);
                    }
                }
            }
        }
        claimRatios();
        Files.createDirectories(folder);
        try (PrintWriter page = new PrintWriter(folder.resolve("peers.md").toFile(), StandardCharsets.UTF_8)) {
            new PeersPage(measurements, claims, DuckDbAnswers.ask(TEN_MILLION, processors, QUESTIONS)).write(page);
        }
        for (String format : List.of("png", "svg")) {
            Files.write(folder.resolve("peers." + format), PeersChart.write(measurements, format));
        }
        return 0;
    }

    private void claimSmallCalls() throws RunnerException {
        progress.println("64 elements, in JVMs of their own");
        Rounds rounds = new Rounds(quick);
        for (Peer peer : List.of(Peer.OFF_HEAP, Peer.ARRAYS)) {
            Rounds.SmallCall call = rounds.measureSmallCall(peer);
            String what = "a call on 64 elements, " + (peer == Peer.OFF_HEAP ? "off-heap" : "from arrays");
            claims.add(new Claim(
                    what,
                    " ns",
                    peer == Peer.OFF_HEAP ? 30 : 35,
                    false,
                    call.time().time()));
            claims.add(new Claim("what it allocates", " bytes", 0, false, call.bytes()));
        }
    }

    private void measure(Rounds rounds, int elements, Labels labels, int threads) throws RunnerException {
        List<Peer> peers = Arrays.stream(Peer.values())
                .filter(peer -> threads == 1 || peer.usesThreads())
                .filter(peer -> elements != IN_L2 || IN_L2_TOO.contains(peer))
                // Gradients of 10^8 take minutes, and the order of the labels hardly matters to them.
                .filter(peer -> elements != IN_RAM || labels == Labels.RANDOM || peer.work == Peer.Work.MEAN)
                .toList();
        progress.printf(
                "%,d elements, %s labels, %d thread%s: %d peers%n",
                elements, labels.name().toLowerCase(Locale.ROOT), threads, threads == 1 ? "" : "s", peers.size());
        boolean isBesideNative = elements == MILLION && labels == Labels.RANDOM && threads == 1;
        NativeBenchmark fromC = new NativeBenchmark(nativeBenchmark);
        measurements.addAll(rounds.measure(peers, elements, labels, threads, () -> {
            if (isBesideNative) {
                nativeNs.add(fromC.mean(MILLION));
            }
        }));
    }

    private void claimRatios() {
        if (!nativeNs.isEmpty()) {
            Measurement java = find(Peer.OFF_HEAP, MILLION, 1);
            Spread times = java.times(new Measurement(java.of(), nativeNs));
            claims.add(
                    new Claim("the mean of 10^6 elements from Java, off-heap, as against C", "×", 1.03, false, times));
        }
        for (int threads = 1; threads <= processors; threads += Math.max(1, processors - 1)) {
            claim(Peer.WHERE, MILLION, threads, 35);
            claim(Peer.L1_LOSS, MILLION, threads, 3);
            claim(Peer.WHERE_GRADIENT, MILLION, threads, 60);
            claim(Peer.L1_LOSS_GRADIENT, MILLION, threads, 10);
        }
        claim(Peer.MSE_LOSS, MILLION, 1, 1.7);
        claim(Peer.CROSS_ENTROPY, MILLION, 1, 25);
        claim(Peer.CROSS_ENTROPY_OF_LOGITS, MILLION, 1, 3.2);
        claim(Peer.MSE_LOSS_GRADIENT, MILLION, 1, 2);
        claim(Peer.CROSS_ENTROPY_GRADIENT, MILLION, 1, 20);
        claim(Peer.CROSS_ENTROPY_OF_LOGITS_GRADIENT, MILLION, 1, 4);
        claim(Peer.WHERE, CALL, 1, 400);
        claim(Peer.JAVA_LOOP, MILLION, 1, 7);
        claim(Peer.VECTOR_API, IN_L2, 1, 0.7);
        claim(Peer.VECTOR_API, IN_RAM, 1, 1);
    }

    /** Claims that a peer takes at least a number of times as long, with random labels. */
    private void claim(Peer peer, int elements, int threads, double bar) {
        Measurement other = find(peer, elements, threads);
        Measurement exactloss = find(peer.work.reference(), elements, threads);
        if (other != null && exactloss != null) {
            String what = "%s, %s, %,d elements, %d thread%s"
                    .formatted(
                            peer.title,
                            peer.work.title.toLowerCase(Locale.ROOT),
                            elements,
                            threads,
                            threads == 1 ? "" : "s");
            claims.add(new Claim(what, "×", bar, true, other.times(exactloss)));
        }
    }

    private Measurement find(Peer peer, int elements, int threads) {
        Predicate<Measurement> wanted =
                measurement -> measurement.of().equals(new Answers.Case(peer, elements, Labels.RANDOM, threads));
        return measurements.stream().filter(wanted).findFirst().orElse(null);
    }
}
