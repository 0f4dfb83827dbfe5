// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.Accumulator;
import io.github.exactloss.micrometer.LossMetrics;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** {@code GET /metrics}: requests by status, the totals, the memory of the bodies, and the JVM's memory. */
final class Telemetry implements Filter {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    Telemetry(MemoryBudget memory, Accumulator totals) {
        new LossMetrics(totals).bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        Gauge.builder("exactloss.service.body.memory", memory, MemoryBudget::used)
                .description("Off-heap memory that request bodies hold")
                .baseUnit("bytes")
                .register(registry);
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Timer.Sample sample = Timer.start();
        try {
            chain.proceed();
        } finally {
            sample.stop(Timer.builder("http.server.requests")
                    .description("Requests, by the status of their answer")
                    .tag("status", response.status().codeText())
                    .register(registry));
        }
    }

    void metrics(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                .send(registry.scrape());
    }
}
