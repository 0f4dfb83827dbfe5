// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiFunction;

/** The memory that the elements of a test lie in. */
@SuppressWarnings("ImmutableEnumChecker") // the lambdas have no state
enum MemoryKind {
    HEAP((source, arena) -> MemorySegment.ofArray(source.toArray(ValueLayout.JAVA_BYTE))),
    HEAP_READ_ONLY((source, arena) -> HEAP.copy(source, arena).asReadOnly()),
    OFF_HEAP((source, arena) -> arena.allocate(source.byteSize(), 64).copyFrom(source)),
    UNALIGNED(
            (source, arena) -> arena.allocate(source.byteSize() + 1).asSlice(1).copyFrom(source)),
    MAPPED(MemoryKind::map);

    private final BiFunction<MemorySegment, Arena, MemorySegment> copy;

    MemoryKind(BiFunction<MemorySegment, Arena, MemorySegment> copy) {
        this.copy = copy;
    }

    MemorySegment copy(MemorySegment source, Arena arena) {
        return copy.apply(source, arena);
    }

    private static MemorySegment map(MemorySegment source, Arena arena) {
        try {
            Path file = Files.createTempFile("exactloss", null);
            Files.write(file, source.toArray(ValueLayout.JAVA_BYTE));
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE)) {
                return channel.map(FileChannel.MapMode.READ_ONLY, 0, source.byteSize(), arena);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
