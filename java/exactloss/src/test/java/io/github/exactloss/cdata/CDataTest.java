// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.testing.NullableRows;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays that Arrow's own library, an independent producer, lends by the C Data Interface. */
@SuppressWarnings("restricted") // the interface says how large each thing is
class CDataTest {
    private static final long SEED = 23;
    private static final int COUNT = 700;

    /** The indices of ArrowArray's members, and their number. */
    private static final int LENGTH = 0;

    private static final int NULL_COUNT = 1;
    private static final int OFFSET = 2;
    private static final int MEMBERS = 10;

    private final BufferAllocator allocator = new RootAllocator();

    /** Fails if something was not released. */
    @AfterEach
    void closeAllocator() {
        allocator.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT2", "FLOAT4", "FLOAT8"})
    void predictionsWithAnyOffset(Vectors type) {
        for (int offset : new int[] {0, 1, 7, 8, 63, 64, 65}) {
            NullableRows rows = NullableRows.random(
                    type::rounded,
                    Vectors.UINT1::rounded,
                    NullableRows.Nulls.HALF,
                    NullableRows.Nulls.NONE,
                    COUNT,
                    SEED);
            assertExactColumns(rows, type, Vectors.UINT1, offset);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FLOAT2", mode = EnumSource.Mode.EXCLUDE)
    void targetsWithAnyOffset(Vectors type) {
        for (int offset : new int[] {0, 1, 7, 8, 63, 64, 65}) {
            NullableRows rows = NullableRows.random(
                    Vectors.FLOAT4::rounded,
                    type::rounded,
                    NullableRows.Nulls.RARE,
                    NullableRows.Nulls.HALF,
                    COUNT,
                    SEED);
            assertExactColumns(rows, Vectors.FLOAT4, type, offset);
        }
    }

    @ParameterizedTest
    @EnumSource
    void batchesAreStructs(NullableRows.Nulls nulls) {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded, Vectors.BIT::rounded, nulls, NullableRows.Nulls.RARE, COUNT, SEED);
        for (int offset : new int[] {0, 1, 13, 64, COUNT}) {
            try (VectorSchemaRoot root = root(rows);
                    ArrowArray array = ArrowArray.allocateNew(allocator);
                    ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                    Arena arena = Arena.ofConfined()) {
                Data.exportVectorSchemaRoot(allocator, root, null, array, schema);
                // The struct has an offset of its own, which its children lack.
                set(array, OFFSET, offset);
                set(array, LENGTH, COUNT - offset);
                CDataArray batch = CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena);
                assertThat(batch.names()).containsExactly("prediction", "target");
                assertExact(rows.slice(offset, COUNT - offset), batch.column("prediction"), batch.column("target"));
                array.release();
                schema.release();
            }
        }
    }

    /** The validity bitmap of the struct says which rows are there. */
    @Test
    void nullStructsAreNullRows() {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.BIT::rounded,
                NullableRows.Nulls.NONE,
                NullableRows.Nulls.NONE,
                64,
                SEED);
        try (VectorSchemaRoot root = root(rows);
                ArrowArray array = ArrowArray.allocateNew(allocator);
                ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                Arena arena = Arena.ofConfined()) {
            Data.exportVectorSchemaRoot(allocator, root, null, array, schema);
            MemorySegment bits = arena.allocateFrom(ValueLayout.JAVA_LONG, 0xffff_0000_ffff_fffeL);
            memory(array).getAtIndex(ValueLayout.ADDRESS, 5).reinterpret(8).set(ValueLayout.ADDRESS, 0, bits);
            set(array, NULL_COUNT, 17);
            CDataArray batch = CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena);
            assertThat(batch.column("target").nullCount()).isEqualTo(17);
            Arrays.fill(rows.targetNulls, 0, 1, true);
            Arrays.fill(rows.targetNulls, 32, 48, true);
            assertExact(rows, batch.column("prediction"), batch.column("target"));
            array.release();
            schema.release();
        }
    }

    @Test
    void viewsDieWithTheirArena() {
        try (FieldVector vector = Vectors.FLOAT4.of("p", new double[] {0.5}, new boolean[1], allocator);
                ArrowArray array = ArrowArray.allocateNew(allocator);
                ArrowSchema schema = ArrowSchema.allocateNew(allocator)) {
            Data.exportVector(allocator, vector, null, array, schema);
            Predictions view;
            try (Arena arena = Arena.ofConfined()) {
                view = CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena)
                        .column()
                        .predictions();
            }
            assertThrows(IllegalStateException.class, () -> Loss.mnist().mean(view, Targets.of(new byte[] {1})));
            array.release();
            schema.release();
            try (Arena arena = Arena.ofConfined()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena))
                        .withMessage("the ArrowArray or its ArrowSchema was released");
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.BIT::rounded,
                NullableRows.Nulls.NONE,
                NullableRows.Nulls.NONE,
                3,
                SEED);
        try (VectorSchemaRoot root = root(rows);
                ArrowArray array = ArrowArray.allocateNew(allocator);
                ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                Arena arena = Arena.ofConfined()) {
            Data.exportVectorSchemaRoot(allocator, root, null, array, schema);
            CDataArray batch = CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> batch.column("label"))
                    .withMessage(
                            "column 'label': the number of columns with this name is 0, not 1; there are [prediction, target]");
            assertThatIllegalArgumentException().isThrownBy(batch::column).withMessageEndingWith("its format is '+s'");
            set(array, LENGTH, 4);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> batch.column("target"))
                    .withMessageContaining("is shorter than the struct");
            array.release();
            schema.release();
        }
    }

    @Test
    void typesThatDoNotFitAreRefused() {
        try (SmallIntVector vector = new SmallIntVector("short", allocator);
                ArrowArray array = ArrowArray.allocateNew(allocator);
                ArrowSchema schema = ArrowSchema.allocateNew(allocator);
                Arena arena = Arena.ofConfined()) {
            vector.setValueCount(0);
            Data.exportVector(allocator, vector, null, array, schema);
            CDataArray column = CDataArray.of(array.memoryAddress(), schema.memoryAddress(), arena);
            assertThatIllegalArgumentException()
                    .isThrownBy(column::column)
                    .withMessageStartingWith("column 'short': the type of the column must be float16, float32, ");
            array.release();
            schema.release();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void streamsGiveAllBatches(int batches) throws IOException {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.BIT::rounded,
                NullableRows.Nulls.RARE,
                NullableRows.Nulls.RARE,
                batches * 100,
                SEED);
        try (ArrowArrayStream address =
                export(new ArrowStreamReader(new ByteArrayInputStream(ipc(rows, batches)), allocator))) {
            Accumulator sum = Evaluator.of(Loss.mnist()).newAccumulator();

            long nulls = 0;
            try (CDataStream stream = CDataStream.of(address.memoryAddress())) {
                for (Optional<CDataArray> next = stream.next(); next.isPresent(); next = stream.next()) {
                    ColumnBatch batch = ColumnBatch.of(
                            next.get().column("prediction"), next.get().column("target"));
                    batch.addTo(sum);
                    nulls += batch.nullCount();
                }
                assertThat(stream.next()).isEmpty();
            }
            assertThat(nulls).isEqualTo(rows.nullCount());
            assertThat(NullableRows.text(sum)).isEqualTo(rows.expected());
        }
    }

    @Test
    void batchOfAStreamLastsUntilTheNextOne() throws IOException {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.BIT::rounded,
                NullableRows.Nulls.NONE,
                NullableRows.Nulls.NONE,
                300,
                SEED);
        try (ArrowArrayStream address =
                export(new ArrowStreamReader(new ByteArrayInputStream(ipc(rows, 3)), allocator))) {
            CDataStream stream = CDataStream.of(address.memoryAddress());
            Column first = stream.next().orElseThrow().column("prediction");
            Column second = stream.next().orElseThrow().column("prediction");
            assertThrows(IllegalStateException.class, () -> mean(first));
            assertThat(mean(second)).isBetween(0.0, 1.0);
            stream.close();
            stream.close();
            assertThrows(IllegalStateException.class, () -> mean(second));
            assertThrows(IllegalStateException.class, stream::next);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CDataStream.of(address.memoryAddress()))
                    .withMessage("the ArrowArrayStream was released");
        }
    }

    @Test
    void failureOfAStreamIsAnException() throws IOException {
        NullableRows rows = NullableRows.random(
                Vectors.FLOAT4::rounded,
                Vectors.BIT::rounded,
                NullableRows.Nulls.NONE,
                NullableRows.Nulls.NONE,
                300,
                SEED);
        byte[] ipc = ipc(rows, 3);
        byte[] truncated = Arrays.copyOf(ipc, ipc.length - 200);
        try (ArrowArrayStream address = export(new ArrowStreamReader(new ByteArrayInputStream(truncated), allocator));
                CDataStream stream = CDataStream.of(address.memoryAddress())) {
            assertThat(stream.next()).isPresent();
            IOException failure = assertThrows(IOException.class, () -> {
                while (stream.next().isPresent()) {}
            });
            assertThat(failure).hasMessageContaining("Unexpected end of input");
        }
    }

    private static double mean(Column predictions) {
        return Loss.mnist().mean(predictions.predictions(), Targets.of(new byte[(int) predictions.count()]));
    }

    private ArrowArrayStream export(ArrowStreamReader reader) {
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator);
        Data.exportArrayStream(allocator, reader, stream);
        return stream;
    }

    /** An Arrow IPC stream. */
    private byte[] ipc(NullableRows rows, int batches) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (VectorSchemaRoot whole = root(rows);
                VectorSchemaRoot batch = VectorSchemaRoot.create(whole.getSchema(), allocator);
                ArrowStreamWriter writer = new ArrowStreamWriter(batch, null, bytes)) {
            writer.start();
            for (int i = 0; i < batches; i++) {
                try (VectorSchemaRoot part = root(rows.slice(i * 100, 100));
                        ArrowRecordBatch record = new VectorUnloader(part).getRecordBatch()) {
                    new VectorLoader(batch).load(record);
                    writer.writeBatch();
                }
            }
            writer.end();
        }
        return bytes.toByteArray();
    }

    private VectorSchemaRoot root(NullableRows rows) {
        FieldVector predictions = Vectors.FLOAT4.of("prediction", rows.predictions, rows.predictionNulls, allocator);
        return new VectorSchemaRoot(
                List.of(predictions, Vectors.BIT.of("target", rows.targets, rows.targetNulls, allocator)));
    }

    /** Columns from an offset on, each an array of its own. */
    private void assertExactColumns(NullableRows rows, Vectors predictionType, Vectors targetType, int offset) {
        try (FieldVector predictions = predictionType.of("p", rows.predictions, rows.predictionNulls, allocator);
                FieldVector targets = targetType.of("t", rows.targets, rows.targetNulls, allocator);
                ArrowArray predictionArray = ArrowArray.allocateNew(allocator);
                ArrowSchema predictionSchema = ArrowSchema.allocateNew(allocator);
                ArrowArray targetArray = ArrowArray.allocateNew(allocator);
                ArrowSchema targetSchema = ArrowSchema.allocateNew(allocator);
                Arena arena = Arena.ofConfined()) {
            Data.exportVector(allocator, predictions, null, predictionArray, predictionSchema);
            Data.exportVector(allocator, targets, null, targetArray, targetSchema);
            // The two have different offsets, and so begin at different bits of their bitmaps.
            setRange(predictionArray, offset, COUNT - 70);
            setRange(targetArray, 70 - offset, COUNT - 70);
            NullableRows expected = rows.shifted(offset, 70 - offset, COUNT - 70);
            assertExact(
                    expected,
                    CDataArray.of(predictionArray.memoryAddress(), predictionSchema.memoryAddress(), arena)
                            .column(),
                    CDataArray.of(targetArray.memoryAddress(), targetSchema.memoryAddress(), arena)
                            .column());
            predictionArray.release();
            predictionSchema.release();
            targetArray.release();
            targetSchema.release();
        }
    }

    private static void assertExact(NullableRows rows, Column predictions, Column targets) {
        Accumulator sum = Evaluator.of(Loss.mnist()).newAccumulator();
        ColumnBatch batch = ColumnBatch.of(predictions, targets);
        batch.addTo(sum);
        assertThat(batch.nullCount()).as("seed %d", SEED).isEqualTo(rows.nullCount());
        assertThat(NullableRows.text(sum)).as("seed %d", SEED).isEqualTo(rows.expected());
    }

    /** As a producer slices an array: nobody has counted the nulls then. */
    private static void setRange(ArrowArray array, long offset, long length) {
        set(array, OFFSET, offset);
        set(array, LENGTH, length);
        set(array, NULL_COUNT, -1);
    }

    private static void set(ArrowArray array, int member, long value) {
        memory(array).setAtIndex(ValueLayout.JAVA_LONG, member, value);
    }

    private static MemorySegment memory(ArrowArray array) {
        return MemorySegment.ofAddress(array.memoryAddress()).reinterpret(MEMBERS * ValueLayout.ADDRESS.byteSize());
    }
}
