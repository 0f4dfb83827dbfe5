// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Standard output, which remembers why it could not be written; {@link System#out} does not. */
final class StandardOutput extends FileOutputStream {
    /** Of the mode of a file, in Unix. */
    private static final int FILE_TYPE = 0170000;

    private static final int PIPE = 0010000;
    private static final int SOCKET = 0140000;

    private IOException failure;

    StandardOutput() {
        super(FileDescriptor.out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        try {
            super.write(bytes, from, count);
        } catch (IOException refused) {
            failure = refused;
            throw refused;
        }
    }

    /**
     * Whether the other end of a pipe was closed, as head closes it when it has seen enough: nothing else makes writing to a
     * pipe or a socket fail. The failure's text depends on the language.
     */
    boolean hasNoReader() {
        return failure != null && isPipe();
    }

    private static boolean isPipe() {
        try {
            int type = (int) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode") & FILE_TYPE;
            return type == PIPE || type == SOCKET;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    BadDataException failure() {
        return new BadDataException(
                "standard output cannot be written" + (failure == null ? "" : ": " + failure.getMessage()));
    }
}
