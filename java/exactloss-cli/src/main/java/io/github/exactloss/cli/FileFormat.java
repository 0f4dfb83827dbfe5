// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a file is that is found where another one is expected, as its first bytes tell. */
public enum FileFormat {
    GZIP("\u001f\u008b", "is compressed by gzip; unpack it with gunzip"),
    ZSTANDARD("\\(\u00b5/\u00fd", "is compressed by Zstandard; unpack it with unzstd"),
    ZIP("PK[\u0003\u0005]", "is a .npz file or another zip archive"),
    HDF5("\u0089HDF", "is an HDF5 file"),
    PARQUET("PAR1", "is a Parquet file"),
    MATLAB("MATLAB ", "is a MATLAB file"),
    PICKLE("\u0080[\u0002-\u0005]", "is a pickle of Python"),
    HTML("(?i)<!doctype html|<html", "is HTML, perhaps a server's message instead of the file");

    /** The number of bytes that tell all of them. */
    static final int LONGEST_START = 14;

    private final Pattern start;
    private final String description;

    FileFormat(String start, String description) {
        this.start = Pattern.compile(start);
        this.description = description;
    }

    /**
     * Recognises a file.
     *
     * @param content its first bytes
     */
    public static Optional<FileFormat> of(byte[] content) {
        String text = new String(content, 0, Math.min(content.length, LONGEST_START), StandardCharsets.ISO_8859_1);
        return Arrays.stream(values())
                .filter(format -> format.start.matcher(text).lookingAt())
                .findFirst();
    }

    /** What a message says of such a file, and how to unpack it. */
    public String description() {
        return description;
    }
}
