// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The machine's C compiler. Tests that need one are skipped where there is none. */
public final class CCompiler {
    private static final String NAME = System.getenv().getOrDefault("CC", "cc");

    private CCompiler() {}

    /** Compiles a program, or with {@code -shared} a library, to a file next to its source. */
    public static Path compile(Path directory, String name, String source, String... options)
            throws IOException, InterruptedException {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(NAME)));
        assumeTrue(found, () -> "not run: there is no C compiler named " + NAME);
        Path compiled = directory.resolve(name);
        Path file = Files.writeString(directory.resolve(name + ".c"), source);
        List<String> command = new ArrayList<>(List.of(NAME, "-std=c11", "-Wall", "-Wextra", "-Werror"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", compiled.toString(), file.toString()));
        run(command);
        return compiled;
    }

    /** Runs a compiled program, by way of an emulator if the compiler is for another processor than this machine's. */
    public static String runProgram(Path program) throws IOException, InterruptedException {
        String emulator = System.getProperty("test.emulator");
        return run(emulator == null ? List.of(program.toString()) : List.of(emulator, program.toString()));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
