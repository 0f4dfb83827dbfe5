// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Loss;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;

/** The options of a function in SQL: {@code map('logits', 'true', 'threshold', '0.4')}. */
record SqlOptions(String function, Map<String, String> options) {
    static SqlOptions read(String function, Expression map) {
        if (!map.foldable() || !map.dataType().equals(new MapType(DataTypes.StringType, DataTypes.StringType, false))) {
            throw new IllegalArgumentException(
                    "the options of " + function + " are a constant map of strings, not " + map.sql());
        }
        MapData data = (MapData) map.eval(null);
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < data.numElements(); i++) {
            options.put(
                    data.keyArray().getUTF8String(i).toString(),
                    data.valueArray().getUTF8String(i).toString());
        }
        return new SqlOptions(function, options);
    }

    /** The settings with these options. */
    Settings apply(Settings settings, boolean chooseLosses) {
        Settings result = settings;
        for (Map.Entry<String, String> option : options.entrySet()) {
            String value = option.getValue();
            result = switch (chooseLosses || !option.getKey().equals("losses") ? option.getKey() : "") {
                case "threshold" -> result.threshold(number(value));
                case "logits" -> result.logits(flag(option));
                case "strict" -> result.strict(flag(option));
                case "clamp" -> result.clamp(flag(option));
                case "nulls" -> result.refuseNulls(choice(option, "skip", "refuse"));
                case "losses" -> result.losses(losses(value));
                default ->
                    throw new IllegalArgumentException(function + " has no option '" + option.getKey() + "', only "
                            + (chooseLosses ? "losses, " : "") + "threshold, logits, strict, clamp and nulls");
            };
        }
        return result;
    }

    private double number(String value) {
        try {
            double number = Double.parseDouble(value);
            if (!Double.isNaN(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Fails below.
        }
        throw new IllegalArgumentException("the threshold of " + function + " is a number, not '" + value + "'");
    }

    private boolean flag(Map.Entry<String, String> option) {
        return choice(option, "false", "true");
    }

    /** Whether the value is the second one of two. */
    private boolean choice(Map.Entry<String, String> option, String first, String second) {
        String value = option.getValue();
        if (!value.equals(first) && !value.equals(second)) {
            throw new IllegalArgumentException("the option '" + option.getKey() + "' of " + function + " is '" + first
                    + "' or '" + second + "', not '" + value + "'");
        }
        return value.equals(second);
    }

    private List<String> losses(String value) {
        List<String> known = Settings.ALL.stream().map(Loss::name).toList();
        List<String> names =
                Arrays.stream(value.split(",", -1)).map(String::strip).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "'" + name + "' is no loss; " + function + " knows " + String.join(", ", known));
            }
        }
        return known.stream().filter(names::contains).toList();
    }
}
