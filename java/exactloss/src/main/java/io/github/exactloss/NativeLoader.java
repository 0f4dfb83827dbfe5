// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

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
import java.util.function.IntSupplier;

/**
 * Loads a native library, once in a process: the file that a system property names, or else the copy in the jar. There
 * is no way from one to the other, so that nobody runs another library than the one that he asked for.
 */
final class NativeLoader {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final String title;
    private final String fileName;
    private final String property;
    private final IntSupplier abiVersion;
    private final IntSupplier abiVersionNeeded;

    /** The versions are asked for when the library was loaded: before, the bindings may not even be initialised. */
    private NativeLoader(
            String title, String name, String property, IntSupplier abiVersion, IntSupplier abiVersionNeeded) {
        this.title = title;
        this.fileName = System.mapLibraryName(name);
        this.property = property;
        this.abiVersion = abiVersion;
        this.abiVersionNeeded = abiVersionNeeded;
    }

    /** The file that was loaded, now or earlier. A failure is final: the process may have half of a wrong library. */
    static Path load() {
        return Core.OUTCOME.get();
    }

    /** The same for the library that works on GPUs. */
    static Path loadCuda() {
        return Cuda.OUTCOME.get();
    }

    private record Outcome(Path location, NativeLibraryException failure) {
        Path get() {
            if (failure != null) {
                throw new NativeLibraryException(failure.getMessage(), failure);
            }
            return location;
        }
    }

    private static final class Core {
        static final Outcome OUTCOME = new NativeLoader(
                        "exactloss",
                        "exactloss",
                        "exactloss.library.path",
                        () -> Kernels.abiVersion(),
                        () -> Kernels.ABI_VERSION)
                .attempt();
    }

    private static final class Cuda {
        static final Outcome OUTCOME = new NativeLoader(
                        "exactloss CUDA",
                        "exactloss_cuda",
                        "exactloss.cuda.library.path",
                        () -> CudaKernels.abiVersion(),
                        () -> CudaKernels.ABI_VERSION)
                .attempt();
    }

    private Outcome attempt() {
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
        try (InputStream in = NativeLoader.class.getResourceAsStream("/" + resource)) {
            if (in == null) {
                throw failure(resource + " in the jar", "there is none for this platform", null);
            }
            return load(unpack(in.readAllBytes(), directory), resource + " in the jar");
        } catch (IOException e) {
            throw failure(directory + ", to unpack " + resource + " to", e.toString(), e);
        }
    }

    /** The folder of this platform's library in the jar: linux-x86_64, say. pom.xml names it by the same rule. */
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
     * Writes the library to a file named by its hash, in a directory that is nobody else's. The move makes it appear whole,
     * also to processes that unpack it at the same time; and as each of them writes it anew, none trusts what it finds.
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

    /** Whether the directory belongs to whoever owns the file, which this process made, and to nobody else. */
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

    /** System.load is restricted (from JDK 24 on) because it runs foreign code, which is what this class is for. */
    @SuppressWarnings("restricted")
    private Path load(Path file, String origin) {
        String tried = file + " (" + origin + ")";
        try {
            System.load(file.toString());
            int abi = abiVersion.getAsInt();
            if (abi != abiVersionNeeded.getAsInt()) {
                throw failure(tried, "its ABI version is " + abi + ", not " + abiVersionNeeded.getAsInt(), null);
            }
            return file;
        } catch (UnsatisfiedLinkError e) {
            throw failure(tried, e.getMessage(), e);
        } catch (IllegalCallerException e) {
            Module module = NativeLoader.class.getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            throw failure(tried, e.getMessage() + "; run java with --enable-native-access=" + name, e);
        }
    }

    private NativeLibraryException failure(String tried, String reason, Throwable cause) {
        return new NativeLibraryException(
                "can't load the " + title + " library; tried " + tried + ": " + reason, cause);
    }
}
