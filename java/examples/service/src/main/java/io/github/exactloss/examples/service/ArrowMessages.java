// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.MessageChannelReader;
import org.apache.arrow.vector.ipc.message.MessageResult;

/**
 * The messages of an Arrow stream from a stranger. Arrow checks that buffers lie within their message, but trusts sizes and
 * schemas: a few bytes can ask it for gigabytes of heap, or for columns within columns without end. So metadata is limited,
 * and columns have to be flat.
 */
final class ArrowMessages extends MessageChannelReader {
    private static final int MAX_METADATA_BYTES = 1 << 16;
    private static final int MAX_SCHEMA_ENTRIES = 1_000;

    ArrowMessages(ReadableByteChannel stream, BufferAllocator allocator) {
        super(new ReadChannel(new LimitedMetadata(stream)), allocator);
    }

    @Override
    public MessageResult readNext() throws IOException {
        MessageResult result = super.readNext();
        if (result != null && result.getMessage().headerType() == MessageHeader.Schema) {
            requireFlat((Schema) result.getMessage().header(new Schema()));
        }
        return result;
    }

    /** Entries can share their contents, so that their number and not their size is what has to be limited. */
    private static void requireFlat(Schema schema) throws IOException {
        long entries = (long) schema.fieldsLength() + schema.customMetadataLength();
        for (int i = 0; i < schema.fieldsLength() && entries <= MAX_SCHEMA_ENTRIES; i++) {
            Field field = schema.fields(i);
            if (field.childrenLength() > 0) {
                throw new IOException("it has columns within columns");
            }
            entries += field.customMetadataLength();
        }
        if (entries > MAX_SCHEMA_ENTRIES) {
            throw new IOException("it has more than " + MAX_SCHEMA_ENTRIES + " columns and entries of metadata");
        }
    }

    /** Looks at what Arrow reads first of each message: four bytes with the size of its metadata, or -1 before that. */
    private record LimitedMetadata(ReadableByteChannel stream) implements ReadableByteChannel {
        @Override
        public int read(ByteBuffer buffer) throws IOException {
            int read = stream.read(buffer);
            if (buffer.capacity() == Integer.BYTES && !buffer.hasRemaining()) {
                int size = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(0);
                if (size > MAX_METADATA_BYTES) {
                    throw new IOException(
                            "it has " + size + " bytes of metadata, and " + MAX_METADATA_BYTES + " are allowed");
                }
            }
            return read;
        }

        @Override
        public boolean isOpen() {
            return stream.isOpen();
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
