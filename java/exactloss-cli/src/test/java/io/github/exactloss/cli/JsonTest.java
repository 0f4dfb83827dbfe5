// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void numbersReadBackToThemselves() {
        for (double number :
                new double[] {0.1, -0.0, 1e-320, Double.MIN_VALUE, Double.MAX_VALUE, 123456789012345680.0}) {
            assertThat(JsonParser.parseString(Json.write(number)).getAsDouble()).isEqualTo(number);
        }
        assertThat(Json.write(2.0E-3)).isEqualTo("0.002");
        assertThat(Json.write(0.1f)).isEqualTo("0.1");
        assertThat(Json.write(Long.MAX_VALUE)).isEqualTo("9223372036854775807");
    }

    @Test
    void nanIsNullAndInfinitiesAreStrings() {
        assertThat(Json.write(List.of(Double.NaN, Float.NaN))).isEqualTo("[null, null]");
        assertThat(Json.write(List.of(Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)))
                .isEqualTo("[\"Infinity\", \"-Infinity\"]");
    }

    @Test
    void everyStringReadsBackToItself() {
        String text = "\"\\/\b\f\n\r\t\u0000\u001f\u007fé\u2028\ud83d\ude00";
        assertThat(JsonParser.parseString(Json.write(text)).getAsString()).isEqualTo(text);
    }

    @Test
    void structuresNest() {
        assertThat(Json.write(Map.of("a", List.of(Map.of("b", 1), Map.of())))).isEqualTo("{\"a\": [{\"b\": 1}, {}]}");
        assertThat(Json.write(null)).isEqualTo("null");
    }
}
