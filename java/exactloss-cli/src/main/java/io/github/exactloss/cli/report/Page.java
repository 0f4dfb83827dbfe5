// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** What the templates of all pages need. */
final class Page {
    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Page() {}

    static String minutes(Instant instant) {
        return MINUTES.format(instant);
    }

    static String seconds(Duration duration) {
        return String.format("%.2f s", duration.toNanos() * 1e-9);
    }

    static String styleSheet() {
        try (InputStream resource = Page.class.getResourceAsStream("report.css")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
