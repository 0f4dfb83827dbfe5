// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own, with the classes of these tests on the class path, which may use native code unless it is denied. */
final class ChildJvm {
    static final String DENY_NATIVE_ACCESS = "--illegal-native-access=deny";

    private final Process process;

    private ChildJvm(Process process) {
        this.process = process;
    }

    /** @param output its standard output and error */
    record Result(int exit, String output) {}

    static ChildJvm start(Class<?> main, Map<String, String> environment, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(List.of(options));
        if (!command.contains(DENY_NATIVE_ACCESS)) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", System.getProperty("test.classpath"), main.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start());
    }

    Result await() throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip());
    }

    static Result run(Class<?> main, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        return start(main, environment, options).await();
    }
}
