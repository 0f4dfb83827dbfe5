// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.bench;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.github.exactloss.cli.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code exactloss-bench --json} measured.
 *
 * @param machine the processor's name
 * @param processors how many there are
 */
public record Measurements(String machine, int processors, List<Row> rows) {
    /** A benchmark writes some hundred bytes for each of its rows. */
    private static final int MOST_BYTES = 1 << 24;

    private static final Gson GSON = new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .create();

    /**
     * One operation, measured in one way.
     *
     * @param suite the question that the row belongs to
     * @param operation one of the library's, or what it is compared with: {@code inexact_mean}, or a loop that only moves
     *     bytes
     * @param isa the instruction set
     * @param nsPerElement the median of the rounds, which the speed and the share are of
     * @param gbPerS 10^9 bytes a second, read and written
     * @param shareOfBandwidth the speed as a share of the fastest loop's that moves the same bytes
     */
    public record Row(
            String suite,
            String operation,
            String predictions,
            String targets,
            String isa,
            int threads,
            long elements,
            String labels,
            double bytesPerElement,
            double bytesWritten,
            double nsPerElement,
            double nsPerElementMin,
            double nsPerElementMax,
            double gbPerS,
            double shareOfBandwidth) {
        /** The share in the slowest round; not finite if the measurements don't tell. */
        double leastShare() {
            return shareOfBandwidth * nsPerElement / nsPerElementMax;
        }

        /** The share in the fastest round; not finite if the measurements don't tell. */
        double greatestShare() {
            return shareOfBandwidth * nsPerElement / nsPerElementMin;
        }

        private static boolean isWhole(Row row) {
            return row != null && row.operation != null && row.isa != null && row.elements > 0 && row.gbPerS > 0;
        }
    }

    /**
     * Reads the JSON object from a file.
     *
     * @throws BadDataException if it can't be read or is no such object
     */
    public static Measurements read(Path file) {
        try {
            Measurements read = GSON.fromJson(text(file), Measurements.class);
            if (read == null
                    || read.machine == null
                    || read.rows == null
                    || !read.rows.stream().allMatch(Row::isWhole)) {
                throw new BadDataException(file + ": is no output of exactloss-bench --json");
            }
            return read;
        } catch (JsonParseException noJson) {
            throw new BadDataException(file + ": is no JSON, and so no output of exactloss-bench --json");
        } catch (IOException failure) {
            throw BadDataException.unreadable(file, failure);
        }
    }

    private static String text(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            byte[] bytes = content.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new BadDataException("%s: is no output of exactloss-bench --json: it has more than %d bytes"
                        .formatted(file, MOST_BYTES));
            }
            // Unlike a String's constructor, the decoder refuses what is no text.
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        }
    }
}
