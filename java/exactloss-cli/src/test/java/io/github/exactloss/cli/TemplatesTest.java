// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import java.io.StringReader;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class TemplatesTest {
    private static Element parse(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)))
                .getDocumentElement();
    }

    private static Element properties(String label, String value) throws Exception {
        return parse(Templates.render("report/properties.jte", Map.of(label, value)));
    }

    private static String text(Element element, String tag) {
        return element.getElementsByTagName(tag).item(0).getTextContent();
    }

    @Test
    void textIsEscaped() throws Exception {
        String text = "\"<b>'&amp;</b>\"";
        Element table = properties(text, text);
        assertThat(text(table, "th")).isEqualTo(text);
        assertThat(text(table, "td")).isEqualTo(text);
        assertThat(table.getElementsByTagName("b").getLength()).isZero();
    }

    @Test
    void attributesAreEscaped() throws Exception {
        String text = "\" onload=\"'&amp;<b>";
        Chart chart = new Chart(text, Axis.within("x", 0, 1), Axis.within("y", 0, 1));
        Element svg = (Element) parse(Templates.render("chart/chart.jte", chart))
                .getElementsByTagName("svg")
                .item(0);
        assertThat(svg.getAttribute("aria-label")).isEqualTo(text);
        assertThat(svg.hasAttribute("onload")).isFalse();
    }

    @Test
    void whatXmlForbidsIsReplaced() throws Exception {
        Element table = properties("label", "a\0b\u001bc\u0085d\ufffee\ud800f\tg\nh 😀");
        assertThat(text(table, "td")).isEqualTo("a�b�c�d�e�f\tg\nh 😀");
    }

    @Test
    void spacesWithinATextStay() throws Exception {
        assertThat(text(properties("label", " a  b "), "td")).isEqualTo(" a  b ");
    }
}
