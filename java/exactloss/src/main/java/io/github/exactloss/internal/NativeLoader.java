// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import io.github.exactloss.NativeLibraryException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Linker;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Loads a native library: the file that a system property names, or else the copy for this platform in a jar, its own or
 * another one of its class loader. It never falls back from one to the other, so a program never runs another library than it
 * asked for.
 *
 * <p>A subclass stands for a library, and lies in the module that calls it: the JVM ties the library to that class's loader.
 */
public abstract class NativeLoader {
    private final String title;
    private final String name;
    private final String property;
    private final Platform platform = Platform.current();

    /**
     * @param title the library's name in messages
     * @param name the name of its file, without prefix and suffix
     * @param property the system property that names another file
     */
    protected NativeLoader(String title, String name, String property) {
        this.title = title;
        this.name = name;
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

    /**
     * What a user can do if no jar has the library for this platform, besides naming a file of it.
     *
     * @param platform the name of the platform
     * @param others the names of the platforms that a jar has it for
     */
    protected abstract String remedy(String platform, List<String> others);

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
        for (Platform candidate : platform.compatible()) {
            String resource = candidate.resource(name);
            String tried = resource + " in the jar";
            try (InputStream in = open(resource)) {
                if (in != null) {
                    return loadCopy(in.readAllBytes(), tried);
                }
            } catch (IOException e) {
                throw failure(tried, e.toString(), e);
            }
        }
        String tried = platform.compatible().stream()
                .map(candidate -> candidate.resource(name))
                .collect(Collectors.joining(" and "));
        List<String> others = Platform.ALL.stream()
                .filter(other -> getClass().getClassLoader().getResource(other.resource(name)) != null)
                .map(Platform::folder)
                .toList();
        throw failure(
                tried + " in the jar",
                "there is none for this platform; " + remedy(platform.folder(), others) + ", or " + otherLibrary(),
                null);
    }

    /** The module's own resource, or that of another jar, which need not be a module. */
    private InputStream open(String resource) {
        InputStream own = getClass().getResourceAsStream("/" + resource);
        return own != null ? own : getClass().getClassLoader().getResourceAsStream(resource);
    }

    /**
     * Loads a library from a new file, which is deleted at once, or where that is impossible by a later process. So no other
     * user or process can know its name before or change it, every class loader may load one (the JVM ties a file to one of
     * them), and nothing is left behind. A file that is kept for other processes would have to be compared with the jar's at
     * each start, which takes as long as writing it.
     */
    private Path loadCopy(byte[] library, String origin) {
        Path folder = path(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        String tried = folder + " (java.io.tmpdir), to unpack " + origin + " to";
        String fileName = platform.fileName(name);
        if (platform.keepsLoadedFiles()) {
            UnpackedFiles.deleteLeftBehind(folder, fileName);
        }
        Path copy = null;
        try {
            copy = UnpackedFiles.create(folder, fileName);
            Files.write(copy, library);
            load(copy, tried);
            return copy;
        } catch (IOException e) {
            throw failure(tried, reason(e) + "; " + otherFolder(), e);
        } catch (UnsatisfiedLinkError e) {
            // The words for a folder that is mounted noexec depend on the C library, and on the language.
            throw failure(
                    tried,
                    e.getMessage() + "; if the folder is mounted noexec, " + otherFolder() + "; else"
                            + (platform.musl() ? ", as this process runs on musl, " : " ") + otherLibrary(),
                    e);
        } finally {
            if (copy != null) {
                UnpackedFiles.delete(copy);
            }
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

    private Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw failure(e.getInput(), "it is no path: " + e.getReason(), e);
        }
    }

    private void load(Path file, String tried) {
        try {
            Linker.nativeLinker();
            load(file.toString());
            if (abiVersion() != abiVersionNeeded()) {
                throw failure(tried, "its ABI version is " + abiVersion() + ", not " + abiVersionNeeded(), null);
            }
        } catch (UnsupportedOperationException e) {
            throw failure(
                    tried,
                    "this JVM can't call native functions: " + e.getMessage()
                            + "; run one that can, such as OpenJDK's for x86_64 or aarch64",
                    e);
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
