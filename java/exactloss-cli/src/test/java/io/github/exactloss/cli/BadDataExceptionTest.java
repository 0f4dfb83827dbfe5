// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BadDataExceptionTest {
    private static void assertSays(IOException failure, String reason, String unreadable) {
        assertThat(BadDataException.reason(failure)).isEqualTo(reason);
        assertThat(BadDataException.unreadable(Path.of("p.npy"), failure)).hasMessage("p.npy: " + unreadable);
    }

    /** A file may be written when it fails. */
    @Test
    void onlyAnUnreadableFileCannotBeRead() {
        assertSays(new IOException("Input/output error"), "Input/output error", "cannot be read: Input/output error");
        assertSays(
                new FileSystemException("p.npy", null, "Too many open files"),
                "Too many open files",
                "cannot be read: Too many open files");
        assertSays(new NoSuchFileException("p.npy"), "no such file", "no such file");
        assertSays(new AccessDeniedException("p.npy"), "permission denied", "permission denied");
        assertSays(new MalformedInputException(1), "is not text in UTF-8", "is not text in UTF-8");
    }
}
