// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.exactloss.Evaluation;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.examples.service.Client.Reply;
import io.github.exactloss.examples.service.RawArrays.PredictionType;
import io.github.exactloss.examples.service.RawArrays.TargetType;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The protocol, one request at a time. */
class LossServerTest {
    private static final Limits LIMITS =
            new Limits(1 << 20, 4 << 20, 64, Duration.ofSeconds(10), Duration.ofSeconds(10));

    private LossServer server;
    private Client client;

    @BeforeEach
    void start() throws IOException {
        server = LossServer.start("127.0.0.1", 0, LIMITS);
        client = new Client(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void theWorkedExampleOfThePassage() throws Exception {
        ByteBuffer body = ByteBuffer.allocate(15).order(ByteOrder.LITTLE_ENDIAN);
        body.putFloat(0.9f).putFloat(0.4f).putFloat(0.2f).put(new byte[] {1, 0, 1});

        Reply reply =
                client.loss("predictions=float32&targets=uint8&count=3", BodyPublishers.ofByteArray(body.array()));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.batch().toString())
                .isEqualTo("{\"loss\":0.43333334227403003,\"loss_f32\":0.43333334,\"count\":3,\"positives\":2,"
                        + "\"accuracy\":0.6666666666666666,\"true_positives\":1,\"false_positives\":0,"
                        + "\"true_negatives\":1,\"false_negatives\":1}");
    }

    static Stream<Arguments> types() {
        return Stream.of(PredictionType.values())
                .flatMap(predictions ->
                        Stream.of(TargetType.values()).map(targets -> Arguments.of(predictions, targets)));
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyPairOfTypesHasTheBitsOfTheReference(PredictionType predictions, TargetType targets) throws Exception {
        for (int count : new int[] {1, 7, 8, 9, 1_000, 65_535}) {
            Batch batch = Batch.random(predictions, targets, count, count);

            assertSame(client.loss(batch).batch(), batch.evaluation());
        }
    }

    @Test
    void totalsAreThoseOfAllBatches() throws Exception {
        assertThat(client.totals().json().get("loss").isNull()).isTrue();
        try (LossAccumulator reference = LossAccumulator.create(LossRoutes.OPTIONS)) {
            for (int count = 1; count <= 20; count++) {
                Batch batch = Batch.random(count, count);
                batch.addTo(reference);

                assertSame(client.loss(batch).json().get("total"), reference.result());
            }
            assertSame(client.totals().json(), reference.result());
        }
    }

    @Test
    void aRefusedBatchAddsNothing() throws Exception {
        Batch good = Batch.random(100, 1);
        client.loss(good);
        byte[] bad = good.body().clone();
        ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putFloat(4 * 42, Float.NaN);

        Reply reply = client.loss(good.query(), BodyPublishers.ofByteArray(bad));

        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.error()).contains("predictions[42] is NaN");
        assertSame(client.totals().json(), good.evaluation());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    targets=uint8&count=3                              | the query has no predictions
                    predictions=float32&count=3                        | the query has no targets
                    predictions=float32&targets=uint8                  | the query has no count
                    predictions=float31&targets=uint8&count=3          | predictions is "float31", which is none of float16, b
                    predictions=float32&targets=FLOAT32&count=3        | targets is "FLOAT32", which is none of uint8, int32
                    predictions=float32&targets=uint8&count=three      | count is "three", which is no whole number
                    predictions=float32&targets=uint8&count=-3         | count is -3
                    predictions=float32&targets=uint8&count=0          | count is 0
                    predictions=float32&targets=uint8&count=4          | take 20 bytes, but the body has 15
                    predictions=float64&targets=uint8&count=3          | take 27 bytes, but the body has 15
                    predictions=float32&targets=uint8&count=3689348814741910324 | a body of 15 bytes can't have so many
                    """)
    void aWrongQueryIsNamed(String query, String error) throws Exception {
        Reply reply =
                client.loss(query, BodyPublishers.ofByteArray(Batch.random(3, 1).body()));

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.error()).contains(error);
    }

    @Test
    void aBodyOfTheLargestSizeIsTakenAndOneByteMoreIsNot() throws Exception {
        int count = (1 << 20) / 8;
        Batch largest = Batch.random(PredictionType.FLOAT32, TargetType.FLOAT32, count, 1);
        assertSame(client.loss(largest).batch(), largest.evaluation());

        Reply reply = client.loss(largest.query(), BodyPublishers.ofByteArray(new byte[largest.body().length + 1]));

        assertThat(reply.status()).isEqualTo(413);
        assertThat(reply.error()).isEqualTo("the body has 1048577 bytes, and 1048576 are allowed");
    }

    @Test
    void otherContentIsRefused() throws Exception {
        var response = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/loss?"
                        + Batch.random(1, 1).query()))
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString("0.5,1")));

        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body())
                .contains("Content-Type has to be application/octet-stream or application/vnd.apache.arrow.stream");
    }

    @Test
    void otherPathsAndMethods() throws Exception {
        assertThat(client.get("/nothing").statusCode()).isEqualTo(404);
        assertThat(client.get("/loss").statusCode()).isEqualTo(405);
        assertThat(client.get("/loss").headers().firstValue("Allow")).contains("POST");
    }

    @Test
    void healthAndMetrics() throws Exception {
        assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(client.get("/health/ready").statusCode()).isEqualTo(200);
        Batch batch = Batch.random(1_000, 1);
        client.loss(batch);
        client.loss("count=1", BodyPublishers.noBody());

        assertThat(client.metric("exactloss_count")).isEqualTo(1_000);
        assertThat(client.metric("exactloss_loss")).isEqualTo(batch.evaluation().loss());
        assertThat(client.metric("exactloss_service_body_memory_bytes")).isZero();
        assertThat(client.metric("http_server_requests_seconds_count{status=\"400\"}"))
                .isEqualTo(1);
    }

    @Test
    void aPortInUseIsRefused() {
        assertThatThrownBy(() -> LossServer.start("127.0.0.1", server.port(), LIMITS))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("in use");
    }

    /** Bit for bit: JSON has the shortest decimals that read back to the same doubles. */
    static void assertSame(JsonNode json, Evaluation expected) {
        assertThat(json.get("loss").doubleValue()).isEqualTo(expected.loss());
        assertThat((float) json.get("loss_f32").doubleValue()).isEqualTo(expected.lossFloat());
        assertThat(json.get("accuracy").doubleValue()).isEqualTo(expected.accuracy());
        assertThat(json.get("count").longValue()).isEqualTo(expected.count());
        assertThat(json.get("positives").longValue()).isEqualTo(expected.positives());
        assertThat(json.get("true_positives").longValue()).isEqualTo(expected.truePositives());
        assertThat(json.get("false_positives").longValue()).isEqualTo(expected.falsePositives());
        assertThat(json.get("true_negatives").longValue()).isEqualTo(expected.trueNegatives());
        assertThat(json.get("false_negatives").longValue()).isEqualTo(expected.falseNegatives());
    }
}
