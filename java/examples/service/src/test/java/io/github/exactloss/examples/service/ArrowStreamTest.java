// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.examples.service.Client.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bodies that are Arrow streams. */
class ArrowStreamTest {
    private static final String COLUMNS = "predictions=score&targets=label";

    private LossServer server;
    private Client client;

    @BeforeEach
    void start() throws IOException {
        Duration time = Duration.ofSeconds(10);
        server = LossServer.start("127.0.0.1", 0, new Limits(1 << 20, 4 << 20, 64, time, time));
        client = new Client(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    /** What a stream has, and the same without its nulls for the reference. */
    private static final class Stream {
        private final byte[] bytes;
        private final List<float[]> predictions;
        private final List<byte[]> targets;
        private final long nulls;

        private Stream(byte[] bytes, List<float[]> predictions, List<byte[]> targets, long nulls) {
            this.bytes = bytes;
            this.predictions = predictions;
            this.targets = targets;
            this.nulls = nulls;
        }

        /** Batches of these sizes: float32 scores, boolean labels, every fifth of which is null, and a column beside them. */
        static Stream of(int... sizes) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            List<float[]> predictions = new ArrayList<>();
            List<byte[]> targets = new ArrayList<>();
            long nulls = 0;
            SplittableRandom random = new SplittableRandom(sizes.length);
            try (BufferAllocator allocator = new RootAllocator();
                    Float4Vector scores = new Float4Vector("score", allocator);
                    VarCharVector names = new VarCharVector("name", allocator);
                    BitVector labels = new BitVector("label", allocator);
                    VectorSchemaRoot root = VectorSchemaRoot.of(scores, names, labels);
                    ArrowStreamWriter writer = new ArrowStreamWriter(root, null, bytes)) {
                for (int size : sizes) {
                    float[] p = new float[size];
                    byte[] t = new byte[size];
                    int kept = 0;
                    for (int i = 0; i < size; i++) {
                        p[kept] = random.nextFloat();
                        t[kept] = (byte) random.nextInt(2);
                        scores.setSafe(i, p[kept]);
                        names.setSafe(i, new byte[] {'n'});
                        labels.setSafe(i, t[kept]);
                        if (i % 5 == 4) {
                            labels.setNull(i);
                        } else {
                            kept++;
                        }
                    }
                    root.setRowCount(size);
                    writer.writeBatch();
                    predictions.add(Arrays.copyOf(p, kept));
                    targets.add(Arrays.copyOf(t, kept));
                    nulls += size - kept;
                }
            }
            return new Stream(bytes.toByteArray(), predictions, targets, nulls);
        }

        void addTo(LossAccumulator reference) {
            for (int i = 0; i < predictions.size(); i++) {
                reference.add(Predictions.of(predictions.get(i)), Targets.of(targets.get(i)));
            }
        }
    }

    @Test
    void allBatchesTogetherHaveTheBitsOfTheReference() throws Exception {
        Stream stream = Stream.of(1, 1_000, 0, 63, 20_000);
        try (LossAccumulator reference = LossAccumulator.create(LossRoutes.OPTIONS)) {
            stream.addTo(reference);

            Reply reply = client.arrow(COLUMNS, stream.bytes);

            LossServerTest.assertSame(reply.batch(), reference.result());
            assertThat(reply.json().get("null_count").longValue()).isEqualTo(stream.nulls);
            LossServerTest.assertSame(client.totals().json(), reference.result());
        }
    }

    @Test
    void wrongStreamsAreNamed() throws Exception {
        byte[] bytes = Stream.of(10, 10).bytes;

        assertRefused("predictions=score", bytes, "the query has no targets");
        assertRefused("predictions=p&targets=label", bytes, "no column \"p\"; it has score, name, label");
        assertRefused("predictions=name&targets=label", bytes, "'name' has the type Utf8");
        assertRefused("predictions=label&targets=label", bytes, "predictions must be float16, float32, float64");
        assertRefused(COLUMNS, new byte[0], "the Arrow stream can't be read");
        assertRefused(COLUMNS, "score,label".getBytes(StandardCharsets.US_ASCII), "the Arrow stream can't be read");
        assertRefused(COLUMNS, Arrays.copyOf(bytes, bytes.length - 50), "the Arrow stream can't be read");
        assertRefused(COLUMNS, Arrays.copyOf(bytes, bytes.length + 1), "ends 1 bytes before the body");
        assertThat(client.totals().json().get("count").longValue()).isZero();
        assertThat(client.metric("exactloss_service_body_memory_bytes")).isZero();
    }

    /** Where a message could end, the end of the connection is still too early. */
    @Test
    void aStreamThatEndsBetweenBatchesIsTruncated() throws Exception {
        byte[] whole = Stream.of(1_000).bytes;
        byte[] part = Arrays.copyOf(whole, whole.length - 8); // without its end marker
        try (RawConnection connection = new RawConnection(server.port())) {
            String head = RawConnection.head(COLUMNS, whole.length)
                    .replace("application/octet-stream", "application/vnd.apache.arrow.stream");

            assertThat(connection.send(head).send(part).endOutput().status()).isEqualTo(400);
        }
        assertThat(client.totals().json().get("count").longValue()).isZero();
    }

    /** A few bytes must not take gigabytes. */
    @Test
    void hugeMetadataIsRefused() throws Exception {
        byte[] claim = {-1, -1, -1, -1, 0, 0, 0, 0x70, 1, 2, 3, 4};

        assertRefused(COLUMNS, claim, "1879048192 bytes of metadata");
    }

    /** Any bytes give an evaluation or a refusal, and take no more memory than they may. */
    @Test
    void damagedStreamsAreRefusedOrRead() throws Exception {
        byte[] whole = Stream.of(100, 7).bytes;
        ArrowColumns columns = new ArrowColumns("score", "label");
        int refused = 0;
        for (int seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try (Arena arena = Arena.ofConfined()) {
                columns.addTo(
                        LossAccumulator.create(LossRoutes.OPTIONS, arena),
                        Channels.newChannel(new ByteArrayInputStream(damaged)),
                        new ArrowMemory(arena, ArrowColumns.memory(damaged.length)));
            } catch (Refusal | InvalidElementException e) {
                refused++;
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(refused).isPositive();
    }

    private void assertRefused(String query, byte[] stream, String error) throws Exception {
        Reply reply = client.arrow(query, stream);
        assertThat(reply.status()).as("%s", reply.json()).isEqualTo(400);
        assertThat(reply.error()).contains(error);
    }
}
