// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import io.github.exactloss.internal.bindings.ArrowArray;
import io.github.exactloss.internal.bindings.ArrowSchema;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The batches that another library streams by the <a href="https://arrow.apache.org/docs/format/CStreamInterface.html">Arrow
 * C Stream Interface</a>.
 *
 * <p>Only the thread that made it may use it and its batches.
 */
public final class CDataStream implements AutoCloseable {
    /** The members of ArrowArrayStream, each of 8 bytes. */
    private static final int GET_SCHEMA = 0;

    private static final int GET_NEXT = 1;
    private static final int GET_LAST_ERROR = 2;
    private static final int RELEASE = 3;
    private static final long STREAM_BYTES = 5 * Long.BYTES;

    private final Arena arena;
    private final MemorySegment stream;
    private final MemorySegment schema;
    private final MemorySegment array;

    /** The arena of the current batch's views; null without a batch. */
    private Arena batch;

    private CDataStream(MemorySegment stream, Arena arena) {
        this.stream = stream;
        this.arena = arena;
        this.schema = ArrowSchema.allocate(arena);
        this.array = ArrowArray.allocate(arena);
    }

    /**
     * Takes over a stream: {@link #close()} releases it. The structure itself remains the caller's, and must stay until then.
     *
     * @param address the address of an {@code ArrowArrayStream}, which is trusted
     * @throws IllegalArgumentException if the address is 0, the stream was released, or it lacks a function
     * @throws IOException if the stream fails; it is released then
     */
    @SuppressWarnings({"restricted", "MustBeClosedChecker"
    }) // the interface says how large it is; close() closes the arena
    public static CDataStream of(long address) throws IOException {
        if (address == 0) {
            throw new IllegalArgumentException("the address of the ArrowArrayStream is 0");
        }
        Arena arena = Arena.ofConfined();
        MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(STREAM_BYTES, arena, null);
        if (function(memory, RELEASE).equals(MemorySegment.NULL)) {
            arena.close();
            throw new IllegalArgumentException("the ArrowArrayStream was released");
        }
        CDataStream stream = new CDataStream(memory, arena);
        try {
            for (int member = GET_SCHEMA; member <= GET_LAST_ERROR; member++) {
                if (function(memory, member).equals(MemorySegment.NULL)) {
                    throw new IllegalArgumentException("the ArrowArrayStream lacks one of its functions");
                }
            }
            stream.check(Functions.read(function(memory, GET_SCHEMA), memory, stream.schema));
            return stream;
        } catch (IOException | IllegalArgumentException e) {
            stream.close();
            throw e;
        }
    }

    /**
     * The next batch; empty at the end. Using a view of the batch before it is an {@link IllegalStateException} from now on.
     *
     * @throws IOException if the stream fails, with the message that it gives
     * @throws IllegalArgumentException if the schema was released
     */
    @SuppressWarnings("MustBeClosedChecker") // releaseBatch() closes it
    public Optional<CDataArray> next() throws IOException {
        releaseBatch();
        check(Functions.read(function(stream, GET_NEXT), stream, array));
        if (ArrowArray.release(array).equals(MemorySegment.NULL)) { // the mark of the end
            return Optional.empty();
        }
        batch = Arena.ofConfined();
        return Optional.of(CDataArray.of(array, schema, batch));
    }

    /** Releases the batch and the stream. Closing again does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            releaseBatch();
            if (!ArrowSchema.release(schema).equals(MemorySegment.NULL)) {
                ArrowSchema.release.invoke(ArrowSchema.release(schema), schema);
            }
            Functions.release(function(stream, RELEASE), stream);
            arena.close();
        }
    }

    private void releaseBatch() {
        if (batch != null) {
            batch.close();
            batch = null;
            if (!ArrowArray.release(array).equals(MemorySegment.NULL)) { // somebody has moved it
                ArrowArray.release.invoke(ArrowArray.release(array), array);
            }
        }
    }

    private void check(int errno) throws IOException {
        if (errno != 0) {
            String message = Functions.text(function(stream, GET_LAST_ERROR), stream);
            throw new IOException(message.isEmpty() ? "the stream fails with errno " + errno : message);
        }
    }

    private static MemorySegment function(MemorySegment stream, int member) {
        return stream.getAtIndex(ValueLayout.ADDRESS, member);
    }

    /** Calls of the functions that these structures point to. */
    @SuppressWarnings("restricted") // the interface defines their parameters
    private static final class Functions {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle READ = LINKER.downcallHandle(
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        private static final MethodHandle TEXT =
                LINKER.downcallHandle(FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        private static final MethodHandle RELEASE =
                LINKER.downcallHandle(FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

        /** An errno. */
        static int read(MemorySegment function, MemorySegment stream, MemorySegment out) {
            try {
                return (int) READ.invokeExact(function, stream, out);
            } catch (Throwable e) {
                throw impossible(e);
            }
        }

        static String text(MemorySegment function, MemorySegment stream) {
            try {
                MemorySegment text = (MemorySegment) TEXT.invokeExact(function, stream);
                return text.equals(MemorySegment.NULL)
                        ? ""
                        : text.reinterpret(Long.MAX_VALUE).getString(0);
            } catch (Throwable e) {
                throw impossible(e);
            }
        }

        static void release(MemorySegment function, MemorySegment structure) {
            try {
                RELEASE.invokeExact(function, structure);
            } catch (Throwable e) {
                throw impossible(e);
            }
        }

        private static AssertionError impossible(Throwable e) {
            return new AssertionError("a C function throws nothing", e);
        }
    }
}
