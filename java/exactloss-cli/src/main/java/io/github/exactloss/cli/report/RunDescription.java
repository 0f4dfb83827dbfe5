// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import io.github.exactloss.NativeLibrary;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a report says of how its numbers came about: command, options, versions, and how long each part took. */
public final class RunDescription {
    private static final Pattern PLAIN_WORD = Pattern.compile("[\\w@%+=:,./-]+");

    private final Map<String, Object> rows = new LinkedHashMap<>();
    private long lap = System.nanoTime();

    /**
     * Begins with the versions, and measures durations from now on.
     *
     * @param arguments of the command {@code exactloss}
     */
    public RunDescription(List<String> arguments) {
        rows.put(
                "command",
                "exactloss " + arguments.stream().map(RunDescription::quote).collect(Collectors.joining(" ")));
        rows.put("exactloss", NativeLibrary.version());
        rows.put("instruction set", NativeLibrary.isa());
        rows.put(
                "Java",
                "%s, %s %s"
                        .formatted(
                                System.getProperty("java.vm.name"),
                                System.getProperty("java.vendor"),
                                System.getProperty("java.version")));
        rows.put(
                "system",
                "%s %s, %d processors"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors()));
        rows.put("started", Instant.now());
    }

    /** Adds a row, unless the value is null. */
    public void put(String label, Object value) {
        if (value != null) {
            rows.put(label, value);
        }
    }

    /** Adds the time since the last such row, or since the beginning. */
    public void lap(String what) {
        long now = System.nanoTime();
        rows.put(what, Duration.ofNanos(now - lap));
        lap = now;
    }

    Map<String, Object> rows() {
        return rows;
    }

    /** As a POSIX shell reads it. */
    private static String quote(String argument) {
        return PLAIN_WORD.matcher(argument).matches() ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
