// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.ExactLossException;
import io.github.exactloss.Loss;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.NativeLibraryException;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.cuda.internal.CudaLibrary;
import io.github.exactloss.cuda.internal.bindings.exactloss_cuda_h;
import io.github.exactloss.testing.CCompiler;
import io.github.exactloss.testing.ChildJvm;
import java.io.File;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where there is no GPU, no driver or no library, the reason is told, and everything else works. */
class CudaAbsenceTest {
    @TempDir
    private Path directory;

    /** Prints the reason, and then what opening a device says. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            Loss.mnist().mean(Predictions.of(new float[1]), Targets.of(new byte[1]));
            if (!CudaDevice.absence().equals(CudaDevice.absence())) {
                throw new AssertionError("not the same reason twice");
            }
            System.out.println(
                    CudaDevice.available().size() + " " + CudaDevice.absence().orElse("none"));
            try (Arena arena = Arena.ofConfined()) {
                System.out.println(CudaDevice.open(0, arena).description().name());
            } catch (NativeLibraryException | ExactLossException e) {
                System.out.println("0 " + e.getMessage());
            }
        }
    }

    private static void assertReason(ChildJvm.Result result, String start) {
        assertThat(result.exit()).as(result.output()).isZero();
        // The JVM may warn too.
        List<String> lines =
                result.output().lines().filter(line -> line.startsWith("0 ")).toList();
        assertThat(lines).as(result.output()).hasSize(2);
        assertThat(lines.getFirst()).startsWith("0 " + start).isEqualTo(lines.getLast());
    }

    @Test
    void noDriver() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Main.class, Map.of("LD_LIBRARY_PATH", directory.toString()));
        assumeTrue(result.output().startsWith("0 "), "this machine has a driver of CUDA");
        assertReason(result, "CUDA unavailable: no NVIDIA driver: libcuda.so.1");
    }

    @Test
    void noDevice() throws Exception {
        FakeDriver.require();
        assertReason(ChildJvm.run(Main.class, Map.of("FAKE_CUDA_DEVICES", "0")), "CUDA unavailable: ");
    }

    @Test
    void anOldDriver() throws Exception {
        FakeDriver.require();
        assertReason(ChildJvm.run(Main.class, Map.of("FAKE_CUDA_VERSION", "9000")), "CUDA unavailable: ");
    }

    @Test
    void aDevice() throws Exception {
        FakeDriver.require();
        assertThat(ChildJvm.run(Main.class, Map.of()).output())
                .startsWith("1 none")
                .hasLineCount(2);
    }

    @Test
    void noLibrary() throws Exception {
        Path missing = directory.resolve("libnothing.so");
        assertReason(
                ChildJvm.run(Main.class, Map.of(), "-Dexactloss.cuda.library.path=" + missing),
                "can't load the exactloss CUDA library; tried " + missing + " (-Dexactloss.cuda.library.path): ");
    }

    @Test
    void anotherLibrary() throws Exception {
        Path text = Files.writeString(directory.resolve("libtext.so"), "This is no library.");
        assertReason(
                ChildJvm.run(Main.class, Map.of(), "-Dexactloss.cuda.library.path=" + text),
                "can't load the exactloss CUDA library; tried " + text);
    }

    @Test
    void anotherAbiVersion() throws Exception {
        Path later = CCompiler.compile(
                directory,
                "liblater.so",
                "int exactloss_cuda_abi_version(void); int exactloss_cuda_abi_version(void) { return 99; }\n",
                "-shared",
                "-fPIC");
        ChildJvm.Result result = ChildJvm.run(Main.class, Map.of(), "-Dexactloss.cuda.library.path=" + later);
        assertReason(result, "can't load the exactloss CUDA library; tried " + later);
        CudaLibrary.load();
        assertThat(result.output())
                .contains("its ABI version is 99, not " + exactloss_cuda_h.EXACTLOSS_CUDA_ABI_VERSION());
    }

    /** The jar of this platform's classifier is not on the class path. */
    @Test
    void noJarOfThisPlatform() throws Exception {
        String withoutLibraries = Arrays.stream(ChildJvm.classPath().split(File.pathSeparator, -1))
                .filter(path -> !path.contains("natives"))
                .collect(joining(File.pathSeparator));
        String platform = "linux-" + (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64");
        assertReason(
                ChildJvm.runWith(withoutLibraries, Main.class),
                "can't load the exactloss CUDA library; tried META-INF/native/" + platform
                        + "/libexactloss_cuda.so in the jar: there is none for this platform; add the dependency "
                        + "io.github.exactloss:exactloss-cuda:" + NativeLibrary.version() + ":" + platform
                        + ", which is the "
                        + "artifact exactloss-cuda with the classifier " + platform
                        + ", or build one on this machine, and "
                        + "name it by -Dexactloss.cuda.library.path=FILE");
    }

    @Test
    void aPlatformThatHasNone() throws Exception {
        assertReason(
                ChildJvm.run(OnAnotherPlatform.class, Map.of()),
                "can't load the exactloss CUDA library; tried META-INF/native/linux-riscv64/libexactloss_cuda.so in the jar: "
                        + "there is none for this platform; it is published for linux-x86_64 and linux-aarch64: run a JVM");
    }

    /** After the other library was loaded, this platform has another name. */
    static final class OnAnotherPlatform {
        private OnAnotherPlatform() {}

        public static void main(String[] args) {
            NativeLibrary.location();
            System.setProperty("os.arch", "riscv64");
            Main.main(args);
        }
    }
}
