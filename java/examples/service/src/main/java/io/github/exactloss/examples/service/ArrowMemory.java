// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.memory.RootAllocator;

/**
 * An allocator of Arrow buffers in an arena. Arrow counts references and may lose some when a stream turns out bad in the
 * middle; here they decide nothing, and closing the arena frees all.
 */
final class ArrowMemory implements AllocationManager.Factory {
    private static final long ALIGNMENT = 64;

    private final Arena arena;
    private final BufferAllocator allocator;
    private long left;

    /** @param bytes that may be allocated in all */
    ArrowMemory(Arena arena, long bytes) {
        this.arena = arena;
        left = bytes;
        allocator = new RootAllocator(RootAllocator.configBuilder()
                .allocationManagerFactory(this)
                .roundingPolicy(size -> size)
                .build());
    }

    BufferAllocator allocator() {
        return allocator;
    }

    @Override
    public AllocationManager create(BufferAllocator accounting, long size) {
        if (size > left) {
            throw new OutOfMemoryException("it takes " + (size - left) + " bytes of memory too many");
        }
        left -= size;
        return new Allocation(accounting, arena.allocate(size, ALIGNMENT));
    }

    @Override
    public ArrowBuf empty() {
        return new ArrowBuf(ReferenceManager.NO_OP, null, 0, 0);
    }

    private static final class Allocation extends AllocationManager {
        private final MemorySegment memory;

        Allocation(BufferAllocator accounting, MemorySegment memory) {
            super(accounting);
            this.memory = memory;
        }

        @Override
        public long getSize() {
            return memory.byteSize();
        }

        @Override
        protected long memoryAddress() {
            return memory.address();
        }

        /** Not yet. */
        @Override
        protected void release0() {}
    }
}
