// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.testing.CCompiler;
import io.github.exactloss.testing.ChildJvm;
import java.io.File;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loading happens once in a process, so each of these tests starts its own. */
class NativeLoaderTest {
    private static final Path LIBRARY = Path.of(System.getProperty("test.native.library"));
    private static final String KEEPS_FILES = "Windows does not let a process delete a file that it has loaded";
    private static final String OTHER_WORDS = "Windows has other words for it";

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

    private String loadByWayOf(Path folder) throws Exception {
        return load("-Djava.io.tmpdir=" + folder);
    }

    /** The names of unpacked files without their random numbers. */
    private static String anonymous(String output) {
        return output.replaceAll("exactloss-\\d+-\\d+-", "exactloss-");
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
                        + " (-Dexactloss.library.path): there is no such file");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = OTHER_WORDS)
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

    /** The same message in every thread, and at every call. */
    @Test
    @EnabledForJreRange(minVersion = 24)
    void nativeAccessThatIsDenied() throws Exception {
        Map<String, Path> properties = Map.of("exactloss.library.path", LIBRARY, "java.io.tmpdir", directory);
        for (Map.Entry<String, Path> property : properties.entrySet()) {
            assertThat(load(ChildJvm.DENY_NATIVE_ACCESS, "-D" + property.getKey() + "=" + property.getValue()))
                    .startsWith("can't load the exactloss library; tried " + property.getValue() + " (")
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
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = OTHER_WORDS)
    void aNameThatIsNoPath() throws Exception {
        assertThat(ChildJvm.run(NoPath.class, Map.of()).output())
                .isEqualTo(
                        "can't load the exactloss library; tried lib\0.so: it is no path: Nul character not allowed");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = KEEPS_FILES)
    void aTemporaryFolderIsLeftEmpty() throws Exception {
        Path relative = Path.of("").toAbsolutePath().relativize(directory.toAbsolutePath());
        for (Path folder : List.of(directory, relative)) {
            assertThat(anonymous(loadByWayOf(folder)))
                    .isEqualTo(folder.toAbsolutePath().resolve("exactloss-" + System.mapLibraryName("exactloss")) + "");
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = KEEPS_FILES)
    void processesUnpackAtOnce() throws Exception {
        List<ChildJvm> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(ChildJvm.start(Main.class, Map.of(), "-Djava.io.tmpdir=" + directory));
        }
        for (ChildJvm process : processes) {
            assertThat(process.await().output())
                    .startsWith(directory.toString())
                    .hasLineCount(1);
        }
        assertThat(directory).isEmptyDirectory();
    }

    /** Names that a user of the same folder may have, or that another user may have taken. */
    @ParameterizedTest
    @ValueSource(strings = {"?", "somebody", "a/b", ""})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "a file of Windows can't be named by a question mark")
    void theNameOfTheUserDoesNotMatter(String name) throws Exception {
        Files.writeString(directory.resolve("exactloss-" + name.replace('/', '-')), "taken");

        assertThat(load("-Djava.io.tmpdir=" + directory, "-Duser.name=" + name))
                .startsWith(directory.toString())
                .hasLineCount(1);
    }

    /** A failure would be final. */
    static final class Interrupted {
        private Interrupted() {}

        public static void main(String[] args) {
            Thread.currentThread().interrupt();
            System.out.println(NativeLibrary.isas().size() + " " + Thread.interrupted());
        }
    }

    @Test
    void aThreadThatIsInterruptedLoads() throws Exception {
        assertThat(ChildJvm.run(Interrupted.class, Map.of()).output()).endsWith(" true");
    }

    /** Loads these classes twice, each time by a class loader of its own, as web applications and plugins do. */
    static final class TwoClassLoaders {
        private TwoClassLoaders() {}

        public static void main(String[] args) throws Throwable {
            List<URL> urls = new ArrayList<>();
            for (String path : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                urls.add(Path.of(path).toUri().toURL());
            }
            for (int i = 0; i < 2; i++) {
                try (URLClassLoader loader =
                        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
                    Class<?> main = loader.loadClass(Main.class.getName());
                    MethodHandles.privateLookupIn(main, MethodHandles.lookup())
                            .findStatic(main, "main", MethodType.methodType(void.class, String[].class))
                            .invokeExact(new String[0]);
                }
            }
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = KEEPS_FILES)
    void everyClassLoaderLoadsALibrary() throws Exception {
        assertThat(ChildJvm.run(TwoClassLoaders.class, Map.of(), "-Djava.io.tmpdir=" + directory)
                        .output()
                        .lines()
                        .map(NativeLoaderTest::anonymous))
                .hasSize(2)
                .containsOnly(directory.resolve("exactloss-" + System.mapLibraryName("exactloss")) + "");
        assertThat(ChildJvm.run(
                                TwoClassLoaders.class,
                                Map.of(),
                                "-Djava.io.tmpdir=" + directory,
                                "-Dexactloss.library.path=" + LIBRARY)
                        .output()
                        .lines())
                .containsExactly(LIBRARY.toString(), LIBRARY.toString());
        assertThat(directory).isEmptyDirectory();
    }

    /** Folders that a container or a careful administrator mounts. */
    @ParameterizedTest
    @CsvSource({
        "noexec, /", // the name of the copy begins what the linker says
        "ro, Read-only file system",
        "size=64k, No space left on device",
        "nr_inodes=1, No space left on device"
    })
    @EnabledOnOs(value = OS.LINUX, disabledReason = "unshare is a command of Linux")
    void aTemporaryFolderThatIsOfNoUse(String mountOptions, String reason) throws Exception {
        List<String> mounted = List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o \"$0\" none \"$1\" && shift && exec \"$@\"",
                mountOptions,
                directory.toString());
        assumeThat(new ProcessBuilder(Stream.concat(mounted.stream(), Stream.of("true"))
                                .toList())
                        .start()
                        .waitFor())
                .as("whether unshare can mount a folder")
                .isZero();
        assumeThat(mountOptions.equals("noexec") && System.getProperty("test.emulator") != null)
                .as("whether it is an emulator, which reads code as data, that the mount option does not stop")
                .isFalse();

        assertUseless(directory, reason, mounted);
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = OTHER_WORDS)
    void aTemporaryFolderThatIsMissingOrAFile() throws Exception {
        assertUseless(directory.resolve("nowhere"), "there is no such folder", List.of());
        assertUseless(Files.writeString(directory.resolve("file"), ""), "Not a directory", List.of());
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "setpriv is a command of Linux")
    void aTemporaryFolderOfAnotherUser() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("other"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        // Otherwise root may write everywhere.
        List<String> withoutPrivileges =
                Files.isWritable(folder) ? List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all") : List.of();

        assertUseless(folder, "this user may not write to it", withoutPrivileges);
    }

    private static void assertUseless(Path folder, String reason, List<String> prefix) throws Exception {
        assertThat(ChildJvm.runBy(prefix, Main.class, "-Djava.io.tmpdir=" + folder)
                        .output())
                .contains("can't load the exactloss library; tried " + folder
                        + " (java.io.tmpdir), to unpack META-INF/native/")
                .contains(" in the jar to: " + reason)
                .contains("set -Djava.io.tmpdir=FOLDER to one that can be written to and is not mounted noexec, "
                        + "or name an unpacked library by -Dexactloss.library.path=FILE");
    }
}
