// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;

/** A well-behaved client. */
final class Client implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder()
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final String address;

    Client(int port) {
        address = "http://127.0.0.1:" + port;
    }

    /** An answer, parsed. */
    record Reply(int status, JsonNode json) {
        String error() {
            return json.get("error").asText();
        }
    }

    Reply loss(Batch batch) throws IOException, InterruptedException {
        return loss(batch.query(), batch.body());
    }

    Reply loss(String query, byte[] body) throws IOException, InterruptedException {
        return post("application/octet-stream", query, BodyPublishers.ofByteArray(body));
    }

    Reply post(String type, String query, BodyPublisher body) throws IOException, InterruptedException {
        return parse(send(HttpRequest.newBuilder(URI.create(address + "/loss?" + query))
                .header("Content-Type", type)
                .POST(body)));
    }

    Reply totals() throws IOException, InterruptedException {
        return parse(get("/totals"));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path);
    }

    HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(address + path)).method(method, BodyPublishers.noBody()));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    /** The value of a metric, named as in {@code GET /metrics} with its labels. */
    double metric(String name) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    /** Each look is a request; the test's time limit ends a wait in vain. */
    void awaitBodyMemory(long bytes) throws IOException, InterruptedException {
        while (metric("exactloss_service_body_memory_bytes") != bytes) {
            Thread.onSpinWait();
        }
    }

    static Reply parse(HttpResponse<String> response) throws IOException {
        return new Reply(response.statusCode(), JSON.readTree(response.body()));
    }

    @Override
    public void close() {
        http.close();
    }
}
