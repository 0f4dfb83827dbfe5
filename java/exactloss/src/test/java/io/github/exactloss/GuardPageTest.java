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
        Batch batch = Batch.random(Batch.Values.MIXED, count, SEED + count);
        MemorySegment floatTargets = Targets.of(batch.floatTargets()).segment();
        MnistLoss loss = MnistLoss.create();
        Evaluation expected = loss.evaluate(batch.predictions(), batch.targets());
        long floats = 4L * count;
        assertStaysInside(
                Predictions.ofFloats(
                        predictions.first(floats).copyFrom(batch.predictions().segment())),
                Targets.ofBytes(targets.first(count).copyFrom(batch.targets().segment())),
                output.first(floats),
                expected);
        assertStaysInside(
                Predictions.ofFloats(
                        predictions.last(floats).copyFrom(batch.predictions().segment())),
                Targets.ofBytes(targets.last(count).copyFrom(batch.targets().segment())),
                output.last(floats),
                expected);
        assertStaysInside(
                Predictions.ofFloats(predictions.last(floats)),
                Targets.ofFloats(targets.last(floats).copyFrom(floatTargets)),
                output.last(floats),
                expected);
    }

    private static void assertStaysInside(
            Predictions predictions, Targets targets, MemorySegment output, Evaluation expected) {
        MnistLoss loss = MnistLoss.create();
        assertThat(loss.evaluate(predictions, targets)).as("seed %d", SEED).isEqualTo(expected);
        assertThat(loss.sum(predictions, targets)).as("seed %d", SEED).isEqualTo(expected.lossSum());
        loss.none(predictions, targets, output);
        loss.gradient(targets, output);
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
        TypedBatch batch = TypedBatch.random(type, Batch.Values.MIXED, count, SEED + count);
        MemorySegment bits = MemorySegment.ofArray(new byte[(count + 7) / 8]);
        for (boolean atEnd : new boolean[] {false, true}) {
            MemorySegment memory = predictions.copy(batch.memory, atEnd);
            MemorySegment out = output.copy(batch.memory, atEnd);
            Weights ones =
                    Weights.ofFloats(weights.copy(Weights.of(new float[count]).segment(), atEnd));
            for (MnistLoss loss :
                    List.of(MnistLoss.create(), MnistLoss.create().logits().accumulateGradients())) {
                Evaluation expected = loss.evaluate(batch.predictions(), batch.targets());
                Predictions view = type.view(memory);
                Targets bytes = Targets.ofBytes(targets.copy(batch.targets().segment(), atEnd));
                String what = "seed %d, %d elements".formatted(SEED + count, count);
                assertThat(loss.evaluate(view, bytes)).as(what).isEqualTo(expected);
                assertThat(loss.evaluateRows(view, bytes, Rows.of(1, count)))
                        .as(what)
                        .containsExactly(expected);
                assertThat(loss.lossAndGradient(view, bytes, Reduction.SUM, 1, out))
                        .as(what)
                        .isEqualTo(expected.lossSum());
                assertThat(loss.mean(view, bytes, ones)).as(what).isNaN();
                loss.gradient(view, bytes, Reduction.MEAN, 1, out);
                loss.none(view, bytes, out);
                loss.mean(view, Targets.ofBits(targets.copy(bits, atEnd), 0, count));
                Elementwise.sigmoid(view, out);
                Condition ofBits = Condition.ofBits(targets.copy(bits, atEnd), 0, count);
                Elementwise.where(ofBits, memory, memory, type.bytes, out);
                assertThat(out.mismatch(memory)).as(what).isEqualTo(-1);
                Condition ofBytes =
                        Condition.ofBytes(targets.copy(batch.targets().segment(), atEnd));
                Elementwise.where(ofBytes, memory, memory, type.bytes, out);
                assertThat(out.mismatch(memory)).as(what).isEqualTo(-1);
            }
        }
    }
}
