// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the values of options are read, and their bounds. */
final class OptionValues {
    private OptionValues() {}

    /** Reads what Java reads as a double, and the infinities as C and Python write them. */
    static final class Threshold implements ITypeConverter<Double> {
        private static final Pattern INFINITY = Pattern.compile("^([+-]?)inf(inity)?$", Pattern.CASE_INSENSITIVE);

        @Override
        public Double convert(String text) {
            try {
                return Double.valueOf(INFINITY.matcher(text).replaceFirst("$1Infinity"));
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a number");
            }
        }
    }

    /** Reads a number of threads, which must be one that an operating system can start. */
    static final class Threads implements ITypeConverter<Integer> {
        static final int MOST = 1024;

        @Override
        public Integer convert(String text) {
            try {
                int threads = Integer.parseInt(text);
                if (threads >= 0 && threads <= MOST) {
                    return threads == 0 ? Math.min(Runtime.getRuntime().availableProcessors(), MOST) : threads;
                }
            } catch (NumberFormatException noNumber) {
                // The same message.
            }
            throw new TypeConversionException("'" + text + "' is not a number from 0 to " + MOST);
        }
    }

    /** Reads what DuckDB reads as a size, below what it can count. */
    static final class MemoryLimit implements ITypeConverter<String> {
        private static final Pattern SIZE =
                Pattern.compile("[0-9]{1,6}(\\.[0-9]{1,6})?[KMGT]i?B", Pattern.CASE_INSENSITIVE);

        @Override
        public String convert(String text) {
            if (!SIZE.matcher(text).matches()) {
                throw new TypeConversionException(
                        "'" + text + "' is not a size such as 500MB or 4GB, in KB, MB, GB, TB, KiB, MiB, GiB or TiB");
            }
            return text;
        }
    }
}
