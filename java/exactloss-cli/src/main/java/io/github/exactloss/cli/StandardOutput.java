// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/** Standard output, which remembers why it could not be written; {@link System#out} does not. */
final class StandardOutput extends FileOutputStream {
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

    /** Whether the other end of a pipe was closed, as head closes it when it has seen enough. */
    boolean hasNoReader() {
        return failure != null && "Broken pipe".equals(failure.getMessage());
    }

    BadDataException failure() {
        return new BadDataException(
                "standard output cannot be written" + (failure == null ? "" : ": " + failure.getMessage()));
    }
}
