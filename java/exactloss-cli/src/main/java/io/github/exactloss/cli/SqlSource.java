// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Batch;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.arrow.ArrowVectors;
import io.github.exactloss.cdata.ColumnBatch;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;

/**
 * The rows of a query, which DuckDB runs. They stream through memory in Arrow batches, each of which is read where DuckDB
 * put it and then freed, so their number is not limited by the memory.
 */
final class SqlSource implements BatchSource {
    /** A few hundred kilobytes, which stay in the processor's caches from DuckDB to the loss. */
    private static final long BATCH_ROWS = 65_536;

    private final String query;
    private final Path database;
    private final int threads;
    private final String memoryLimit;
    private final boolean skipNulls;
    private final PrintWriter terminal;
    private boolean weighted;
    private long nullCount;

    /**
     * @param database a file of DuckDB, which is only read; null for none
     * @param threads how many DuckDB uses
     * @param memoryLimit what DuckDB may use before it writes temporary files; null for its own limit
     * @param skipNulls whether rows with NULL are skipped and counted; otherwise they are refused
     * @param terminal where to draw a progress bar
     */
    SqlSource(String query, Path database, int threads, String memoryLimit, boolean skipNulls, PrintWriter terminal) {
        this.query = query;
        this.database = database;
        this.threads = threads;
        this.memoryLimit = memoryLimit;
        this.skipNulls = skipNulls;
        this.terminal = terminal;
    }

    @Override
    public void forEachBatch(Consumer<Batch> consumer) {
        try (TemporaryFolder temporary = TemporaryFolder.create(DuckDb.systemTemporaryFolder());
                Connection connection = DuckDb.connect(database, threads, memoryLimit, temporary.path());
                Statement statement = connection.createStatement()) {
            DuckDb.requireSelect(connection, query);
            // DuckDB keeps account of its progress if it is asked to. It must not print it, not even once.
            statement.execute("SET enable_progress_bar_print = false; SET enable_progress_bar = true");
            try (DuckDBResultSet result = statement.executeQuery(query).unwrap(DuckDBResultSet.class)) {
                stream(result, statement.unwrap(DuckDBPreparedStatement.class), consumer);
            }
        } catch (InvalidElementException element) {
            throw new BadDataException("the query's " + element.getMessage());
        } catch (SQLException | IOException failure) {
            throw new BadDataException("the query fails: " + DuckDb.reason(failure));
        }
    }

    @Override
    public boolean isWeighted() {
        return weighted;
    }

    @Override
    public OptionalLong nullCount() {
        return skipNulls ? OptionalLong.of(nullCount) : OptionalLong.empty();
    }

    private void stream(DuckDBResultSet result, DuckDBPreparedStatement statement, Consumer<Batch> consumer)
            throws SQLException, IOException {
        QueryColumns columns = QueryColumns.of(result.getMetaData());
        weighted = columns.isWeighted();
        try (BufferAllocator allocator = new RootAllocator();
                ArrowReader reader = (ArrowReader) result.arrowExportStream(allocator, BATCH_ROWS);
                RowProgress progress = new RowProgress(terminal)) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            long rows = 0;
            while (reader.loadNextBatch()) {
                addBatch(root, columns, rows, consumer);
                rows += root.getRowCount();
                progress.rows(rows, statement.getQueryProgress().getPercentage());
            }
        }
    }

    /** @param first the index of the batch's first row in the result */
    private void addBatch(VectorSchemaRoot root, QueryColumns columns, long first, Consumer<Batch> consumer) {
        List<FieldVector> vectors = columns.indices().map(root::getVector).toList();
        try (Arena arena = Arena.ofConfined()) {
            ColumnBatch batch = weighted
                    ? ArrowVectors.batch(vectors.get(0), vectors.get(1), vectors.get(2), arena)
                    : ArrowVectors.batch(vectors.get(0), vectors.get(1), arena);
            long nulls = batch.nullCount();
            if (nulls > 0 && !skipNulls) {
                throw firstNull(vectors, first);
            }
            nullCount += nulls;
            batch.forEachRun(run -> consumer.accept(run.batch()));
        } catch (InvalidElementException element) {
            throw element.at(first + element.index(), element.value());
        }
    }

    private static BadDataException firstNull(List<FieldVector> columns, long first) {
        for (int row = 0; ; row++) {
            for (FieldVector column : columns) {
                if (column.isNull(row)) {
                    return new BadDataException(
                            "the query has NULL in the column %s of row %d, counted from 0; --skip-nulls leaves such rows out"
                                    .formatted(column.getName(), first + row));
                }
            }
        }
    }
}
