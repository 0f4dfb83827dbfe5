// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.testing.CCompiler;
import io.github.exactloss.testing.ChildJvm;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.io.TempDir;

/** Loading happens once in a process, so each of these tests starts its own. */
class NativeLoaderTest {
    private static final Path LIBRARY = Path.of(System.getProperty("test.native.library"));

    @TempDir
    private Path directory;

    /** Lets many threads load the library at once; prints the file that they got, or why they got none. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            IntStream.range(0, 8).parallel().mapToObj(i -> attempt()).distinct().forEach(System.out::println);
        }

        /** Whichever method is called first, only the loader reports a failure. */
        private static String attempt() {
            try {
                Targets.of(new byte[1]);
                NativeLibrary.isas();
                ArrayOperations.sigmoid(Predictions.of(new float[1]), MemorySegment.ofArray(new float[1]));
                Evaluator.of(Loss.mnist()).newAccumulator();
                Loss.mnist()
                        .gradient(
                                Predictions.of(new float[1]),
                                Targets.of(new byte[1]),
                                MemorySegment.ofArray(new float[1]));
                return NativeLibrary.location().toString();
            } catch (NativeLibraryException e) {
                return e.getMessage();
            }
        }
    }

    private static String load(String... options) throws Exception {
        return ChildJvm.run(Main.class, Map.of(), options).output();
    }

    private String unpack() throws Exception {
        return load("-Djava.io.tmpdir=" + directory, "-Duser.name=somebody");
    }

    @Test
    void versionsAgree() {
        assertThat(NativeLibrary.version()).isEqualTo(System.getProperty("test.version"));
        assertThat(NativeLibrary.abiVersion()).isEqualTo(exactloss_h.EXACTLOSS_ABI_VERSION());
        assertThat(NativeLibrary.isa())
                .isIn(NativeLibrary.isas().stream().map(Isa::name).toList());
    }

    @Test
    void theNamedFileIsLoaded() throws Exception {
        assertThat(load("-Dexactloss.library.path=" + LIBRARY)).isEqualTo(LIBRARY.toString());
    }

    @Test
    void aMissingFile() throws Exception {
        Path missing = directory.resolve("libnothing.so");
        assertThat(load("-Dexactloss.library.path=" + missing))
                .isEqualTo("can't load the exactloss library; tried " + missing
                        + " (-Dexactloss.library.path): Can't load library: " + missing);
    }

    @Test
    void aFileThatIsNoLibrary() throws Exception {
        Path text = Files.writeString(directory.resolve("libtext.so"), "This is no library.");
        assertThat(load("-Dexactloss.library.path=" + text))
                .contains("can't load the exactloss library; tried " + text + " (-Dexactloss.library.path): ")
                .containsAnyOf("file too short", "invalid ELF header", "not a mach-o file");
    }

    @Test
    void anotherLibrary() throws Exception {
        Path other = CCompiler.compile(directory, "libother.so", "extern int nothing;\n", "-shared", "-fPIC");
        assertThat(load("-Dexactloss.library.path=" + other))
                .contains(other.toString(), "unresolved symbol: exactloss_abi_version");
    }

    @Test
    void anotherAbiVersion() throws Exception {
        Path later = CCompiler.compile(
                directory,
                "liblater.so",
                "int exactloss_abi_version(void); int exactloss_abi_version(void) { return 99; }\n",
                "-shared",
                "-fPIC");
        assertThat(load("-Dexactloss.library.path=" + later))
                .contains(later.toString(), "its ABI version is 99, not " + exactloss_h.EXACTLOSS_ABI_VERSION());
    }

    @Test
    void anotherPlatform() throws Exception {
        assertThat(load("-Dos.arch=riscv64"))
                .contains("-riscv64/" + System.mapLibraryName("exactloss") + " in the jar", "none for this platform");
    }

    @Test
    void processorsOfTwoNames() throws Exception {
        assertThat(load("-Dos.arch=arm64")).isEqualTo(load("-Dos.arch=aarch64"));
        assertThat(load("-Dos.arch=amd64")).isEqualTo(load("-Dos.arch=x86_64"));
    }

    /** The same message in every thread, and at every call. */
    @Test
    @EnabledForJreRange(minVersion = 24)
    void nativeAccessThatIsDenied() throws Exception {
        for (String option : List.of("-Dexactloss.library.path=" + LIBRARY, "-Djava.io.tmpdir=" + directory)) {
            assertThat(load(ChildJvm.DENY_NATIVE_ACCESS, option))
                    .startsWith("can't load the exactloss library; tried /")
                    .endsWith("; run java with --enable-native-access=ALL-UNNAMED")
                    .hasLineCount(1);
        }
    }

    /** A name that can't be given in a command line. */
    static final class NoPath {
        private NoPath() {}

        public static void main(String[] args) {
            System.setProperty("exactloss.library.path", "lib\0.so");
            Main.main(args);
        }
    }

    @Test
    void aNameThatIsNoPath() throws Exception {
        assertThat(ChildJvm.run(NoPath.class, Map.of()).output())
                .isEqualTo(
                        "can't load the exactloss library; tried lib\0.so: it is no path: Nul character not allowed");
    }

    @Test
    void aRelativeTemporaryFolder() throws Exception {
        Path relative = Path.of("").toAbsolutePath().relativize(directory.toAbsolutePath());
        assertThat(Path.of(load("-Djava.io.tmpdir=" + relative, "-Duser.name=somebody")))
                .isAbsolute()
                .hasSameBinaryContentAs(LIBRARY);
    }

    @Test
    void isUnpackedForItsOwnerUnderItsHash() throws Exception {
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(LIBRARY)));
        Path unpacked =
                directory.resolve("exactloss-somebody").resolve(hash + "-" + System.mapLibraryName("exactloss"));
        assertThat(unpack()).isEqualTo(unpacked.toString());
        assertThat(unpacked).hasSameBinaryContentAs(LIBRARY);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(unpacked.getParent())))
                .isEqualTo("rwx------");
        Files.writeString(unpacked, "damaged");
        assertThat(unpack()).isEqualTo(unpacked.toString());
        assertThat(unpacked).hasSameBinaryContentAs(LIBRARY);
    }

    @Test
    void processesUnpackAtOnce() throws Exception {
        List<ChildJvm> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(
                    ChildJvm.start(Main.class, Map.of(), "-Djava.io.tmpdir=" + directory, "-Duser.name=somebody"));
        }
        Path folder = directory.resolve("exactloss-somebody");
        for (ChildJvm process : processes) {
            assertThat(process.await().output()).startsWith(folder.toString()).hasLineCount(1);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void aFolderThatOthersMayWriteToIsRefused() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("exactloss-somebody"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(unpack()).contains("another user may write to " + folder);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aLinkInPlaceOfTheFolderIsRefused() throws Exception {
        Path link = Files.createSymbolicLink(
                directory.resolve("exactloss-somebody"), Files.createDirectory(directory.resolve("elsewhere")));
        assertThat(unpack()).contains("tried " + link, "FileAlreadyExistsException");
    }

    @Test
    void aTemporaryFolderThatIsMissing() throws Exception {
        assertThat(load("-Djava.io.tmpdir=" + directory.resolve("nowhere"), "-Duser.name=somebody"))
                .contains("tried " + directory.resolve("nowhere/exactloss-somebody"), "NoSuchFileException");
    }
}
