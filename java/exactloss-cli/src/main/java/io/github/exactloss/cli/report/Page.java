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
import java.util.Map;
import java.util.function.Consumer;

/** What every report's page is made of: the document around it, its style sheet, its sections, and plain tables. */
final class Page {
    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Markup markup = new Markup();

    private Page() {}

    /** A whole document. */
    static String write(String title, Consumer<Page> content) {
        Page page = new Page();
        page.markup.open("html", "lang", "en").open("head");
        page.markup.empty("meta", "charset", "utf-8");
        page.markup.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.markup.empty("meta", "name", "color-scheme", "content", "light dark");
        page.markup.empty("meta", "name", "generator", "content", "exactloss");
        page.markup.element("title", title);
        // Escaping leaves it alone: it has none of the characters.
        page.markup.element("style", styleSheet()).close();
        page.markup.open("body").open("main");
        content.accept(page);
        page.markup.close().close().close();
        return "<!DOCTYPE html>\n" + page.markup + "\n";
    }

    Markup markup() {
        return markup;
    }

    void section(String heading, Runnable content) {
        markup.open("section").element("h2", heading);
        content.run();
        markup.close();
    }

    void paragraph(String text) {
        markup.element("p", text);
    }

    /** The few numbers that matter most, large. */
    void highlights(Map<String, String> numbers) {
        markup.open("dl", "class", "highlights");
        numbers.forEach((label, number) ->
                markup.open("div").element("dt", label).element("dd", number).close());
        markup.close();
    }

    /** What the styles of the lines and dots below stand for: styles and texts by turns. */
    void legend(String... stylesAndTexts) {
        markup.open("ul", "class", "legend");
        for (int i = 0; i < stylesAndTexts.length; i += 2) {
            markup.element("li", stylesAndTexts[i + 1], "class", stylesAndTexts[i]);
        }
        markup.close();
    }

    /** A table of two columns, the first of which has the headings of its rows. */
    void properties(Map<String, ?> rows) {
        markup.open("table", "class", "properties").open("tbody");
        rows.forEach((label, value) -> {
            markup.open("tr").element("th", label, "scope", "row").open("td");
            switch (value) {
                case Duration duration -> markup.element("time", seconds(duration), "datetime", duration);
                case Instant instant -> markup.element("time", MINUTES.format(instant), "datetime", instant);
                default -> markup.text(value);
            }
            markup.close().close();
        });
        markup.close().close();
    }

    private static String seconds(Duration duration) {
        return String.format("%.2f s", duration.toNanos() * 1e-9);
    }

    private static String styleSheet() {
        try (InputStream resource = Page.class.getResourceAsStream("report.css")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
