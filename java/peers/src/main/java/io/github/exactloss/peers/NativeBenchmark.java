// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The same call from C: what {@code exactloss-bench --suite calls} measures. */
final class NativeBenchmark {
    private static final Gson GSON = new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .create();

    private final Path program;

    NativeBenchmark(Path program) {
        this.program = program;
    }

    private record Output(List<Row> rows) {}

    private record Row(String operation, int elements, double nsPerElement) {}

    /** The nanoseconds of a call of the mean of float32 with uint8, in one thread. */
    double mean(int elements) {
        try {
            Process process = new ProcessBuilder(program.toString(), "--json", "--suite", "calls")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (Reader reader = process.inputReader(StandardCharsets.UTF_8)) {
                return GSON.fromJson(reader, Output.class).rows().stream()
                        .filter(row -> row.operation().equals("mnist_loss_mean") && row.elements() == elements)
                        .mapToDouble(row -> row.nsPerElement() * elements)
                        .findFirst()
                        .orElseThrow();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
