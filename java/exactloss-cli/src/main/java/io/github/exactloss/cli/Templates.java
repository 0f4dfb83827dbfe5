// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;

/**
 * The templates of {@code src/main/jte}, which the build has made classes of. What they show is escaped, wherever it comes
 * from, so nothing of it can become markup.
 */
public final class Templates {
    private static final TemplateEngine ENGINE = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Templates.class.getClassLoader(), Templates.class.getPackageName());

    private static final int REPLACEMENT = 0xFFFD;

    private Templates() {}

    /**
     * Fills in a template.
     *
     * @param shown its parameter
     * @return what is well-formed XML, and HTML if the template is
     */
    public static String render(String template, Object shown) {
        StringOutput output = new StringOutput();
        ENGINE.render(template, shown, output);
        return output.toString()
                .codePoints()
                .map(c -> isAllowed(c) ? c : REPLACEMENT)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** What XML 1.0 allows, less the control characters that HTML does not. */
    private static boolean isAllowed(int c) {
        boolean control = Character.isISOControl(c) && c != '\t' && c != '\n' && c != '\r';
        boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        return !control && !surrogate && (c & 0xFFFE) != 0xFFFE;
    }
}
