// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The arguments as the shell gave them. */
final class Arguments {
    /** What Java puts in place of bytes that are not text in the locale's encoding. */
    private static final char REPLACEMENT = '\uFFFD';

    private static final Pattern OPTION = Pattern.compile("--[\\w-]*(=.*)?", Pattern.DOTALL);

    private Arguments() {}

    /**
     * Requires that every byte of the arguments has become a character. Otherwise a query would select other rows, and a
     * name would be another file's.
     *
     * @throws BadDataException if that is not so
     */
    static void requireText(String... arguments) {
        for (String argument : arguments) {
            int at = argument.indexOf(REPLACEMENT);
            if (at >= 0) {
                throw new BadDataException(
                        ("the argument \"%s\" has bytes that are not text in the locale's encoding, %s,"
                                        + " at character %d; set LC_ALL to a locale whose encoding they have, such as C.UTF-8")
                                .formatted(argument, encoding(), at));
            }
        }
    }

    private static Charset encoding() {
        return Charset.forName(System.getProperty("sun.jnu.encoding"));
    }

    /** Puts a query that begins with a comment of SQL behind "--", where it is no option. */
    static String[] commentsLast(String... arguments) {
        List<String> options = new ArrayList<>();
        List<String> comments = new ArrayList<>();
        boolean optionsEnded = false;
        for (String argument : arguments) {
            optionsEnded |= argument.equals("--");
            boolean comment = !optionsEnded
                    && argument.startsWith("--")
                    && !OPTION.matcher(argument).matches();
            (comment ? comments : options).add(argument);
        }
        if (!comments.isEmpty() && !optionsEnded) {
            options.add("--");
        }
        options.addAll(comments);
        return options.toArray(String[]::new);
    }
}
