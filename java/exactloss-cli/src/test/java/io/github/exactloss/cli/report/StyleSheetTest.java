// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StyleSheetTest {
    private static final Pattern COLOUR = Pattern.compile("--(\\w+): #(\\p{XDigit}{6});");

    private String light;
    private String dark;

    @BeforeEach
    void read() throws IOException {
        try (InputStream resource = Page.class.getResourceAsStream("report.css")) {
            String css = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(css).doesNotContain("<", ">", "&", "\"", "url(", "@import");
            int start = css.indexOf("@media screen and (prefers-color-scheme: dark)");
            light = css.substring(0, start);
            dark = css.substring(start);
        }
    }

    /** WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for what graphics are read by. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void contrastIsEnough(boolean inTheDark) {
        Map<String, Double> luminance = luminances(inTheDark ? dark : light);
        for (String background : new String[] {"paper", "panel"}) {
            for (String text : new String[] {"ink", "soft"}) {
                assertThat(contrast(luminance, text, background))
                        .as("%s on %s", text, background)
                        .isGreaterThanOrEqualTo(4.5);
            }
        }
        for (String graphic : new String[] {"base", "curve", "dot", "positive", "negative"}) {
            assertThat(contrast(luminance, graphic, "paper"))
                    .as("%s on paper", graphic)
                    .isGreaterThanOrEqualTo(3);
        }
    }

    private static double contrast(Map<String, Double> luminance, String one, String other) {
        double a = luminance.get(one) + 0.05;
        double b = luminance.get(other) + 0.05;
        return Math.max(a, b) / Math.min(a, b);
    }

    private static Map<String, Double> luminances(String css) {
        Map<String, Double> luminances = new HashMap<>();
        Matcher colour = COLOUR.matcher(css);
        while (colour.find()) {
            int rgb = Integer.parseInt(colour.group(2), 16);
            luminances.put(
                    colour.group(1),
                    0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255));
        }
        return luminances;
    }

    private static double linear(int channel) {
        double share = channel / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    }
}
