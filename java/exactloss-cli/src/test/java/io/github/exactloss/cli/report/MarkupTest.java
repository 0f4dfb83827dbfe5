// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MarkupTest {
    @Test
    void textAndAttributesAreEscaped() {
        Markup markup =
                new Markup().open("p", "title", "\"<'&>").text("<b>&amp;</b>").close();
        assertThat(markup).hasToString("<p title=\"&quot;&lt;'&amp;&gt;\">&lt;b&gt;&amp;amp;&lt;/b&gt;</p>");
    }

    @Test
    void whatXmlForbidsIsReplaced() {
        String text = "a\0b\u001bc\u0085d\ufffee\ud800f\tg\nh 😀";
        assertThat(new Markup().element("p", text)).hasToString("<p>a�b�c�d�e�f\tg\nh 😀</p>");
    }

    @Test
    void spacesWithinATextStay() {
        Markup markup =
                new Markup().open("p").text("a").element("b", "c").text("d").close();
        assertThat(markup).hasToString("<p>a<b>c</b>d</p>");
    }

    @Test
    void unclosedElementIsNoDocument() {
        Markup markup = new Markup().open("p");
        assertThatThrownBy(markup::toString)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("not closed: [p]");
    }
}
