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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

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

        void unmap() throws Throwable {
            assertThat((int) MUNMAP.invokeExact(mapping, mapping.byteSize())).isZero();
        }
    }

    @BeforeAll
    static void map() throws Throwable {
        predictions = Guarded.map();
        targets = Guarded.map();
        output = Guarded.map();
    }

    @AfterAll
    static void unmap() throws Throwable {
        predictions.unmap();
        targets.unmap();
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
                Predictions.of(
                        predictions.first(floats).copyFrom(batch.predictions().segment())),
                Targets.ofBytes(targets.first(count).copyFrom(batch.targets().segment())),
                output.first(floats),
                expected);
        assertStaysInside(
                Predictions.of(
                        predictions.last(floats).copyFrom(batch.predictions().segment())),
                Targets.ofBytes(targets.last(count).copyFrom(batch.targets().segment())),
                output.last(floats),
                expected);
        assertStaysInside(
                Predictions.of(predictions.last(floats)),
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
}
