// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The service with its own settings, except some. */
final class TestServer {
    private TestServer() {}

    /** @param settings names and values, in turns */
    static LossServer start(String... settings) throws IOException {
        Map<String, String> changed = new HashMap<>(Map.of("server.port", "0"));
        for (int i = 0; i < settings.length; i += 2) {
            changed.put(settings[i], settings[i + 1]);
        }
        return LossServer.start(
                Config.just(ConfigSources.create(changed), ConfigSources.classpath("application.properties")));
    }
}
