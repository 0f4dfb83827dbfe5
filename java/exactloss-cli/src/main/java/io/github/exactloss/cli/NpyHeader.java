// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The dictionary in the head of a {@code .npy} file.
 *
 * @param descr the element type as NumPy writes it, such as {@code <f4}
 * @param fortranOrder whether the first index varies fastest
 * @param shape the extent of each dimension; empty for a single number
 */
record NpyHeader(String descr, boolean fortranOrder, List<Long> shape) {
    /**
     * Parses exactly what the format defines: a Python dictionary literal with the keys {@code descr},
     * {@code fortran_order} and {@code shape}, each once, in any order, then white space to the end.
     *
     * @throws BadDataException if the text is anything else; the message does not name the file
     */
    static NpyHeader parse(String text) {
        return new Parser(text).header();
    }

    /**
     * The number of elements.
     *
     * @throws ArithmeticException if it does not fit in a long
     */
    long count() {
        if (shape.contains(0L)) {
            return 0;
        }
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** The shape without extents of 1, which change nothing about the order of the elements. */
    List<Long> extents() {
        return shape.stream().filter(extent -> extent != 1).toList();
    }

    /** The shape as Python writes it: {@code ()}, {@code (3,)}, {@code (2, 3)}. */
    String shapeText() {
        String extents = shape.toString();
        return "(" + extents.substring(1, extents.length() - 1) + (shape.size() == 1 ? ",)" : ")");
    }

    /** A recursive-descent parser; {@code position} is the first character that is not consumed yet. */
    private static final class Parser {
        private static final Pattern STRING = Pattern.compile("'([^'\\\\]*)'|\"([^\"\\\\]*)\"");
        private static final Pattern BOOLEAN = Pattern.compile("True|False");
        private static final Pattern EXTENT = Pattern.compile("(0|[1-9][0-9]*)L?");

        private final String text;
        private int position;

        Parser(String text) {
            this.text = text;
        }

        NpyHeader header() {
            String descr = null;
            Boolean fortranOrder = null;
            List<Long> shape = null;
            expect("{");
            while (!accept("}")) {
                String key = string();
                expect(":");
                if (key.equals("descr") && descr == null) {
                    descr = descr();
                } else if (key.equals("fortran_order") && fortranOrder == null) {
                    fortranOrder = token(BOOLEAN, "True or False").equals("True");
                } else if (key.equals("shape") && shape == null) {
                    shape = shape();
                } else {
                    throw new BadDataException("its header has a repeated or unknown key '" + key + "'");
                }
                if (!accept(",")) {
                    expect("}");
                    break;
                }
            }
            skipSpace();
            if (position < text.length()) {
                throw unexpected("the end of the header");
            }
            if (descr == null || fortranOrder == null || shape == null) {
                throw new BadDataException("its header lacks one of the keys 'descr', 'fortran_order' and 'shape'");
            }
            return new NpyHeader(descr, fortranOrder, List.copyOf(shape));
        }

        private String descr() {
            if (accept("[")) {
                throw new BadDataException("its elements are records (a structured dtype), which is not supported");
            }
            return string();
        }

        private List<Long> shape() {
            List<Long> extents = new ArrayList<>();
            expect("(");
            while (!accept(")")) {
                extents.add(extent());
                boolean comma = accept(",");
                if (!comma && extents.size() == 1) {
                    throw unexpected("','"); // (3) is a number in Python, (3,) a tuple
                }
                if (!comma) {
                    expect(")");
                    break;
                }
            }
            return extents;
        }

        private long extent() {
            // Python 2 writes a long integer with an L behind it.
            String digits = token(EXTENT, "a dimension").replace("L", "");
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException tooLarge) {
                throw new BadDataException("its shape has a dimension of " + digits + ", too large to address");
            }
        }

        private String string() {
            String quoted = token(STRING, "a quoted string");
            return quoted.substring(1, quoted.length() - 1);
        }

        private String token(Pattern pattern, String what) {
            skipSpace();
            Matcher matcher = pattern.matcher(text).region(position, text.length());
            if (!matcher.lookingAt()) {
                throw unexpected(what);
            }
            position = matcher.end();
            return matcher.group();
        }

        private boolean accept(String symbol) {
            skipSpace();
            boolean found = text.startsWith(symbol, position);
            if (found) {
                position += symbol.length();
            }
            return found;
        }

        private void expect(String symbol) {
            if (!accept(symbol)) {
                throw unexpected("'" + symbol + "'");
            }
        }

        private void skipSpace() {
            while (position < text.length() && " \t\n".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
        }

        private BadDataException unexpected(String wanted) {
            String rest = text.substring(position, Math.min(text.length(), position + 20))
                    .strip();
            String found = rest.isEmpty() ? "it ends" : "there is \"" + rest + "\"";
            return new BadDataException(
                    "its header is not a .npy dictionary: where " + wanted + " should be, " + found);
        }
    }
}
