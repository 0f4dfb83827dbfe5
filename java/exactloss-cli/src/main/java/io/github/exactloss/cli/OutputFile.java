// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * A file which is never seen half-written: it is written under another name in the same folder, and takes its own name
 * when it is complete. That other file is there from the beginning, so that a place that can't be written to is known
 * before the work. Nothing is left of it when the work fails or is interrupted.
 *
 * <p>It replaces only a file of its own kind or an empty one. So no input is ever replaced, by any of its names, and neither
 * is any other file of the user. A new file has the permissions of the one that it
 * replaces, and a link to that one stays a link.
 */
final class OutputFile implements AutoCloseable {
    /** The most symbolic links that are followed, as in Linux. */
    private static final int MOST_LINKS = 40;

    private static final Set<PosixFilePermission> GROUP = PosixFilePermissions.fromString("---rwx---");

    /** What a file holds. */
    enum Kind {
        REPORT("report", "<!DOCTYPE html>.*<meta name=\"generator\" content=\"exactloss\"/>.*"),
        PICTURE("picture", "(\u0089PNG.*tEXtSoftware\u0000exactloss|<svg [^>]*><!-- drawn by exactloss -->).*");

        private static final int LONGEST_START = 400;

        private final String title;
        private final Pattern start;

        Kind(String title, String start) {
            this.title = title;
            this.start = Pattern.compile(start, Pattern.DOTALL);
        }

        private boolean isKindOf(Path file) throws IOException {
            try (InputStream content = Files.newInputStream(file)) {
                byte[] begin = content.readNBytes(LONGEST_START);
                return begin.length == 0
                        || start.matcher(new String(begin, StandardCharsets.ISO_8859_1))
                                .matches();
            }
        }
    }

    private final Kind kind;
    private final Path path;
    private final Path target;
    private final Path temporary;
    private final FileChannel channel;

    private OutputFile(Kind kind, Path path, Path target) throws IOException {
        this.kind = kind;
        this.path = path;
        this.target = target;
        String name = "." + target.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp";
        temporary = target.resolveSibling(name);
        channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        temporary.toFile().deleteOnExit(); // of a process that is interrupted
    }

    /**
     * Makes sure that a file can be written.
     *
     * @param path may be an existing file, which stays until the new one replaces it
     * @throws BadDataException if it can't be; the message names the path
     */
    static OutputFile create(Kind kind, Path path) {
        try {
            Path target = followed(path);
            requireReplaceable(kind, path, target);
            return new OutputFile(kind, path, target);
        } catch (IOException failure) {
            throw cannotBeWritten(kind, path, failure);
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
            // Somebody may have put another file there since the beginning.
            requireReplaceable(kind, path, target);
            copyPermissions();
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
            channel.close();
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw cannotBeWritten(kind, path, failure);
        }
    }

    /** Removes what was not completed. */
    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(temporary);
        } catch (IOException failure) {
            throw cannotBeWritten(kind, temporary, failure);
        }
    }

    /** The file that a link leads to, which may not exist yet. */
    private static Path followed(Path path) throws IOException {
        Path target = path.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemException(path.toString(), null, "too many symbolic links");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    private static void requireReplaceable(Kind kind, Path path, Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        if (!(Files.isRegularFile(target) && Files.isWritable(target))) {
            throw new BadDataException(path + ": is no file that a " + kind.title + " may replace");
        }
        if (!kind.isKindOf(target)) {
            throw new BadDataException(
                    "%s: is there already, and is no %s that may be replaced; choose another name, or remove it"
                            .formatted(path, kind.title));
        }
    }

    private void copyPermissions() throws IOException {
        PosixFileAttributeView to = Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
        if (to == null || !Files.exists(target)) {
            return;
        }
        PosixFileAttributes from = Files.readAttributes(target, PosixFileAttributes.class);
        Set<PosixFilePermission> permissions = EnumSet.copyOf(from.permissions());
        try {
            to.setGroup(from.group());
            to.setOwner(from.owner());
        } catch (IOException notAllowed) {
            // Of the user and the group that this process has, then. What was another group's is not theirs.
            if (!to.readAttributes().group().equals(from.group())) {
                permissions.removeAll(GROUP);
            }
        }
        to.setPermissions(permissions);
    }

    private static BadDataException cannotBeWritten(Kind kind, Path path, IOException failure) {
        boolean noFolder = failure instanceof NoSuchFileException;
        String reason = noFolder ? "no such folder" : BadDataException.reason(failure);
        return new BadDataException("%s: the %s cannot be written: %s".formatted(path, kind.title, reason));
    }
}
