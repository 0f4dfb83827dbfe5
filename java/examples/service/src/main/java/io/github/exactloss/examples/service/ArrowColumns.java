// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.arrow.ArrowBatch;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ReadableByteChannel;
import java.util.stream.Collectors;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Field;

/** A body that is an Arrow stream: the names of its two columns that count. */
record ArrowColumns(String predictions, String targets) {
    /** @throws Refusal if a name is missing */
    static ArrowColumns of(UriQuery query) {
        return new ArrowColumns(parameter(query, "predictions"), parameter(query, "targets"));
    }

    /**
     * What a body of that size may take off-heap: itself, and as much again for what Arrow adds to it, such as the bitmaps of
     * columns without nulls.
     */
    static long memory(long bodyBytes) {
        return 2 * bodyBytes;
    }

    /**
     * Adds all rows without a null.
     *
     * @param memory where the batches are read to, and evaluated
     * @return the number of rows with a null
     * @throws Refusal if it is no Arrow stream, or doesn't have these columns
     */
    long addTo(LossAccumulator batch, ReadableByteChannel stream, ArrowMemory memory) {
        long nulls = 0;
        // Closed, it would only check that all memory was given back; that is the arena's business, also after a
        // failure.
        try {
            @SuppressWarnings("resource")
            ArrowStreamReader reader =
                    new ArrowStreamReader(new ArrowMessages(stream, memory.allocator()), memory.allocator());
            VectorSchemaRoot columns = reader.getVectorSchemaRoot();
            FieldVector predictionColumn = column(columns, predictions);
            FieldVector targetColumn = column(columns, targets);
            while (reader.loadNextBatch()) {
                try (Arena views = Arena.ofConfined()) {
                    ArrowBatch rows = ArrowBatch.of(predictionColumn, targetColumn, views);
                    rows.addTo(batch);
                    nulls += rows.nullCount();
                }
            }
        } catch (Refusal | CloseConnectionException | InvalidElementException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // Arrow throws many kinds for what is no stream
            throw badRequest("the Arrow stream can't be read: " + e.getMessage());
        }
        return nulls;
    }

    private static FieldVector column(VectorSchemaRoot columns, String name) {
        FieldVector column = columns.getVector(name);
        if (column == null) {
            throw badRequest("the stream has no column \"" + name + "\"; it has "
                    + columns.getSchema().getFields().stream()
                            .map(Field::getName)
                            .collect(Collectors.joining(", ")));
        }
        return column;
    }

    private static String parameter(UriQuery query, String name) {
        return query.first(name)
                .orElseThrow(() -> badRequest("the query has no " + name
                        + "; for an Arrow stream it takes predictions=COLUMN and targets=COLUMN"));
    }

    private static Refusal badRequest(String reason) {
        return new Refusal(Status.BAD_REQUEST_400, reason);
    }
}
