// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** An input that cannot be used. The message is one line that names the input and what is wrong with it. */
public final class BadDataException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message one line for the user, without a full stop */
    public BadDataException(String message) {
        super(message);
    }

    /** For a file that cannot be read. */
    public static BadDataException unreadable(Path file, IOException failure) {
        // These reasons say it on their own.
        String problem = switch (failure) {
            case NoSuchFileException _, AccessDeniedException _, CharacterCodingException _ -> "";
            default -> "cannot be read: ";
        };
        return new BadDataException(file + ": " + problem + reason(failure));
    }

    /** Why the system refused to read or write a file, without the file's name. */
    static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException e -> "no such file";
            case AccessDeniedException e -> "permission denied";
            case CharacterCodingException e -> "is not text in UTF-8";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            default -> failure.getMessage();
        };
    }
}
