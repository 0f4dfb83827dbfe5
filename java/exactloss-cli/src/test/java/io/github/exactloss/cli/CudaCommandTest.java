// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands without a GPU, and with a driver that runs the kernels on the processor. */
class CudaCommandTest {
    private static final Path LIBRARY = Path.of(System.getProperty("test.native.library"));
    private static final Path DRIVERS = LIBRARY.resolveSibling("tests/cuda/driver");
    private static final Map<String, String> FAKE_DRIVER = Map.of("LD_LIBRARY_PATH", DRIVERS.toString());
    private static final Map<String, String> NO_DEVICE =
            Map.of("LD_LIBRARY_PATH", DRIVERS.toString(), "FAKE_CUDA_DEVICES", "0");

    @TempDir
    private Path folder;

    private Path predictions;
    private Path targets;

    @BeforeEach
    void writeWorkedExample() {
        predictions = Npy.floats(folder.resolve("p.npy"), 0.9f, 0.4f, 0.2f);
        targets = Npy.bytes(folder.resolve("t.npy"), 1, 0, 1);
    }

    private static void requireFakeDriver() {
        assumeTrue(Files.exists(DRIVERS.resolve("libcuda.so.1")), "the fake driver is not built: " + DRIVERS);
    }

    private Exactloss eval(Map<String, String> environment, Object... more) throws Exception {
        List<Object> args = new ArrayList<>(
                List.of("eval", "--backend", "cuda", "--predictions", predictions, "--targets", targets));
        args.addAll(List.of(more));
        return Exactloss.runChild(environment, List.of(), args.toArray());
    }

    @Test
    void withoutADriverTheReasonIsTold() throws Exception {
        Map<String, String> noDriver = Map.of("LD_LIBRARY_PATH", folder.toString());
        Exactloss info = Exactloss.runChild(noDriver, List.of(), "info", "--json");
        assertThat(info.exitCode()).isZero();
        assumeTrue(info.json().getAsJsonArray("cuda_devices").isEmpty(), "this machine has a driver of CUDA");
        String reason = info.json().get("cuda_absence").getAsString();
        assertThat(Exactloss.runChild(noDriver, List.of(), "info").out())
                .contains("CUDA        " + reason.replaceFirst("^CUDA ", ""));
        assertThat(eval(noDriver, "--threads", "2"))
                .isEqualTo(new Exactloss(1, "", "exactloss: " + reason + System.lineSeparator()));
    }

    @Test
    void withoutADeviceTheReasonIsTold() throws Exception {
        requireFakeDriver();
        Exactloss info = Exactloss.runChild(NO_DEVICE, List.of(), "info", "--json");
        assertThat(info.exitCode()).isZero();
        assertThat(info.json().getAsJsonArray("cuda_devices")).isEmpty();
        String reason = info.json().get("cuda_absence").getAsString();
        assertThat(reason).startsWith("CUDA unavailable: ");
        assertThat(eval(NO_DEVICE, "--threads", "2"))
                .isEqualTo(new Exactloss(1, "", "exactloss: " + reason + System.lineSeparator()));
    }

    @Test
    void infoShowsDevices() throws Exception {
        requireFakeDriver();
        JsonObject json =
                Exactloss.runChild(FAKE_DRIVER, List.of(), "info", "--json").json();
        assertThat(json.has("cuda_absence")).isFalse();
        JsonObject device = json.getAsJsonArray("cuda_devices").get(0).getAsJsonObject();
        assertThat(device.keySet())
                .containsExactly(
                        "name",
                        "compute_capability",
                        "memory_bytes",
                        "memory_bandwidth",
                        "multiprocessors",
                        "driver_version");
        assertThat(device.get("driver_version").getAsString()).isEqualTo("13.0");
        assertThat(Exactloss.runChild(FAKE_DRIVER, List.of(), "info").out())
                .contains("CUDA        " + device.get("name").getAsString() + ", compute capability "
                        + device.get("compute_capability").getAsString() + ", ");
    }

    @Test
    void aDeviceGivesTheProcessorsBits() throws Exception {
        requireFakeDriver();
        Exactloss run = eval(FAKE_DRIVER, "--json", "--logits");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.json().get("backend").getAsString()).isEqualTo("cuda");
        assertThat(run.json().get("loss").getAsDouble())
                .isEqualTo(Loss.mnist()
                        .fromLogits()
                        .mean(Predictions.of(new float[] {0.9f, 0.4f, 0.2f}), Targets.of(new byte[] {1, 0, 1})));
    }

    /** Bits of booleans, batch after batch, whose rows DuckDB makes. */
    @Test
    void aQueryGivesTheProcessorsBits() throws Exception {
        requireFakeDriver();
        assertProcessorsBits(
                "SELECT (range / 6000.0)::DOUBLE AS prediction, range % 7 = 3 AS target FROM range(6000)",
                "--loss=mnist");
    }

    @Test
    void allLossesOfWeightedRowsHaveTheProcessorsBits() throws Exception {
        requireFakeDriver();
        assertProcessorsBits(
                "SELECT ((range + 1) / 402.0)::FLOAT AS prediction, range % 7 = 3 AS target, (range % 5)::FLOAT AS weight"
                        + " FROM range(400)");
    }

    private static void assertProcessorsBits(String query, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("eval", "--json", query));
        arguments.addAll(List.of(options));
        JsonObject cpu = Exactloss.run(arguments.toArray()).json();
        arguments.add("--backend=cuda");
        Exactloss onDevice = Exactloss.runChild(FAKE_DRIVER, List.of(), arguments.toArray());
        assertThat(onDevice.err()).isEmpty();
        cpu.addProperty("backend", "cuda");
        assertThat(onDevice.json()).isEqualTo(cpu);
    }

    @Test
    void whatAGpuLacksIsAUsageError() throws Exception {
        assertThat(Exactloss.run("eval", "--backend=gpu", "SELECT 1").err())
                .contains("'--backend': expected one of [CPU, CUDA] (case-insensitive) but was 'gpu'");
        Exactloss run = eval(Map.of(), "--strict", "--json");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--strict is not offered with --backend=cuda");
    }

    @Test
    void wrongWeightsAreRefused() throws Exception {
        requireFakeDriver();
        String query = "SELECT 0.5::FLOAT AS prediction, 1 AS target, -2::FLOAT AS weight";
        Exactloss run = Exactloss.runChild(FAKE_DRIVER, List.of(), "eval", "--backend=cuda", query);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("weight").hasLineCount(1);
    }
}
