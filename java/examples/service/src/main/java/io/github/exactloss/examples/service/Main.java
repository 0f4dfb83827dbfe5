// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.NativeLibrary;
import io.github.exactloss.NativeLibraryException;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import java.io.IOException;
import java.nio.ByteOrder;

/** Starts the service, whose threads outlive this one. */
final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            fail("takes no arguments; set options before -jar, for example -Dserver.port=9090", 2);
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            fail("bodies are little-endian and are read where they lie, and this machine is big-endian", 1);
        }
        try {
            NativeLibrary.location(); // loads it, or says why not
            System.out.println(
                    "listening on port " + LossServer.start(Config.create()).port());
        } catch (IOException | NativeLibraryException | ConfigException | IllegalArgumentException e) {
            fail(e.getMessage(), 1);
        }
    }

    private static void fail(String reason, int status) {
        System.err.println("exactloss-service: " + reason);
        System.exit(status);
    }
}
