// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.NativeLibraryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Loads a native library: the file that a system property names, or else the copy in the jar of the loader's own class. It
 * never falls back from one to the other, so a program never runs another library than it asked for.
 *
 * <p>A subclass stands for a library, and lies in the module that calls it: the JVM ties the library to that class's loader.
 */
public abstract class NativeLoader {
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
            return new Outcome(path != null ? loadNamed(path) : loadFromJar(), null);
        } catch (NativeLibraryException e) {
            return new Outcome(null, e);
        }
    }

    private Path loadNamed(String name) {
        Path file = path(name).toAbsolutePath();
        String tried = file + " (-D" + property + ")";
        if (!Files.exists(file)) {
            throw failure(tried, "there is no such file", null);
        }
        try {
            load(file, tried);
        } catch (UnsatisfiedLinkError e) {
            if (!e.getMessage().contains("already loaded in another classloader")) {
                throw failure(tried, e.getMessage(), e);
            }
            loadCopy(bytes(file, tried), "a copy of " + tried);
        }
        return file;
    }

    private byte[] bytes(Path file, String tried) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw failure(tried, e.toString(), e);
        }
    }

    private Path loadFromJar() {
        String resource = "META-INF/native/" + platform() + "/" + fileName;
        String tried = resource + " in the jar";
        byte[] library;
        try (InputStream in = getClass().getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw failure(tried, "there is none for this platform; " + otherLibrary(), null);
            }
            library = in.readAllBytes();
        } catch (IOException e) {
            throw failure(tried, e.toString(), e);
        }
        return loadCopy(library, tried);
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
     * Loads a library from a new file, which is deleted at once. So no other user or process can know its name before or
     * change it, every class loader may load one (the JVM ties a file to one of them), and nothing is left behind.
     */
    private Path loadCopy(byte[] library, String origin) {
        Path folder = path(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        String tried = folder + " (java.io.tmpdir), to unpack " + origin + " to";
        Path copy = null;
        try {
            copy = Files.createTempFile(folder, "exactloss", "-" + fileName); // for this user alone
            Files.write(copy, library);
            load(copy, tried);
            return copy;
        } catch (IOException e) {
            throw failure(tried, reason(e) + "; " + otherFolder(), e);
        } catch (UnsatisfiedLinkError e) {
            // The words for a folder that is mounted noexec depend on the C library, and on the language.
            throw failure(
                    tried,
                    e.getMessage() + "; if the folder is mounted noexec, " + otherFolder() + "; else " + otherLibrary(),
                    e);
        } finally {
            delete(copy);
        }
    }

    private String otherFolder() {
        return "set -Djava.io.tmpdir=FOLDER to one that can be written to and is not mounted noexec, or name an unpacked "
                + "library by -D" + property + "=FILE";
    }

    private String otherLibrary() {
        return "build one on this machine, and name it by -D" + property + "=FILE";
    }

    /** NIO's exceptions for the commonest reasons have no words. */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such folder";
            case AccessDeniedException denied -> "this user may not write to it";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> e.getMessage();
        };
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // Windows keeps the file of a loaded library, in a temporary folder that is the user's own.
        }
    }

    private Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw failure(e.getInput(), "it is no path: " + e.getReason(), e);
        }
    }

    private void load(Path file, String tried) {
        try {
            load(file.toString());
            if (abiVersion() != abiVersionNeeded()) {
                throw failure(tried, "its ABI version is " + abiVersion() + ", not " + abiVersionNeeded(), null);
            }
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
