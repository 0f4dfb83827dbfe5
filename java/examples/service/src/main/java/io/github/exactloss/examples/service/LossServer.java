// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.ConcurrentLossAccumulator;
import io.github.exactloss.micrometer.LossMetrics;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;

/** The running service. */
final class LossServer implements AutoCloseable {
    private static final byte[] NO_CHUNKS =
            "{\"error\":\"the body has to come with its Content-Length, not in chunks\"}"
                    .getBytes(StandardCharsets.US_ASCII);

    private final MemoryBudget memory;
    private final ConcurrentLossAccumulator totals;
    private final Telemetry telemetry;
    private final WebServer server;
    private final Thread watcher;
    private volatile boolean stopping;

    private LossServer(String host, int port, Limits limits) {
        memory = new MemoryBudget(limits.memoryBytes());
        totals = ConcurrentLossAccumulator.create(
                LossRoutes.OPTIONS); // which loads the native library, before anybody can ask
        telemetry = new Telemetry(memory, new LossMetrics(totals::result));
        RequestWatch watch = new RequestWatch(limits.time());
        server = WebServer.builder()
                .host(host)
                .port(port)
                .maxTcpConnections(limits.connections())
                .idleConnectionTimeout(limits.time())
                .idleConnectionPeriod(limits.time())
                .shutdownGracePeriod(limits.grace())
                .shutdownHook(false) // Main has one, which also sets the exit status
                .protocolsDiscoverServices(false) // with one protocol, what isn't that gets a 400 instead of silence
                .addProtocol(Http1Config.builder()
                        .addReceiveListener(watch.ofRequests())
                        .addSendListener(watch.ofAnswers())
                        .build())
                .directHandlers(DirectHandlers.builder()
                        .addHandler(EventType.INTERNAL_ERROR, LossServer::internalError)
                        .build())
                .routing(routing -> routes(routing, limits, watch))
                .build();
        watcher = Thread.ofVirtual().name("request-watch").unstarted(watch::run);
    }

    /**
     * Starts it.
     *
     * @param port 0 for any that is free
     * @throws IOException if it can't listen there
     */
    static LossServer start(String host, int port, Limits limits) throws IOException {
        new ServerSocket(port, 1, InetAddress.getByName(host)).close(); // Helidon would only log what is wrong with it
        LossServer service = new LossServer(host, port, limits);
        service.server.start();
        if (!service.server.isRunning()) {
            service.close();
            throw new IOException("the server did not start; its log says why");
        }
        service.watcher.start();
        return service;
    }

    private void routes(HttpRouting.Builder routing, Limits limits, RequestWatch watch) {
        routing.addFilter(watch)
                .addFilter(telemetry)
                .addFilter(LossServer::refuseChunks)
                .register(new LossRoutes(limits.bodyBytes(), memory, totals, watch))
                .get("/metrics", telemetry::metrics)
                .get("/health/live", (request, response) -> response.send("live\n"))
                .get(
                        "/health/ready",
                        (request, response) -> response.status(
                                        stopping ? Status.SERVICE_UNAVAILABLE_503 : Status.OK_200)
                                .send(stopping ? "stopping\n" : "ready\n"));
    }

    /** On every path, because the server would take in a chunk as a whole, on the heap, even to forget it. */
    private static void refuseChunks(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (request.headers().contains(HeaderNames.TRANSFER_ENCODING)) {
            response.status(Status.LENGTH_REQUIRED_411)
                    .header(HeaderValues.CONNECTION_CLOSE)
                    .header(HeaderValues.CONTENT_TYPE_JSON)
                    .send(NO_CHUNKS); // bytes, because a filter has to send at once, and an object is sent later
        } else {
            chain.proceed();
        }
    }

    /** What failed before there was a request is the fault of its sender. */
    private static TransportResponse internalError(
            TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, String message) {
        return TransportResponse.builder()
                .status(request.equals(TransportRequest.empty()) ? Status.BAD_REQUEST_400 : status)
                .headers(headers)
                .build();
    }

    int port() {
        return server.port();
    }

    /**
     * Ends it: takes no more connections, and lets the requests in work finish, for the time of grace at most.
     *
     * @return whether all of them did
     */
    boolean stop() {
        stopping = true;
        server.stop();
        watcher.interrupt();
        return telemetry.allRequestsFinished();
    }

    @Override
    public void close() {
        stop();
        totals.close();
    }
}
