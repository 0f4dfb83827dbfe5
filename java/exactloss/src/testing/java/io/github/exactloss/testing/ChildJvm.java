// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.testing;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own, with the classes of these tests on the class path, which may use native code unless it is denied. */
public final class ChildJvm {
    public static final String DENY_NATIVE_ACCESS = "--illegal-native-access=deny";

    private final Process process;

    private ChildJvm(Process process) {
        this.process = process;
    }

    /**
     * How it ended.
     *
     * @param output what it wrote to standard output and error
     */
    public record Result(int exit, String output) {}

    public static ChildJvm start(Class<?> main, Map<String, String> environment, String... options) throws IOException {
        return start(List.of(), classPath(), main, environment, options);
    }

    /** The modules, and the tests: Surefire patches a module with them, whose path lacks them therefore. */
    public static String classPath() {
        return System.getProperty("jdk.module.path") + File.pathSeparator + System.getProperty("test.classpath");
    }

    private static ChildJvm start(
            List<String> prefix, String classPath, Class<?> main, Map<String, String> environment, String... options)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(List.of(options));
        if (!command.contains(DENY_NATIVE_ACCESS)) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", classPath, main.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start());
    }

    public Result await() throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip());
    }

    public static Result run(Class<?> main, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        return start(main, environment, options).await();
    }

    /**
     * Runs it by way of another command.
     *
     * @param prefix a command that runs the one that follows it, such as {@code nice}
     */
    public static Result runBy(List<String> prefix, Class<?> main, String... options)
            throws IOException, InterruptedException {
        return start(prefix, classPath(), main, Map.of(), options).await();
    }

    /** Runs it with another class path. */
    public static Result runWith(String classPath, Class<?> main, String... options)
            throws IOException, InterruptedException {
        return start(List.of(), classPath, main, Map.of(), options).await();
    }
}
