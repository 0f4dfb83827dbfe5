// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays of the C Data Interface that contradict themselves are refused, not read in one of several ways. */
class ContradictionsTest {
    private static final long SEED = 31;
    private static final int COUNT = 70;

    /** More memory than any test says, so that a wrong number can't lead out of it. */
    private static final int CAPACITY = 8 * COUNT;

    /** The indices of the members of ArrowArray and ArrowSchema. */
    private static final int LENGTH = 0;

    private static final int NULL_COUNT = 1;
    private static final int OFFSET = 2;
    private static final int BUFFER_COUNT = 3;
    private static final int CHILD_COUNT = 4;
    private static final int BUFFERS = 5;
    private static final int CHILDREN = 6;
    private static final int DICTIONARY = 7;
    private static final int RELEASE = 8;
    private static final int SCHEMA_FORMAT = 0;
    private static final int SCHEMA_NAME = 1;
    private static final int SCHEMA_CHILD_COUNT = 4;
    private static final int SCHEMA_CHILDREN = 5;
    private static final int SCHEMA_RELEASE = 7;

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    /** An array, with the buffers and the children that it points to. */
    record Lent(MemorySegment array, MemorySegment schema, MemorySegment buffers, List<Lent> children) {
        void set(int member, long value) {
            array.setAtIndex(ValueLayout.JAVA_LONG, member, value);
        }

        void setSchema(int member, long value) {
            schema.setAtIndex(ValueLayout.JAVA_LONG, member, value);
        }

        void setBuffer(int index, MemorySegment buffer) {
            buffers.setAtIndex(ValueLayout.ADDRESS, index, buffer);
        }

        long number(int member) {
            return array.getAtIndex(ValueLayout.JAVA_LONG, member);
        }
    }

    private Lent lend(String name, String format, List<MemorySegment> buffers, Lent... children) {
        MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, buffers.size());
        Lent lent = new Lent(arena.allocate(80, 8), arena.allocate(72, 8), pointers, List.of(children));
        for (int i = 0; i < buffers.size(); i++) {
            lent.setBuffer(i, buffers.get(i));
        }
        MemorySegment arrays = arena.allocate(ValueLayout.ADDRESS, children.length + 1);
        MemorySegment schemas = arena.allocate(ValueLayout.ADDRESS, children.length + 1);
        for (int i = 0; i < children.length; i++) {
            arrays.setAtIndex(ValueLayout.ADDRESS, i, children[i].array);
            schemas.setAtIndex(ValueLayout.ADDRESS, i, children[i].schema);
        }
        lent.set(LENGTH, COUNT);
        lent.set(BUFFER_COUNT, buffers.size());
        lent.set(CHILD_COUNT, children.length);
        lent.set(BUFFERS, pointers.address());
        lent.set(CHILDREN, arrays.address());
        lent.set(RELEASE, 1); // never called
        lent.setSchema(SCHEMA_FORMAT, arena.allocateFrom(format).address());
        lent.setSchema(SCHEMA_NAME, arena.allocateFrom(name).address());
        lent.setSchema(SCHEMA_CHILD_COUNT, children.length);
        lent.setSchema(SCHEMA_CHILDREN, schemas.address());
        lent.setSchema(SCHEMA_RELEASE, 1);
        return lent;
    }

    /** Floats, the second of which is null. */
    private Lent floats() {
        MemorySegment bits = arena.allocate(CAPACITY / 8).fill((byte) 0xff);
        bits.set(ValueLayout.JAVA_BYTE, 0, (byte) ~2);
        Lent floats = lend("p", "f", List.of(bits, arena.allocate(ValueLayout.JAVA_FLOAT, CAPACITY)));
        floats.set(NULL_COUNT, 1);
        return floats;
    }

    private Lent bytes() {
        return lend("t", "C", List.of(MemorySegment.NULL, arena.allocate(CAPACITY)));
    }

    /** A batch without a null of its own. */
    private Lent struct() {
        MemorySegment bits = arena.allocate(CAPACITY / 8).fill((byte) 0xff);
        return lend("", "+s", List.of(bits), floats(), bytes());
    }

    private CDataArray view(Lent lent) {
        return CDataArray.of(lent.array.address(), lent.schema.address(), arena);
    }

    private ColumnBatch batch(Lent struct) {
        CDataArray view = view(struct);
        return ColumnBatch.of(view.column("p"), view.column("t"));
    }

    private static Arguments when(String what, Consumer<Lent> change, String message) {
        return Arguments.of(Named.of(what, change), message);
    }

    static Stream<Arguments> columns() {
        return Stream.of(
                when(
                        "more nulls than elements",
                        it -> it.set(NULL_COUNT, 71),
                        "has more nulls than elements; their number is 71, not 70"),
                when(
                        "less than unknown",
                        it -> it.set(NULL_COUNT, -2),
                        "has a negative number of nulls; it is -2, not -1"),
                when(
                        "a null too few",
                        it -> it.set(NULL_COUNT, 0),
                        "another number of nulls than its validity bitmap: 0, not 1"),
                when(
                        "a null too many",
                        it -> it.set(NULL_COUNT, 2),
                        "another number of nulls than its validity bitmap: 2, not 1"),
                when(
                        "no bitmap",
                        it -> it.setBuffer(0, MemorySegment.NULL),
                        "has nulls, but no validity bitmap; their number is 1, not 0"),
                when("no values", it -> it.setBuffer(1, MemorySegment.NULL), "has no buffer of values"),
                when("no buffers", it -> it.set(BUFFERS, 0), "a null pointer in place of its buffers"),
                when(
                        "one buffer",
                        it -> it.set(BUFFER_COUNT, 1),
                        "more or fewer buffers than its type; the number is 1, not 2"),
                when("a negative length", it -> it.set(LENGTH, -1), "an offset and a length that no memory has"),
                when("a negative offset", it -> it.set(OFFSET, -1), "an offset and a length that no memory has"),
                when("overflow", it -> it.set(OFFSET, Long.MAX_VALUE), "an offset and a length that no memory has"),
                when(
                        "bytes that overflow",
                        it -> it.set(OFFSET, 1L << 61),
                        "an offset and a length that no memory has"),
                when("a child", it -> it.set(CHILD_COUNT, 1), "children than its ArrowSchema; the number is 1, not 0"),
                when(
                        "a negative number of children",
                        it -> it.set(CHILD_COUNT, -1),
                        "children than its ArrowSchema; the number is -1, not 0"),
                when("a dictionary", it -> it.set(DICTIONARY, 1), "is dictionary-encoded"),
                when("a released array", it -> it.set(RELEASE, 0), "was released"),
                when("a released schema", it -> it.setSchema(SCHEMA_RELEASE, 0), "was released"),
                when("no format", it -> it.setSchema(SCHEMA_FORMAT, 0), "has no format"));
    }

    @ParameterizedTest
    @MethodSource("columns")
    void aColumnIsRefused(Consumer<Lent> change, String message) {
        Lent floats = floats();
        change.accept(floats);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> view(floats).column())
                .withMessageContaining(message);

        Lent struct = struct();
        change.accept(struct.children.get(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> view(struct).column("p"))
                .withMessageContaining(message);
    }

    static Stream<Arguments> structs() {
        return Stream.of(
                when(
                        "a null too many",
                        it -> it.set(NULL_COUNT, 1),
                        "the struct has another number of nulls than its validity bitmap: 1, not 0"),
                when(
                        "more nulls than rows",
                        it -> it.set(NULL_COUNT, 71),
                        "has more nulls than elements; their number is 71, not 70"),
                when(
                        "two buffers",
                        it -> it.set(BUFFER_COUNT, 2),
                        "the struct has more or fewer buffers than its type; the number is 2, not 1"),
                when("no buffers", it -> it.set(BUFFERS, 0), "a null pointer in place of its buffers"),
                when("no children", it -> it.set(CHILDREN, 0), "a null pointer in place of its children"),
                when("no schemas", it -> it.setSchema(SCHEMA_CHILDREN, 0), "a null pointer in place of its children"),
                when("more rows than its children", it -> it.set(LENGTH, 71), "is shorter than the struct"),
                when("an offset beyond them", it -> it.set(OFFSET, 1), "is shorter than the struct"),
                when("a negative offset", it -> it.set(OFFSET, -1), "an offset and a length that no memory has"));
    }

    @ParameterizedTest
    @MethodSource("structs")
    void aStructIsRefused(Consumer<Lent> change, String message) {
        Lent struct = struct();
        change.accept(struct);
        assertThatIllegalArgumentException().isThrownBy(() -> batch(struct)).withMessageContaining(message);
    }

    @Test
    void nullPointersAreRefused() {
        Lent struct = struct();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CDataArray.of(0, struct.schema.address(), arena))
                .withMessage("the address of the ArrowArray or of its ArrowSchema is 0");
        assertThatIllegalArgumentException().isThrownBy(() -> CDataArray.of(struct.array.address(), 0, arena));
        pointers(struct.array, CHILDREN).set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> view(struct).column("p"))
                .withMessage("column 'p': the column has a null pointer for its ArrowArray or its ArrowSchema");
        pointers(struct.schema, SCHEMA_CHILDREN).set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> view(struct).names())
                .withMessage("child number 0 has a null pointer for its ArrowSchema");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CDataStream.of(0))
                .withMessage("the address of the ArrowArrayStream is 0");
    }

    @SuppressWarnings("restricted") // it was allocated with that size
    private static MemorySegment pointers(MemorySegment structure, int member) {
        return structure.getAtIndex(ValueLayout.ADDRESS, member).reinterpret(2 * ValueLayout.ADDRESS.byteSize());
    }

    /** A stream whose functions are null pointers, except its release, which changes nothing. */
    @Test
    void aStreamWithoutFunctionsIsRefused() {
        MemorySegment stream = arena.allocate(ValueLayout.ADDRESS, 5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CDataStream.of(stream.address()))
                .withMessage("the ArrowArrayStream was released");
        MemorySegment nothing =
                Linker.nativeLinker().defaultLookup().find("abs").orElseThrow();
        stream.setAtIndex(ValueLayout.ADDRESS, 3, nothing);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CDataStream.of(stream.address()))
                .withMessage("the ArrowArrayStream lacks one of its functions");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1})
    void whatIsSoundIsTaken(long nulls) {
        Lent struct = struct();
        struct.children.get(0).set(NULL_COUNT, nulls);
        assertThat(batch(struct).nullCount()).isEqualTo(1);
        // The null is outside the struct's rows, and only the child knows it.
        struct.set(OFFSET, 2);
        struct.set(LENGTH, COUNT - 2);
        assertThat(batch(struct).nullCount()).isZero();
        // Without a bitmap, nothing is null.
        struct.children.get(0).set(NULL_COUNT, -1);
        struct.children.get(0).setBuffer(0, MemorySegment.NULL);
        struct.set(NULL_COUNT, -1);
        struct.setBuffer(0, MemorySegment.NULL);
        assertThat(batch(struct).nullCount()).isZero();
        // Arrays of no elements may have no buffers.
        struct.set(LENGTH, 0);
        struct.set(BUFFERS, 0);
        struct.children.get(0).set(BUFFERS, 0);
        assertThat(batch(struct).rowCount()).isZero();
    }

    @Test
    void viewsSayWhatTheyAre() {
        Lent struct = struct();
        assertThat(view(struct)).hasToString("CDataArray[[p, t] x 70]");
        assertThat(view(struct.children.get(0))).hasToString("CDataArray[f x 70]");
        assertThat(batch(struct)).hasToString("ColumnBatch[Column['p', FLOAT32 x 70], Column['t', UINT8 x 70]]");
        CDataArray view;
        try (Arena closed = Arena.ofConfined()) {
            view = CDataArray.of(struct.array.address(), struct.schema.address(), closed);
        }
        assertThat(view).hasToString("CDataArray[not accessible]");
    }

    /** Whatever the numbers are, a batch is refused or has the nulls of its bitmaps. No other exception is thrown. */
    @Test
    void randomNumbersAreRefusedOrRight() {
        SplittableRandom random = new SplittableRandom(SEED);
        long[] numbers = {Long.MIN_VALUE, -2, -1, 0, 1, 2, COUNT - 1, COUNT, COUNT + 1, 1L << 60, Long.MAX_VALUE};
        int taken = 0;
        for (int i = 0; i < 20_000; i++) {
            ContradictionsTest lender = new ContradictionsTest();
            try (Arena call = lender.arena) {
                Lent struct = lender.struct();
                Lent[] all = {struct, struct.children.get(0), struct.children.get(1)};
                for (int changes = random.nextInt(4); changes > 0; changes--) {
                    all[random.nextInt(3)].set(random.nextInt(BUFFERS), numbers[random.nextInt(numbers.length)]);
                }
                try {
                    CDataArray view = CDataArray.of(struct.array.address(), struct.schema.address(), call);
                    ColumnBatch batch = ColumnBatch.of(view.column("p"), view.column("t"));
                    batch.addTo(Evaluator.of(Loss.mnist()).newAccumulator());
                    long first = struct.number(OFFSET) + struct.children.get(0).number(OFFSET);
                    long nulls = first <= 1 && 1 < first + struct.number(LENGTH) ? 1 : 0;
                    assertThat(batch.nullCount())
                            .as("seed %d, batch %d", SEED, i)
                            .isEqualTo(nulls);
                    assertThat(batch.rowCount()).isEqualTo(struct.number(LENGTH));
                    taken++;
                } catch (IllegalArgumentException e) {
                    assertThat(e)
                            .as("seed %d, batch %d", SEED, i)
                            .hasMessageMatching("(column .*: |\\d+ predictions).*");
                }
            }
        }
        assertThat(taken).isBetween(5_000, 19_000);
    }

    @Test
    void columnsOfSegmentsThatAreTooSmall() {
        MemorySegment data = arena.allocate(40);
        MemorySegment bits = arena.allocate(1);
        for (long[] range : new long[][] {{0, 11}, {10, 1}, {-1, 1}, {1, -1}, {1L << 61, 1}, {Long.MAX_VALUE, 1}}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .as("%d from %d on", range[1], range[0])
                    .isThrownBy(
                            () -> Column.of("p", ElementType.FLOAT32, data, MemorySegment.NULL, range[0], range[1]));
        }
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> Column.of("p", ElementType.FLOAT32, data, bits, 0, 9));
    }
}
