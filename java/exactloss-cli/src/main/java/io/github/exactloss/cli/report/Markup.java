// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * HTML, with SVG in it, that is well-formed XML too. All text and all values of attributes are escaped, wherever they
 * come from, so nothing of what is shown can become markup.
 */
final class Markup {
    private final StringBuilder markup = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /**
     * The start tag of an element.
     *
     * @param attributes their names and values by turns
     */
    Markup open(String element, Object... attributes) {
        tag(element, attributes);
        markup.append('>');
        open.push(element);
        return this;
    }

    /** The end tag of the element that was opened last. */
    Markup close() {
        markup.append("</").append(open.pop()).append('>');
        return this;
    }

    /** A whole element with nothing but text. */
    Markup element(String element, Object text, Object... attributes) {
        return open(element, attributes).text(text).close();
    }

    /** An element that has no content and no end tag: a void one of HTML, or any of SVG. */
    Markup empty(String element, Object... attributes) {
        tag(element, attributes);
        markup.append("/>");
        return this;
    }

    Markup text(Object text) {
        escape(text.toString());
        return this;
    }

    private void tag(String element, Object... attributes) {
        // A new line wherever that is no space within a text.
        if (!markup.isEmpty() && markup.charAt(markup.length() - 1) == '>') {
            markup.append('\n');
        }
        markup.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            markup.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1].toString());
            markup.append('"');
        }
    }

    private void escape(String text) {
        text.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> markup.append("&lt;");
                case '>' -> markup.append("&gt;");
                case '&' -> markup.append("&amp;");
                case '"' -> markup.append("&quot;");
                default -> markup.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
            }
        });
    }

    /** What XML 1.0 allows, less the control characters that HTML does not. */
    private static boolean isAllowed(int c) {
        boolean control = Character.isISOControl(c) && c != '\t' && c != '\n' && c != '\r';
        boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        return !control && !surrogate && (c & 0xFFFE) != 0xFFFE;
    }

    /**
     * All of it.
     *
     * @throws IllegalStateException if an element is still open
     */
    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("not closed: " + open);
        }
        return markup.toString();
    }
}
