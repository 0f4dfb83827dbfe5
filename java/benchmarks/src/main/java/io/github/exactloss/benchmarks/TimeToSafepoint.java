// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.benchmarks;

import io.github.exactloss.MnistLoss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * How long the JVM waits for its threads to reach a safepoint, while one of them computes the loss of a 1 GiB array on the
 * heap, over and over. The JVM itself measures: {@code java -Xlog:safepoint:file=LOG ... TimeToSafepoint LOG}.
 */
public final class TimeToSafepoint {
    private static final int COUNT = 1 << 28;
    private static final Duration DURATION = Duration.ofSeconds(10);
    private static final Pattern REACHING = Pattern.compile("\"ThreadDump\".*Reaching safepoint: +(\\d+) ns");

    private TimeToSafepoint() {}

    /** Prints the number of safepoints, and the minimum, the median and the maximum of the times to reach them. */
    public static void main(String[] args) throws Exception {
        Path log = Path.of(args[0]);
        float[] predictions = new float[COUNT];
        byte[] targets = new byte[COUNT];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < COUNT; i++) {
            predictions[i] = (float) random.nextDouble();
            targets[i] = (byte) random.nextInt(2);
        }
        AtomicBoolean running = new AtomicBoolean(true);
        report(log, "all other threads idle");
        Thread evaluating = Thread.ofPlatform().start(() -> {
            MnistLoss loss = MnistLoss.create();
            while (running.get()) {
                loss.mean(Predictions.of(predictions), Targets.of(targets));
            }
        });
        try {
            report(log, "one computes the loss of 1 GiB on the heap");
        } finally {
            running.set(false);
            evaluating.join();
        }
    }

    /** Takes a safepoint every millisecond, for a while, and reports on them. */
    private static void report(Path log, String what) throws IOException, InterruptedException {
        int before = times(log, 0).length;
        long end = System.nanoTime() + DURATION.toNanos();
        while (System.nanoTime() < end) {
            Thread.getAllStackTraces();
            Thread.sleep(1);
        }
        double[] times = times(log, before);
        System.out.printf(
                Locale.ROOT,
                "%-44s %6d safepoints, reached in %.3f / %.3f / %.3f ms (min / median / max)%n",
                what,
                times.length,
                times[0],
                times[times.length / 2],
                times[times.length - 1]);
    }

    /** All that the log has after some, in milliseconds, sorted. */
    private static double[] times(Path log, int before) throws IOException {
        return REACHING.matcher(Files.readString(log))
                .results()
                .skip(before)
                .mapToDouble(match -> Long.parseLong(match.group(1)) / 1e6)
                .sorted()
                .toArray();
    }
}
