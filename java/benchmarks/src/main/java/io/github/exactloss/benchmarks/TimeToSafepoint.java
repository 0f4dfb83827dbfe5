// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.benchmarks;

import io.github.exactloss.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * How long the JVM waits for its threads to reach a safepoint, while one of them computes the loss of a 1 GiB array on the
 * heap, over and over; and, for comparison, while one adds that array up in Java. Times that both show are due to the
 * machine: a thread that has lost its processor reaches no safepoint. This makes maxima of some milliseconds, which a
 * real-time policy avoids: on Linux {@code chrt --rr 1 ./build.sh bench-safepoint}, with {@code sysctl
 * kernel.sched_rt_runtime_us=-1} before and {@code =950000}, the usual, after it: in between, such threads may starve all
 * others. The JVM itself measures: {@code java -Xlog:safepoint:file=LOG ... TimeToSafepoint LOG}.
 */
public final class TimeToSafepoint {
    private static final int COUNT = 1 << 28;
    private static final Duration DURATION = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int WARM_UPS = 5;
    private static final Pattern REACHING = Pattern.compile("\"ThreadDump\".*Reaching safepoint: +(\\d+) ns");

    /** Keeps a loop's result, so that the compiler can't drop the loop. */
    private static volatile double sink;

    private TimeToSafepoint() {}

    /** Prints the number of safepoints, and the distribution of the times to reach them. */
    public static void main(String[] args) throws Exception {
        Path log = Path.of(args[0]);
        float[] predictions = new float[COUNT];
        byte[] targets = new byte[COUNT];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < COUNT; i++) {
            predictions[i] = (float) random.nextDouble();
            targets[i] = (byte) random.nextInt(2);
        }
        Loss loss = Loss.mnist();
        report(log, "all other threads idle", () -> LockSupport.parkNanos(PAUSE.toNanos()));
        report(log, "one adds up 1 GiB in Java", () -> sink = sum(predictions));
        report(
                log,
                "one computes the loss of 1 GiB on the heap",
                () -> sink = loss.mean(predictions, targets));
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    /**
     * Takes a safepoint every millisecond while another thread repeats some work, and reports on them. The work has been
     * done a few times before, because linking and compiling delay safepoints too.
     */
    private static void report(Path log, String what, Runnable work) throws IOException, InterruptedException {
        for (int i = 0; i < WARM_UPS; i++) {
            work.run();
        }
        int before = times(log, 0).length;
        AtomicBoolean running = new AtomicBoolean(true);
        Thread working = Thread.ofPlatform().start(() -> {
            while (running.get()) {
                work.run();
            }
        });
        try {
            long end = System.nanoTime() + DURATION.toNanos();
            while (System.nanoTime() < end) {
                Thread.getAllStackTraces();
                Thread.sleep(1);
            }
        } finally {
            running.set(false);
            working.join();
        }
        double[] times = times(log, before);
        System.out.printf(
                Locale.ROOT,
                "%-43s %5d safepoints, reached in %.3f / %.3f / %.3f / %.3f ms (min / median / 99.9 %% / max)%n",
                what,
                times.length,
                times[0],
                times[times.length / 2],
                times[times.length * 999 / 1000],
                times[times.length - 1]);
    }

    /** The times in the log after the first {@code before} ones, in milliseconds, sorted. */
    private static double[] times(Path log, int before) throws IOException {
        return REACHING.matcher(Files.readString(log))
                .results()
                .skip(before)
                .mapToDouble(match -> Long.parseLong(match.group(1)) / 1e6)
                .sorted()
                .toArray();
    }
}
