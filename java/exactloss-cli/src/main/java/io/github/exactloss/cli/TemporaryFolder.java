// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A folder for temporary files that no other process uses. It is removed when it is closed, and when the process is
 * interrupted or terminated. A process that is killed can't remove its folder, so the next one does.
 *
 * <p>A folder is in use as long as its lock file is locked. The system releases a lock at every kind of end, and it is
 * valid between containers, which a process's number is not.
 */
final class TemporaryFolder implements AutoCloseable {
    private static final String PREFIX = "exactloss-query-";
    private static final String LOCK = "lock";
    private static final int MOST_ATTEMPTS = 100;

    /** This process must not open their lock files a second time: closing one would release the lock. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;
    private final Interruption interruption;

    private TemporaryFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
        interruption = new Interruption(() -> remove(path, lock));
    }

    /**
     * Makes a folder, and removes those of killed processes beside it.
     *
     * @param parent where it is
     * @throws BadDataException if that is not possible; the message names the parent
     */
    static TemporaryFolder create(Path parent) {
        try {
            while (true) {
                Path path = Files.createTempDirectory(parent, PREFIX); // which only this user may enter
                OWN.add(path);
                FileChannel lock = lock(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                if (lock != null) {
                    TemporaryFolder folder = new TemporaryFolder(path, lock);
                    removeAbandoned(parent, Files.getOwner(path));
                    return folder;
                }
                // Another process took it for an abandoned folder before it was locked, and has removed it.
            }
        } catch (IOException failure) {
            throw new BadDataException("%s: no temporary folder can be made there: %s; set TMPDIR to another folder"
                    .formatted(parent, BadDataException.reason(failure)));
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        interruption.close();
        remove(path, lock);
        OWN.remove(path);
    }

    /** Without any complaint: a query doesn't fail because others' files can't be removed. */
    private static void removeAbandoned(Path parent, UserPrincipal user) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                removeIfAbandoned(folder, user);
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            // The next process tries again.
        }
    }

    private static void removeIfAbandoned(Path folder, UserPrincipal user) {
        try {
            // What another user has put there may be a trap, such as a link to a folder of this user.
            boolean mine = Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user);
            FileChannel lock = mine && !OWN.contains(folder) ? lock(folder, StandardOpenOption.WRITE) : null;
            if (lock != null) {
                remove(folder, lock);
            }
        } catch (IOException failure) {
            // It stays, and the others are still removed.
        }
    }

    /** Locks a folder; null if another process has locked it or removed it, or has not yet come to lock it. */
    private static FileChannel lock(Path folder, OpenOption... options) throws IOException {
        Path file = folder.resolve(LOCK);
        FileChannel channel;
        try {
            channel = FileChannel.open(file, options);
        } catch (NoSuchFileException notThere) {
            return null;
        }
        if (channel.tryLock() != null && Files.exists(file)) {
            return channel;
        }
        channel.close();
        return null;
    }

    private static void remove(Path folder, FileChannel lock) {
        try (lock) {
            // An interrupted query writes new files until the process ends. A network's file system can keep open ones
            // for ever.
            for (int i = 0; i < MOST_ATTEMPTS && !isRemoved(folder); i++) {}
        } catch (IOException | DirectoryIteratorException failure) {
            // The next process tries again.
        }
    }

    private static boolean isRemoved(Path folder) throws IOException {
        // The lock file goes last: without it nobody would find the rest.
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> !file.endsWith(LOCK))) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder.resolve(LOCK));
        try {
            Files.deleteIfExists(folder);
            return true;
        } catch (DirectoryNotEmptyException newFiles) {
            return false;
        }
    }
}
