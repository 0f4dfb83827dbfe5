// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of libraries in the temporary folder. Their names begin with the number of the process, {@code
 * exactloss-PROCESS-RANDOM-LIBRARY}, so that another process knows whether a file that was left behind may still be needed.
 */
final class UnpackedFiles {
    private static final String PREFIX = "exactloss-";

    private UnpackedFiles() {}

    /** Makes an empty file that only this user can open. */
    static Path create(Path folder, String fileName) throws IOException {
        return Files.createTempFile(folder, PREFIX + ProcessHandle.current().pid() + "-", "-" + fileName);
    }

    /**
     * Deletes what processes that have ended left behind, as Windows does not let them delete a file that they have loaded. A
     * process that lives keeps its files, also those that it is about to load.
     */
    static void deleteLeftBehind(Path folder, String fileName) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*-" + fileName)) {
            for (Path file : files) {
                if (isLeftBehind(file.getFileName().toString())) {
                    delete(file);
                }
            }
        } catch (IOException e) {
            // Whoever unpacks a library to this folder next, this process included, sees what is wrong with it.
        }
    }

    private static boolean isLeftBehind(String name) {
        String process = name.substring(PREFIX.length(), name.indexOf('-', PREFIX.length()));
        return process.matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(process)).isEmpty();
    }

    /** Deletes a file, unless that is impossible for now: Windows keeps what a process has loaded. */
    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A later process deletes it.
        }
    }
}
