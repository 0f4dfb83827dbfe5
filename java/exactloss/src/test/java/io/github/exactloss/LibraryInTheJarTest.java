// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.testing.CCompiler;
import io.github.exactloss.testing.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which library a process takes from the jars. A JVM that is told that it runs elsewhere, finds this machine's library there. */
@EnabledOnOs(
        value = OS.LINUX,
        disabledReason = "only Linux's library and its /proc/self/maps can pass for those of others")
class LibraryInTheJarTest {
    private static final Path LIBRARY = Path.of(System.getProperty("test.native.library"));
    private static final String ARCH = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";

    /** No process has this number. */
    private static final String ENDED = "999999999";

    @TempDir
    private Path directory;

    private Path classes;
    private Path temporary;

    @BeforeEach
    void makeFolders() throws IOException {
        classes = Files.createDirectory(directory.resolve("classes"));
        temporary = Files.createDirectory(directory.resolve("temporary"));
    }

    /** Prints the file that was loaded, or why none was. */
    static class Main {
        private Main() {}

        public static void main(String[] args) {
            try {
                System.out.println(NativeLibrary.location());
            } catch (NativeLibraryException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** The list of what is in this process's memory names musl's linker, as in one that runs on musl. */
    static final class OnMusl {
        private OnMusl() {}

        public static void main(String[] args) throws IOException {
            try (FileChannel linker = FileChannel.open(Path.of(System.getProperty("test.linker")))) {
                linker.map(FileChannel.MapMode.READ_ONLY, 0, linker.size(), Arena.global());
            }
            Main.main(args);
        }
    }

    private String load(String... options) throws Exception {
        return run(Main.class, options);
    }

    private String loadOnMusl(String... options) throws Exception {
        Path linker = Files.writeString(directory.resolve("ld-musl-" + ARCH + ".so.1"), "not empty");
        return run(
                OnMusl.class,
                Stream.concat(Stream.of(options), Stream.of("-Dtest.linker=" + linker))
                        .toArray(String[]::new));
    }

    private String run(Class<?> main, String... options) throws Exception {
        String[] all = Stream.concat(Stream.of(options), Stream.of("-Djava.io.tmpdir=" + temporary))
                .toArray(String[]::new);
        return ChildJvm.runWith(classes + File.pathSeparator + ChildJvm.classPath(), main, all)
                .output();
    }

    /** Puts a file in the place of a platform's library. */
    private void provide(String platform, String fileName, Path library) throws IOException {
        Path folder = Files.createDirectories(classes.resolve("META-INF/native").resolve(platform));
        Files.copy(library, folder.resolve(fileName));
    }

    private Path libraryOfAbi99() throws Exception {
        return CCompiler.compile(
                directory,
                "liblater.so",
                "int exactloss_abi_version(void); int exactloss_abi_version(void) { return 99; }\n",
                "-shared",
                "-fPIC");
    }

    @ParameterizedTest
    @CsvSource({"Mac OS X, macos, libexactloss.dylib", "Windows 11, windows, exactloss.dll"})
    void eachSystemHasItsFile(String system, String folder, String fileName) throws Exception {
        provide(folder + "-" + ARCH, fileName, LIBRARY);
        assertThat(load("-Dos.name=" + system))
                .startsWith(temporary.resolve("exactloss-").toString())
                .endsWith("-" + fileName)
                .hasLineCount(1);
    }

    @Test
    void aJvmThatCannotCallNativeFunctions() throws Exception {
        provide("linux-mips", "libexactloss.so", LIBRARY);
        for (String option : new String[] {"-Dexactloss.library.path=" + LIBRARY, "-Dtest.nothing"}) {
            assertThat(load("-Dos.arch=mips", option))
                    .startsWith("can't load the exactloss library; tried ")
                    .endsWith(
                            ": this JVM can't call native functions: Platform does not support native linker; run one that "
                                    + "can, such as OpenJDK's for x86_64 or aarch64");
        }
    }

    @Test
    void aPlatformWithoutALibraryIsToldWhichHaveOne() throws Exception {
        provide("windows-x86_64", "exactloss.dll", LIBRARY);
        assertThat(load("-Dos.arch=riscv64"))
                .startsWith(
                        "can't load the exactloss library; tried META-INF/native/linux-riscv64/libexactloss.so in the "
                                + "jar: there is none for this platform; the jar has those for ")
                .contains("linux-" + ARCH)
                .endsWith(", windows-x86_64: run a JVM for one of these, or build one on this machine, and name it by "
                        + "-Dexactloss.library.path=FILE");
    }

    @Test
    void aJarThatLostItsLibraries() throws Exception {
        Path original = Path.of(System.getProperty("jdk.module.path").split(File.pathSeparator, -1)[0]);
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (file.toString().endsWith(".class")) {
                    Path copy = classes.resolve(original.relativize(file));
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
        assertThat(ChildJvm.runWith(classes + File.pathSeparator + System.getProperty("test.classpath"), Main.class)
                        .output())
                .contains(
                        "there is none for this platform; nor for any other: take the jar as it was published, with its "
                                + "META-INF/native, or build one on this machine");
    }

    @Test
    void muslTakesItsOwnLibraryFirst() throws Exception {
        provide("linux-" + ARCH + "-musl", "libexactloss.so", libraryOfAbi99());
        assertThat(loadOnMusl())
                .contains("META-INF/native/linux-" + ARCH + "-musl/libexactloss.so", "its ABI version is 99");
        assertThat(load()).endsWith("-libexactloss.so");
    }

    @Test
    void muslTakesTheLibraryForGlibcElse() throws Exception {
        assertThat(loadOnMusl()).startsWith(temporary.toString()).hasLineCount(1);
    }

    @Test
    void aBrokenLibraryForMuslIsNotReplacedByAnother() throws Exception {
        provide(
                "linux-" + ARCH + "-musl",
                "libexactloss.so",
                Files.writeString(directory.resolve("text"), "no library"));
        assertThat(loadOnMusl())
                .contains("can't load the exactloss library; tried " + temporary) // the JVM warns of the file before
                .contains("to unpack META-INF/native/linux-" + ARCH + "-musl/libexactloss.so in the jar to")
                .endsWith("; else, as this process runs on musl, build one on this machine, and name it by "
                        + "-Dexactloss.library.path=FILE");
    }

    @Test
    void muslNamesBothPlacesThatItTried() throws Exception {
        assertThat(loadOnMusl("-Dos.arch=riscv64"))
                .contains("tried META-INF/native/linux-riscv64-musl/libexactloss.so and "
                        + "META-INF/native/linux-riscv64/libexactloss.so in the jar: there is none for this platform");
    }

    /** Windows does not let a process delete a file that it has loaded; this system does. */
    @Test
    void onWindowsALaterProcessDeletesWhatWasLeftBehind() throws Exception {
        provide("windows-" + ARCH, "exactloss.dll", LIBRARY);
        String alive = String.valueOf(ProcessHandle.current().pid());
        Path leftBehind = file("exactloss-" + ENDED + "-1-exactloss.dll");
        Path loadedElsewhere =
                Files.createDirectories(temporary.resolve("exactloss-" + ENDED + "-2-exactloss.dll/full"));
        Path[] kept = {
            loadedElsewhere.getParent(), // can't be deleted either
            file("exactloss-" + alive + "-1-exactloss.dll"),
            file("exactloss-" + ENDED + "-1-exactloss_cuda.dll"),
            file("exactloss-" + ENDED + "9".repeat(99) + "-1-exactloss.dll"),
            file("exactloss-notes-exactloss.dll"),
            file("exactloss.dll")
        };

        assertThat(load()).endsWith("-libexactloss.so");
        assertThat(leftBehind).exists();

        assertThat(load("-Dos.name=Windows 11"))
                .startsWith(temporary.toString())
                .endsWith("-exactloss.dll");
        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files).containsExactlyInAnyOrder(kept);
        }
    }

    private Path file(String name) throws IOException {
        return Files.createFile(temporary.resolve(name));
    }

    @Test
    void onWindowsAFolderThatIsMissingIsNamed() throws Exception {
        provide("windows-" + ARCH, "exactloss.dll", LIBRARY);
        temporary = directory.resolve("nowhere");
        assertThat(load("-Dos.name=Windows 11"))
                .contains("tried " + temporary + " (java.io.tmpdir)", "there is no such folder");
    }
}
