// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.NativeLibraryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;

/**
 * Loads a native library: the file that a system property names, or else the copy in the jar of the loader's own class. It
 * never falls back from one to the other, so a program never runs another library than it asked for.
 *
 * <p>A subclass stands for a library, and lies in the module that calls it: the JVM ties the library to that class's loader.
 */
public abstract class NativeLoader {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final String title;
    private final String fileName;
    private final String property;

    /**
     * @param title the library's name in messages
     * @param name the name of its file, without the platform's prefix and suffix
     * @param property the system property that names another file
     */
    protected NativeLoader(String title, String name, String property) {
        this.title = title;
        this.fileName = System.mapLibraryName(name);
        this.property = property;
    }

    /** Calls {@link System#load}. */
    protected abstract void load(String file);

    /** The version of the binary interface that the loaded library has. */
    protected abstract int abiVersion();

    /**
     * The version that the bindings were made for. Called after the library was loaded, because the bindings can't be used
     * before.
     */
    protected abstract int abiVersionNeeded();

    /** The file that was loaded, or the failure. */
    protected record Outcome(Path location, NativeLibraryException failure) {
        /** Gives the file. */
        public Path get() {
            if (failure != null) {
                throw new NativeLibraryException(failure.getMessage(), failure);
            }
            return location;
        }
    }

    /** Loads the library. Do it once, and keep the outcome: after a failure the process may have half of a wrong library. */
    protected final Outcome attempt() {
        try {
            String path = System.getProperty(property);
            return new Outcome(path != null ? loadNamed(Path.of(path)) : loadFromJar(), null);
        } catch (NativeLibraryException e) {
            return new Outcome(null, e);
        } catch (InvalidPathException e) {
            return new Outcome(null, failure(e.getInput(), "it is no path: " + e.getReason(), e));
        }
    }

    private Path loadNamed(Path path) {
        return load(path.toAbsolutePath(), "-D" + property);
    }

    private Path loadFromJar() {
        String resource = "META-INF/native/" + platform() + "/" + fileName;
        Path directory = Path.of(System.getProperty("java.io.tmpdir"), "exactloss-" + System.getProperty("user.name"))
                .toAbsolutePath();
        try (InputStream in = getClass().getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw failure(resource + " in the jar", "there is none for this platform", null);
            }
            return load(unpack(in.readAllBytes(), directory), resource + " in the jar");
        } catch (IOException e) {
            throw failure(directory + ", to unpack " + resource + " to", e.toString(), e);
        }
    }

    /** The folder of this platform's library in the jar, such as linux-x86_64. pom.xml names it by the same rule. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("mac") ? "macos" : os.startsWith("windows") ? "windows" : os)
                + "-"
                + switch (arch) {
                    case "amd64" -> "x86_64";
                    case "arm64" -> "aarch64";
                    default -> arch;
                };
    }

    /**
     * Writes the library to a file named by its hash, in a directory that belongs to this user alone. The move makes it
     * appear complete, also to processes that unpack it at the same time. Each process writes it anew, so none trusts an
     * existing file.
     */
    private Path unpack(byte[] library, Path directory) throws IOException {
        boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
        createDirectory(directory, posix);
        Path written = Files.createTempFile(directory, "unpacking", null);
        try {
            if (posix && !isOwnersOnly(directory, written)) {
                throw new IOException("another user may write to " + directory + "; remove it, or set -D" + property);
            }
            Files.write(written, library);
            Path unpacked = directory.resolve(sha256(library) + "-" + fileName);
            return Files.move(written, unpacked, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    private static void createDirectory(Path directory, boolean posix) throws IOException {
        try {
            if (posix) {
                Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }

    /** Whether the directory belongs to the owner of the file, which this process made, and is closed to others. */
    private static boolean isOwnersOnly(Path directory, Path file) throws IOException {
        return Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(file))
                && Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS)
                        .equals(OWNER_ONLY);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private Path load(Path file, String origin) {
        String tried = file + " (" + origin + ")";
        try {
            load(file.toString());
            if (abiVersion() != abiVersionNeeded()) {
                throw failure(tried, "its ABI version is " + abiVersion() + ", not " + abiVersionNeeded(), null);
            }
            return file;
        } catch (UnsatisfiedLinkError e) {
            throw failure(tried, e.getMessage(), e);
        } catch (IllegalCallerException e) {
            Module module = getClass().getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            throw failure(tried, e.getMessage() + "; run java with --enable-native-access=" + name, e);
        }
    }

    private NativeLibraryException failure(String tried, String reason, Throwable cause) {
        return new NativeLibraryException(
                "can't load the " + title + " library; tried " + tried + ": " + reason, cause);
    }
}
