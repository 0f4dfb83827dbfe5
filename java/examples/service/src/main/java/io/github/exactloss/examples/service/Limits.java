// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.helidon.config.Config;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * The limits that clients could otherwise reach only to find that the process can't hold them: Helidon closes its port for
 * ever when it can't accept a connection, for lack of files or of memory.
 *
 * @param memory the off-heap memory for the bodies of all requests, in bytes
 * @param bodyTimeout the time for a body to arrive
 */
record Limits(long memory, Duration bodyTimeout) {
    static final int HEADER_BYTES = 4 << 10;

    /** Of one connection: short headers take 40 times their bytes. */
    private static final int HEAP_OF_HEADERS = 40 * HEADER_BYTES;

    /** The open files that are not connections: those of the JVM and the jars, and some to spare. */
    private static final int OTHER_FILES = 256;

    /**
     * The service's own settings, after a check of them all.
     *
     * @param connections server.max-tcp-connections
     * @param largestBody server.max-payload-size
     * @throws IllegalArgumentException if this process can't keep them
     */
    static Limits of(Config service, int connections, long largestBody) {
        requireRoom(connections);
        long memory = service.get("memory").asLong().get();
        if (memory < largestBody) {
            throw new IllegalArgumentException("service.memory is " + memory
                    + ", less than server.max-payload-size, which is " + largestBody + ": raise it, or lower that");
        }
        if (memory > directMemory()) {
            throw new IllegalArgumentException("service.memory is " + memory + ", more than the " + directMemory()
                    + " bytes that this JVM may have off-heap: lower it, or raise -XX:MaxDirectMemorySize or -Xmx");
        }
        Duration bodyTimeout = service.get("body-timeout").as(Duration.class).get();
        if (!bodyTimeout.isPositive()) {
            throw new IllegalArgumentException("service.body-timeout is " + bodyTimeout + ", and must be positive");
        }
        return new Limits(memory, bodyTimeout);
    }

    private static void requireRoom(int connections) {
        if (connections < 1) {
            throw new IllegalArgumentException(
                    "server.max-tcp-connections is " + connections + ", and must be at least 1");
        }
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                && connections > system.getMaxFileDescriptorCount() - OTHER_FILES) {
            throw new IllegalArgumentException("server.max-tcp-connections is " + connections
                    + ", too many for a process that may open " + system.getMaxFileDescriptorCount()
                    + " files: lower it, or raise that (ulimit -n)");
        }
        long heap = Runtime.getRuntime().maxMemory();
        if (connections > heap / 4 * 3 / HEAP_OF_HEADERS) {
            throw new IllegalArgumentException("server.max-tcp-connections is " + connections
                    + ", too many for a heap of " + heap + " bytes: lower it, or raise -Xmx");
        }
    }

    /** The size of the heap, unless the JVM has an option. */
    private static long directMemory() {
        String option = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue();
        return option.equals("0") ? Runtime.getRuntime().maxMemory() : Long.parseLong(option);
    }
}
