// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The driver of CUDA that the native tests build and that these tests find by LD_LIBRARY_PATH: it runs the kernels on the
 * processor. What it tells of itself is in native/tests/cuda/fake_driver.h.
 */
final class FakeDriver {
    private static final Path LIBRARY = Path.of(System.getProperty("test.native.library"));
    private static final Path DRIVER = LIBRARY.resolveSibling("tests/cuda/driver/libcuda.so.1");
    private static final MemoryLayout STATE = MemoryLayout.structLayout(
            ValueLayout.JAVA_LONG.withName("calls"),
            ValueLayout.JAVA_LONG.withName("fail_at"),
            ValueLayout.JAVA_LONG.withName("fail_code"),
            ValueLayout.ADDRESS.withName("failed"),
            ValueLayout.JAVA_LONG.withName("launches"),
            ValueLayout.JAVA_LONG.withName("resources"));

    private final MemorySegment state;

    private FakeDriver(MemorySegment state) {
        this.state = state;
    }

    /** The driver of this process; without it the test is skipped. */
    @SuppressWarnings("restricted")
    static FakeDriver require() {
        assumeTrue(Files.exists(DRIVER), "the fake driver is not built: " + DRIVER);
        SymbolLookup symbols = SymbolLookup.libraryLookup(DRIVER, Arena.global());
        return new FakeDriver(symbols.find("fake_cuda").orElseThrow().reinterpret(STATE.byteSize()));
    }

    private long get(String field) {
        return state.get(ValueLayout.JAVA_LONG, offset(field));
    }

    private static long offset(String field) {
        return STATE.byteOffset(MemoryLayout.PathElement.groupElement(field));
    }

    /** What lives: memory, streams, modules, retained contexts. */
    long resources() {
        return get("resources");
    }

    /** Kernels that were executed. */
    long launches() {
        return get("launches");
    }

    /** Lets one call from now on fail: the next one is number 0. */
    void failAt(long call) {
        state.set(ValueLayout.JAVA_LONG, offset("fail_at"), get("calls") + call);
        state.set(ValueLayout.ADDRESS, offset("failed"), MemorySegment.NULL);
    }

    void failNoMore() {
        state.set(ValueLayout.JAVA_LONG, offset("fail_at"), -1);
    }

    boolean hasFailed() {
        return state.get(ValueLayout.ADDRESS, offset("failed")).address() != 0;
    }
}
