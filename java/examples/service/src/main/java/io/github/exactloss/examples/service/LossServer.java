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

/** The running service. Its limits are in {@code application.properties}. */
final class LossServer implements AutoCloseable {
    /** Strict, because a single NaN would make the totals NaN for ever. It loads the native library before the port opens. */
    static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist()).strict();

    private final Accumulator totals = EVALUATOR.newConcurrentAccumulator();
    private final WebServer server;

    private LossServer(Config config) {
        Http1Config http =
                Http1Config.builder().maxHeadersSize(Limits.HEADER_BYTES).build();
        WebServerConfig.Builder builder = WebServer.builder()
                .config(config.get("server"))
                .protocolsDiscoverServices(false) // with one protocol, anything else gets a 400 instead of silence
                .addProtocol(http);
        Limits limits = Limits.of(config.get("service"), builder.maxTcpConnections(), builder.maxPayloadSize());
        server = builder.routing(routing -> routes(routing, limits))
                .directHandlers(refusals(builder.maxPayloadSize(), http.maxPrologueLength()))
                .build();
    }

    /**
     * Starts it.
     *
     * @throws IOException if it can't listen
     * @throws IllegalArgumentException if a setting is out of its range
     */
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

    private void routes(HttpRouting.Builder routing, Limits limits) {
        MemoryBudget memory = new MemoryBudget(limits.memory());
        Telemetry telemetry = new Telemetry(memory, totals);
        routing.addFilter(LossServer::closeWhenAnnounced)
                .addFilter(telemetry)
                .error(HttpException.class, LossServer::refuse)
                .post("/loss", new LossHandler(memory, totals, limits.bodyTimeout()))
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
    private static DirectHandlers refusals(long bodyBytes, int lineBytes) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, (request, event, status, headers, message) -> {
                // What fails before there is a request is the fault of its sender.
                boolean early = event == EventType.INTERNAL_ERROR && request.equals(TransportRequest.empty());
                Status refusal = early ? Status.BAD_REQUEST_400 : status;
                return problem(refusal, headers, reason(refusal, bodyBytes, lineBytes));
            });
        }
        return handlers.build();
    }

    /** Helidon's own words repeat what the client sent, of any length. */
    private static String reason(Status status, long bodyBytes, int lineBytes) {
        return switch (status.code()) {
            case 400 ->
                "no valid request of HTTP/1.1; look at the request line, Host, Content-Length, and the length and the "
                        + "characters of the headers";
            case 413 -> "the body may have at most " + bodyBytes + " bytes";
            case 414 -> "the request line may have at most " + lineBytes + " bytes";
            case 505 -> "use HTTP/1.1";
            default -> status.reasonPhrase();
        };
    }

    private static TransportResponse problem(Status status, ServerResponseHeaders headers, String error) {
        headers.set(HeaderValues.CONTENT_TYPE_JSON);
        return TransportResponse.builder()
                .status(status)
                .headers(headers)
                .entity(JsonNodeFactory.instance
                        .objectNode()
                        .put("error", error)
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
