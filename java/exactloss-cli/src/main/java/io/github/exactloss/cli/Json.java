// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import com.google.gson.FormattingStyle;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;

/** Writes a value as JSON on one line. */
final class Json {
    private static final Gson GSON = new GsonBuilder()
            .setFormattingStyle(FormattingStyle.COMPACT.withSpaceAfterSeparators(true))
            .disableHtmlEscaping()
            .serializeNulls()
            .registerTypeAdapter(Double.class, (JsonSerializer<Double>) (number, type, context) -> number(number))
            .registerTypeAdapter(Float.class, (JsonSerializer<Float>) (number, type, context) -> number(number))
            .create();

    private Json() {}

    /**
     * The JSON text of a value: an object for a map (in the map's order), an array for a list, a number for a number, a
     * string for a string. A number is the shortest decimal that reads back to the same double or float; NaN and
     * {@code null} are null, and infinities are the strings "Infinity" and "-Infinity".
     */
    static String write(Object value) {
        return GSON.toJson(value);
    }

    private static JsonElement number(Number number) {
        if (Double.isNaN(number.doubleValue())) {
            return JsonNull.INSTANCE;
        }
        return Double.isInfinite(number.doubleValue())
                ? new JsonPrimitive(number.toString())
                : new JsonPrimitive(number);
    }
}
