// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A run of the command.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Exactloss(int exitCode, String out, String err) {
    static final String DENY_NATIVE_ACCESS = "--illegal-native-access=deny";

    /** What Arrow needs, and nothing else: the second one keeps a warning of newer JDKs away. As in the launcher. */
    private static final List<String> ARROW_OPTIONS =
            List.of("--add-opens=java.base/java.nio=ALL-UNNAMED", "-Dsun.misc.unsafe.memory.access=allow");

    /** Runs the command in this process. */
    static Exactloss run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.run(new PrintWriter(out), new PrintWriter(err), strings(args));
        return new Exactloss(exitCode, out.toString(), err.toString());
    }

    /** Runs the command in a process of its own, where {@code environment} alone has variables that steer it. */
    static Exactloss runChild(Map<String, String> environment, List<String> jvmOptions, Object... args)
            throws IOException, InterruptedException {
        File out = File.createTempFile("exactloss", ".out");
        try {
            Exactloss run = runChild(environment, jvmOptions, out, args);
            return new Exactloss(run.exitCode(), Files.readString(out.toPath(), StandardCharsets.UTF_8), run.err());
        } finally {
            Files.delete(out.toPath());
        }
    }

    /** Runs the command in a process of its own that writes its standard output to a file. */
    static Exactloss runChild(Map<String, String> environment, List<String> jvmOptions, File out, Object... args)
            throws IOException, InterruptedException {
        File err = File.createTempFile("exactloss", ".err");
        try {
            int exitCode = child(environment, jvmOptions, args)
                    .redirectOutput(out)
                    .redirectError(err)
                    .start()
                    .waitFor();
            return new Exactloss(exitCode, "", Files.readString(err.toPath(), StandardCharsets.UTF_8));
        } finally {
            Files.delete(err.toPath());
        }
    }

    /** A process of the command, not started yet, where {@code environment} alone has variables that steer it. */
    static ProcessBuilder child(Map<String, String> environment, List<String> jvmOptions, Object... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(ARROW_OPTIONS);
        if (!jvmOptions.contains(DENY_NATIVE_ACCESS)) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(List.of(strings(args)));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("EXACTLOSS_") || name.startsWith("JAVA_"));
        builder.environment().putAll(environment);
        return builder;
    }

    /** Standard output, read by an independent JSON parser that accepts no NaN. */
    JsonObject json() {
        JsonReader reader = new JsonReader(new StringReader(out));
        reader.setStrictness(Strictness.STRICT);
        return JsonParser.parseReader(reader).getAsJsonObject();
    }

    private static String[] strings(Object... args) {
        String[] strings = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            strings[i] = args[i].toString();
        }
        return strings;
    }
}
