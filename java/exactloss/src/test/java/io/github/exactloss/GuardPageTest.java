// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Arrays that begin right after an unreadable page, and arrays that end right before one: a single byte read or written
 * outside of them would end the process.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the constants of mmap are Linux's")
class GuardPageTest {
    private static final long SEED = 13;
    private static final int PAGE = 65_536; // a multiple of every page size in use
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private static final MethodHandle MMAP =
            libc("mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MPROTECT =
            libc("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP = libc("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private static Guarded predictions;
    private static Guarded targets;
    private static Guarded weights;
    private static Guarded output;

    @SuppressWarnings("restricted") // declared as in <sys/mman.h>
    private static MethodHandle libc(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
    }

    /** A page between two that can be neither read nor written. */
    private record Guarded(MemorySegment mapping) {
        @SuppressWarnings("restricted") // the mapping has three pages
        static Guarded map() throws Throwable {
            MemorySegment address =
                    (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, 3L * PAGE, 0, PRIVATE_ANONYMOUS, -1, 0L);
            MemorySegment mapping = address.reinterpret(3L * PAGE);
            assertThat((int) MPROTECT.invokeExact(mapping.asSlice(PAGE, PAGE), (long) PAGE, READ_WRITE))
                    .isZero();
            return new Guarded(mapping);
        }

        MemorySegment first(long bytes) {
            return mapping.asSlice(PAGE, bytes);
        }

        MemorySegment last(long bytes) {
            return mapping.asSlice(2L * PAGE - bytes, bytes);
        }

        /** At the end of the page, or at its start, with the content of another segment. */
        MemorySegment copy(MemorySegment source, boolean atEnd) {
            return (atEnd ? last(source.byteSize()) : first(source.byteSize())).copyFrom(source);
        }

        void unmap() throws Throwable {
            assertThat((int) MUNMAP.invokeExact(mapping, mapping.byteSize())).isZero();
        }
    }

    @BeforeAll
    static void map() throws Throwable {
        predictions = Guarded.map();
        targets = Guarded.map();
        weights = Guarded.map();
        output = Guarded.map();
    }

    @AfterAll
    static void unmap() throws Throwable {
        predictions.unmap();
        targets.unmap();
        weights.unmap();
        output.unmap();
    }

    @Test
    void everyLength() {
        for (int count = 0; count <= 1000; count++) {
            assertStaysInside(count);
        }
    }

    @Test
    void aroundABlock() {
        for (int count = 4032; count <= 4160; count++) {
            assertStaysInside(count);
        }
    }

    private static void assertStaysInside(int count) {
        RandomBatch batch = RandomBatch.random(RandomBatch.Values.MIXED, count, SEED + count);
        MemorySegment floatTargets = Targets.of(batch.floatTargets()).segment();
        Loss loss = Loss.mnist();
        Evaluation expected = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
        long floats = 4L * count;
        assertStaysInside(
                Predictions.of(
                        predictions.first(floats).copyFrom(batch.predictions().segment()), ElementType.FLOAT32),
                Targets.of(targets.first(count).copyFrom(batch.targets().segment()), ElementType.UINT8),
                output.first(floats),
                expected);
        assertStaysInside(
                Predictions.of(
                        predictions.last(floats).copyFrom(batch.predictions().segment()), ElementType.FLOAT32),
                Targets.of(targets.last(count).copyFrom(batch.targets().segment()), ElementType.UINT8),
                output.last(floats),
                expected);
        assertStaysInside(
                Predictions.of(predictions.last(floats), ElementType.FLOAT32),
                Targets.of(targets.last(floats).copyFrom(floatTargets), ElementType.FLOAT32),
                output.last(floats),
                expected);
    }

    private static void assertStaysInside(
            Predictions predictions, Targets targets, MemorySegment output, Evaluation expected) {
        Loss loss = Loss.mnist();
        assertThat(Evaluator.of(loss).evaluate(predictions, targets))
                .as("seed %d", SEED)
                .isEqualTo(expected);
        assertThat(loss.sum(predictions, targets)).as("seed %d", SEED).isEqualTo(expected.sum(Loss.mnist()));
        loss.values(predictions, targets, output);
        loss.gradient(predictions, targets, output);
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationOnEveryType(FloatType type) {
        for (int count = 0; count <= 300; count++) {
            assertEveryOperationStaysInside(type, count);
        }
        for (int count = 4090; count <= 4102; count++) {
            assertEveryOperationStaysInside(type, count);
        }
    }

    private static void assertEveryOperationStaysInside(FloatType type, int count) {
        TypedBatch batch = TypedBatch.random(type, RandomBatch.Values.MIXED, count, SEED + count);
        MemorySegment bits = MemorySegment.ofArray(new byte[(count + 7) / 8]);
        for (boolean atEnd : new boolean[] {false, true}) {
            MemorySegment memory = predictions.copy(batch.memory, atEnd);
            MemorySegment out = output.copy(batch.memory, atEnd);
            Weights ones = Weights.of(weights.copy(Weights.of(new float[count]).segment(), atEnd));
            for (Loss loss : List.of(Loss.mnist(), Loss.mnist().fromLogits().accumulateGradients())) {
                Evaluation expected = Evaluator.of(loss).evaluate(batch.predictions(), batch.targets());
                Predictions view = type.view(memory);
                Targets bytes = Targets.of(targets.copy(batch.targets().segment(), atEnd), ElementType.UINT8);
                String what = "seed %d, %d elements".formatted(SEED + count, count);
                assertThat(Evaluator.of(loss).evaluate(view, bytes)).as(what).isEqualTo(expected);
                assertThat(Evaluator.of(loss).evaluateRows(view, bytes, Rows.of(1, count)))
                        .as(what)
                        .containsExactly(expected);
                assertThat(loss.sumAndGradient(Batch.of(view, bytes), 1, out))
                        .as(what)
                        .isEqualTo(expected.sum(Loss.mnist()));
                assertThat(loss.mean(Batch.of(view, bytes).weights(ones)))
                        .as(what)
                        .isNaN();
                loss.gradient(Batch.of(view, bytes), 1, 3, out);
                loss.values(view, bytes, out);
                loss.mean(view, Targets.ofBits(targets.copy(bits, atEnd), 0, count));
                ArrayOperations.sigmoid(view, out);
                Condition ofBits = Condition.ofBits(targets.copy(bits, atEnd), 0, count);
                ArrayOperations.where(ofBits, memory, memory, type.bytes, out);
                assertThat(out.mismatch(memory)).as(what).isEqualTo(-1);
                Condition ofBytes = Condition.of(targets.copy(batch.targets().segment(), atEnd));
                ArrayOperations.where(ofBytes, memory, memory, type.bytes, out);
                assertThat(out.mismatch(memory)).as(what).isEqualTo(-1);
            }
        }
    }
}
