// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.io.IOException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the service, and the signals that end it. */
@Command(
        name = "exactloss-service",
        description = "Answers HTTP requests with the loss of the predictions and targets that they bring.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Main implements Callable<Integer> {
    private static final long MIB = 1 << 20;
    private static final int LAST_PORT = 0xFFFF;

    @Spec
    private CommandSpec spec;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "where to listen", defaultValue = "127.0.0.1")
    private String host;

    @Option(names = "--port", paramLabel = "PORT", description = "0: any that is free", defaultValue = "8080")
    private int port;

    @Option(names = "--max-body", paramLabel = "MIB", description = "of one request", defaultValue = "16")
    private int maxBody;

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            description = "off-heap, for the bodies of all requests in work",
            defaultValue = "256")
    private int memory;

    @Option(names = "--connections", paramLabel = "N", description = "open at a time", defaultValue = "1024")
    private int connections;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "for a request's head, for its body, and for the answer",
            defaultValue = "10")
    private int timeout;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            description = "for the requests in work after SIGTERM",
            defaultValue = "30")
    private int grace;

    Main() {}

    /** Exits with 0 when SIGTERM or SIGINT ended it and no request was cut off, with 1 otherwise, with 2 for usage. */
    public static void main(String[] arguments) {
        int status = new CommandLine(new Main()).execute(arguments);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Starts the service, whose threads outlive this call. */
    @Override
    public Integer call() {
        require("--port", port, 0, LAST_PORT);
        require("--max-body", maxBody, 1, Integer.MAX_VALUE);
        require("--memory", memory, 1, Integer.MAX_VALUE);
        require("--connections", connections, 1, Integer.MAX_VALUE);
        require("--timeout", timeout, 1, Integer.MAX_VALUE);
        require("--grace", grace, 0, Integer.MAX_VALUE);
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return fail("bodies are little-endian and are read where they lie, and this machine is big-endian");
        }
        Limits limits = new Limits(
                maxBody * MIB, memory * MIB, connections, Duration.ofSeconds(timeout), Duration.ofSeconds(grace));
        LossServer server;
        try {
            server = LossServer.start(host, port, limits);
        } catch (IOException e) {
            return fail("can't listen on " + host + ":" + port + ": " + e.getMessage());
        }
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(server)));
        System.out.printf("listening on http://%s:%d%n", host, server.port());
        return 0;
    }

    private void require(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be " + least + " to " + most + ", not " + value);
        }
    }

    private static void stop(LossServer server) {
        boolean allFinished = server.stop();
        if (!allFinished) {
            System.err.println("exactloss-service: cut off requests that did not finish in time");
        }
        // Java's own exit status after SIGTERM is 143, whatever the hooks did.
        Runtime.getRuntime().halt(allFinished ? 0 : 1);
    }

    private static int fail(String reason) {
        System.err.println("exactloss-service: " + reason);
        return 1;
    }
}
