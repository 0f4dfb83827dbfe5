// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file which is never seen half-written: it is written under another name in the same folder, and takes its own name
 * when it is complete. That other file is there from the beginning, so that a place that can't be written to is known
 * before the work. Nothing is left of it when the work fails or is interrupted.
 */
final class OutputFile implements AutoCloseable {
    private final String what;
    private final Path path;
    private final Path temporary;
    private final FileChannel channel;

    private OutputFile(String what, Path path, Path temporary, FileChannel channel) {
        this.what = what;
        this.path = path;
        this.temporary = temporary;
        this.channel = channel;
    }

    /**
     * Makes sure that a file can be written.
     *
     * @param what it will be, for messages: "report"
     * @param path may be an existing one, which stays until the new one replaces it
     * @throws BadDataException if it can't be; the message names the path
     */
    static OutputFile create(String what, Path path) {
        try {
            // Where it really is, so that a link stays a link.
            Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            if (Files.exists(target) && !(Files.isRegularFile(target) && Files.isWritable(target))) {
                throw new BadDataException(path + ": is no file that a " + what + " may replace");
            }
            String name = "." + target.getFileName() + "."
                    + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp";
            Path temporary = target.resolveSibling(name);
            FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            temporary.toFile().deleteOnExit(); // of a process that is interrupted
            return new OutputFile(what, target, temporary, channel);
        } catch (IOException failure) {
            throw cannotBeWritten(what, path, failure);
        }
    }

    /**
     * Writes it, whole.
     *
     * @throws BadDataException if that fails; what was there before is still there then
     */
    void write(String content) {
        write(content.getBytes(StandardCharsets.UTF_8));
    }

    /** The same for what is no text. */
    void write(byte[] content) {
        try {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
            channel.close();
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw cannotBeWritten(what, path, failure);
        }
    }

    /** Removes what was not completed. */
    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(temporary);
        } catch (IOException failure) {
            throw cannotBeWritten(what, temporary, failure);
        }
    }

    private static BadDataException cannotBeWritten(String what, Path path, IOException failure) {
        String reason = failure.getMessage();
        if (failure instanceof AccessDeniedException) {
            reason = "permission denied";
        } else if (!Files.isDirectory(path.toAbsolutePath().getParent())) {
            reason = "no such folder";
        } else if (failure instanceof FileSystemException detailed && detailed.getReason() != null) {
            reason = detailed.getReason();
        }
        return new BadDataException(path + ": the " + what + " cannot be written: " + reason);
    }
}
