// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes a value as JSON on one line. Written here because a library's rules for NaN and infinities would have to be
 * overridden anyway, and little more is needed.
 */
final class Json {
    private Json() {}

    /**
     * The JSON text of a value: an object for a map (in the map's order), an array for a list, a number for a number,
     * a string for anything else. A number is the shortest decimal that reads back to the same double or float; NaN
     * and {@code null} are null, and infinities are the strings "Infinity" and "-Infinity".
     */
    static String write(Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> quote(entry.getKey().toString()) + ": " + write(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(Json::write).collect(Collectors.joining(", ", "[", "]"));
            case Double number when number.isNaN() -> "null";
            case Float number when number.isNaN() -> "null";
            case Double number when number.isInfinite() -> quote(number.toString());
            case Float number when number.isInfinite() -> quote(number.toString());
            case Number number -> number.toString();
            default -> quote(value.toString());
        };
    }

    private static String quote(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
