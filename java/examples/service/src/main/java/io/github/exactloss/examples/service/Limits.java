// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.time.Duration;

/**
 * What one request, and all of them together, may take.
 *
 * @param bodyBytes of one request
 * @param memoryBytes off-heap memory for the bodies of all requests that are in work
 * @param connections open at a time; those beyond wait in the socket's backlog
 * @param time for the head of a request, for its body, and for its answer; also how long a connection may be idle
 * @param grace for the requests in work, when the service is told to end
 */
record Limits(long bodyBytes, long memoryBytes, int connections, Duration time, Duration grace) {}
