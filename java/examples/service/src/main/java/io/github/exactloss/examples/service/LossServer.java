// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.exactloss.Accumulator;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.helidon.config.Config;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Method;
import io.helidon.http.NotFoundException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;

/** The running service. Its limits are in {@code application.properties}. */
final class LossServer implements AutoCloseable {
    /** Strict, because a single NaN would make the totals NaN for ever. It loads the native library before the port opens. */
    static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist()).strict();

    private final Accumulator totals = EVALUATOR.newConcurrentAccumulator();
    private final WebServer server;

    private LossServer(Config config) {
        WebServerConfig.Builder builder = WebServer.builder()
                .config(config.get("server"))
                .protocolsDiscoverServices(false) // with one protocol, anything else gets a 400 instead of silence
                .addProtocol(Http1Config.create())
                .routing(routing -> routes(routing, config.get("service")));
        server = builder.directHandlers(refusals(builder.maxPayloadSize())).build();
    }

    /** @throws IOException if it can't listen */
    static LossServer start(Config config) throws IOException {
        LossServer service = new LossServer(config);
        requireFree(service.server.prototype());
        service.server.start();
        if (!service.server.isRunning()) {
            throw new IOException("can't listen; the log says why");
        }
        return service;
    }

    /** Helidon would write a stack trace and keep the reason for itself. */
    private static void requireFree(WebServerConfig config) throws IOException {
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(address);
        } catch (IOException e) {
            throw new IOException("can't listen on " + config.host() + ":" + config.port() + ": " + e.getMessage(), e);
        }
    }

    private void routes(HttpRouting.Builder routing, Config config) {
        MemoryBudget memory = new MemoryBudget(config.get("memory").asLong().get());
        Telemetry telemetry = new Telemetry(memory, totals);
        Duration time = config.get("body-timeout").as(Duration.class).get();
        routing.addFilter(LossServer::closeWhenAnnounced)
                .addFilter(telemetry)
                .error(HttpException.class, LossServer::refuse)
                .post("/loss", new LossHandler(memory, totals, time))
                .any(LossServer::leaveBodyUnread)
                .any("/loss", onlyWith(Method.POST))
                .get("/totals", (request, response) -> response.send(Answer.of(totals.evaluate())))
                .any("/totals", onlyWith(Method.GET))
                .get("/metrics", telemetry::metrics)
                .any("/metrics", onlyWith(Method.GET))
                .get("/health", (request, response) -> response.send("ok\n"))
                .any("/health", onlyWith(Method.GET))
                .any((request, response) -> {
                    throw new NotFoundException("no such path; there are /loss, /totals, /metrics and /health");
                });
    }

    /** Helidon 4.5 writes {@code Connection: close} and goes on reading requests. */
    private static void closeWhenAnnounced(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        chain.proceed();
        if (response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            throw new CloseConnectionException("announced in the answer");
        }
    }

    /** Helidon would read the body after the answer, with no limit of time. */
    private static void leaveBodyUnread(ServerRequest request, ServerResponse response) {
        ServerRequestHeaders headers = request.headers();
        if (headers.contains(HeaderNames.TRANSFER_ENCODING)
                || headers.contentLength().orElse(0) > 0) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        response.next();
    }

    private static Handler onlyWith(Method method) {
        return (request, response) -> {
            response.header(HeaderNames.ALLOW, method.text());
            throw new HttpException(request.path().path() + " takes " + method.text(), Status.METHOD_NOT_ALLOWED_405);
        };
    }

    private static void refuse(ServerRequest request, ServerResponse response, HttpException e) {
        response.status(e.status());
        if (request.prologue().method().equals(Method.HEAD)) {
            response.send(); // an answer to HEAD has no body
        } else {
            response.send(Answer.refusal(e.getMessage()));
        }
    }

    /** Refusals by Helidon itself, before any route. */
    private static DirectHandlers refusals(long bodyBytes) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, (request, event, status, headers, message) -> {
                if (status.equals(Status.REQUEST_ENTITY_TOO_LARGE_413)) {
                    return problem(status, headers, "the body may have at most " + bodyBytes + " bytes");
                }
                // What fails before there is a request is the fault of its sender.
                boolean early = event == EventType.INTERNAL_ERROR && request.equals(TransportRequest.empty());
                return problem(
                        early ? Status.BAD_REQUEST_400 : status, headers, early ? "no HTTP/1.1 request" : message);
            });
        }
        return handlers.build();
    }

    private static TransportResponse problem(Status status, ServerResponseHeaders headers, String error) {
        headers.set(HeaderValues.CONTENT_TYPE_JSON);
        return TransportResponse.builder()
                .status(status)
                .headers(headers)
                .entity(JsonNodeFactory.instance
                        .objectNode()
                        .put("error", error == null ? status.reasonPhrase() : error)
                        .toString())
                .build();
    }

    int port() {
        return server.port();
    }

    /** Closes the port and waits for the open requests, for shutdown-grace-period at most. */
    @Override
    public void close() {
        server.stop();
    }
}
