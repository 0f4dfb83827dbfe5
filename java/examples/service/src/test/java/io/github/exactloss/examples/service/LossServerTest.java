// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.exactloss.Accumulator;
import io.github.exactloss.ElementType;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.examples.service.Client.Reply;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol, one request at a time. */
class LossServerTest {
    private static final int LARGEST = 1 << 20;

    private LossServer server;
    private Client client;

    @BeforeEach
    void start() throws IOException {
        server = TestServer.start("server.max-payload-size", String.valueOf(LARGEST));
        client = new Client(server.port());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void threePredictions() throws Exception {
        ByteBuffer body = ByteBuffer.allocate(15).order(ByteOrder.LITTLE_ENDIAN);
        body.putFloat(0.9f).putFloat(0.4f).putFloat(0.2f).put(new byte[] {1, 0, 1});

        Reply reply = client.loss("predictions=float32&targets=uint8&count=3", body.array());

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.json().toString())
                .isEqualTo("{\"loss\":0.43333334227403003,\"loss_f32\":0.43333334,\"count\":3,\"positives\":2,"
                        + "\"accuracy\":0.6666666666666666,\"true_positives\":1,\"false_positives\":0,"
                        + "\"true_negatives\":1,\"false_negatives\":1}");
    }

    static Stream<Arguments> types() {
        return RawArrays.PREDICTION_TYPES.stream()
                .flatMap(predictions ->
                        RawArrays.TARGET_TYPES.stream().map(targets -> Arguments.of(predictions, targets)));
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyPairOfTypesHasTheBitsOfTheReference(ElementType predictions, ElementType targets) throws Exception {
        for (int count : new int[] {1, 7, 8, 9, 1_000, 65_535}) {
            Batch batch = Batch.random(predictions, targets, count, count);

            assertSame(client.loss(batch).json(), batch.evaluation());
        }
    }

    @Test
    void totalsAreThoseOfAllBatches() throws Exception {
        assertThat(client.totals().json().get("loss").isNull()).isTrue();
        Accumulator reference = LossServer.EVALUATOR.newAccumulator();
        for (int count = 1; count <= 20; count++) {
            Batch batch = Batch.random(count, count);
            batch.addTo(reference);

            assertSame(client.loss(batch).json(), batch.evaluation());
            assertSame(client.totals().json(), reference.evaluate());
        }
    }

    @Test
    void aRefusedBatchAddsNothing() throws Exception {
        Batch good = Batch.random(100, 1);
        client.loss(good);
        byte[] bad = good.body().clone();
        ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putFloat(4 * 42, Float.NaN);

        Reply reply = client.loss(good.query(), bad);

        assertThat(reply.status()).isEqualTo(422);
        assertThat(reply.error()).contains("predictions[42] is NaN");
        assertSame(client.totals().json(), good.evaluation());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    targets=uint8&count=3                              | the query has no predictions
                    predictions=float32&count=3                        | the query has no targets
                    predictions=float32&targets=uint8                  | the query has no count
                    predictions=float31&targets=uint8&count=3          | predictions is "float31"; it must be float16, bfloat16, float32, float64
                    predictions=float32&targets=FLOAT32&count=3        | targets is "FLOAT32"; it must be float32, float64, uint8, int8, int32, int64, bits
                    predictions=float32&targets=uint8&count=three      | count is "three"; for a body of 15 bytes it must be 1 to 15
                    predictions=float32&targets=uint8&count=-3         | count is "-3"; for a body of 15 bytes it must be 1 to 15
                    predictions=float32&targets=uint8&count=0          | count is "0"; for a body of 15 bytes it must be 1 to 15
                    predictions=float32&targets=uint8&count=4          | 4 predictions and targets of these types take 20 bytes, but the body has 15
                    predictions=float64&targets=uint8&count=3          | take 27 bytes, but the body has 15
                    predictions=int32&targets=uint8&count=3            | predictions is "int32"; it must be
                    predictions=float32&targets=float16&count=3        | targets is "float16"; it must be
                    predictions=float32&targets=uint8&count=3689348814741910324 | for a body of 15 bytes it must be 1 to 15
                    """)
    void aWrongQueryIsNamed(String query, String error) throws Exception {
        Reply reply = client.loss(query, Batch.random(3, 1).body());

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.error()).contains(error);
    }

    @Test
    void aBodyOfTheLargestSizeIsTakenAndOneByteMoreIsNot() throws Exception {
        Batch largest = Batch.random(ElementType.FLOAT32, ElementType.FLOAT32, LARGEST / 8, 1);
        assertSame(client.loss(largest).json(), largest.evaluation());

        try (RawConnection connection = new RawConnection(server.port())) {
            String answer = connection
                    .send(RawConnection.head(largest.query(), LARGEST + 1))
                    .rest();

            assertThat(answer)
                    .startsWith("HTTP/1.1 413 ")
                    .endsWith("{\"error\":\"the body may have at most 1048576 bytes\"}");
        }
    }

    @Test
    void anotherTypeOfContentIsRefused() throws Exception {
        Reply reply = client.post("text/csv", Batch.random(1, 1).query(), BodyPublishers.ofString("0.5,1"));

        assertThat(reply.status()).isEqualTo(415);
        assertThat(reply.error()).isEqualTo("set Content-Type: application/octet-stream");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/nothing", "/loss/", "/health/live"})
    void anUnknownPathIsRefused(String path) throws Exception {
        Reply reply = Client.parse(client.get(path));

        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.error()).isEqualTo("no such path; there are /loss, /totals, /metrics and /health");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /loss, POST",
        "DELETE, /loss, POST",
        "POST, /totals, GET",
        "PUT, /metrics, GET",
        "OPTIONS, /health, GET"
    })
    void anotherMethodIsRefused(String method, String path, String allowed) throws Exception {
        HttpResponse<String> response = client.send(method, path);

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).contains(allowed);
        assertThat(Client.parse(response).error()).isEqualTo(path + " takes " + allowed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    GET /totals HTTP/1.0\\r\\nHost: a                           | 505 | use HTTP/1.1
                    GET /totals HTTP/1.1                                     | 400 | no valid request of HTTP/1.1; look at the request line, Host, Content-Length,
                    GET /totals HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: x  | 400 | no valid request of HTTP/1.1
                    GET /%zz HTTP/1.1\\r\\nHost: a                           | 400 | no valid request of HTTP/1.1
                    garbage                                                  | 400 | no valid request of HTTP/1.1
                    GET /LONG HTTP/1.1\\r\\nHost: a                          | 414 | the request line may have at most 4096 bytes
                    GET /totals HTTP/1.1\\r\\nHost: a\\r\\nx: LONG            | 400 | no valid request of HTTP/1.1
                    POST /loss HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1048577 | 413 | the body may have at most 1048576 bytes
                    """)
    void whatIsNoRequestIsRefusedWithARemedy(String head, int status, String error) throws Exception {
        String request = head.translateEscapes().replace("LONG", "x".repeat(4_096)) + "\r\n\r\n";
        try (RawConnection connection = new RawConnection(server.port())) {
            assertThat(connection.send(request).rest())
                    .startsWith("HTTP/1.1 " + status)
                    .contains("{\"error\":\"" + error);
        }
    }

    @Test
    void theAnswerToHeadHasNoBody() throws Exception {
        try (RawConnection connection = new RawConnection(server.port())) {
            String answer = connection
                    .send("HEAD /totals HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    .rest();

            assertThat(answer).startsWith("HTTP/1.1 405 ").endsWith("\r\n\r\n");
        }
    }

    @Test
    void healthAndMetrics() throws Exception {
        assertThat(client.get("/health").body()).isEqualTo("ok\n");
        Batch batch = Batch.random(1_000, 1);
        client.loss(batch);
        client.loss("count=1", new byte[] {0});

        assertThat(client.metric("exactloss_count")).isEqualTo(1_000);
        assertThat(client.metric("exactloss_loss{loss=\"mnist\"}"))
                .isEqualTo(batch.evaluation().mean(Loss.mnist()));
        assertThat(client.metric("exactloss_service_body_memory_bytes")).isZero();
        assertThat(client.metric("http_server_requests_seconds_count{status=\"400\"}"))
                .isEqualTo(1);
    }

    /** Bit for bit: JSON has the shortest decimals that read back to the same doubles. */
    static void assertSame(JsonNode json, Evaluation expected) {
        assertThat(json.get("loss").doubleValue()).isEqualTo(expected.mean(Loss.mnist()));
        assertThat((float) json.get("loss_f32").doubleValue()).isEqualTo(expected.meanAsFloat(Loss.mnist()));
        assertThat(json.get("accuracy").doubleValue()).isEqualTo(expected.accuracy());
        assertThat(json.get("count").longValue()).isEqualTo(expected.count());
        assertThat(json.get("positives").longValue()).isEqualTo(expected.positives());
        assertThat(json.get("true_positives").longValue()).isEqualTo(expected.truePositives());
        assertThat(json.get("false_positives").longValue()).isEqualTo(expected.falsePositives());
        assertThat(json.get("true_negatives").longValue()).isEqualTo(expected.trueNegatives());
        assertThat(json.get("false_negatives").longValue()).isEqualTo(expected.falseNegatives());
    }
}
