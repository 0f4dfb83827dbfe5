// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Isa;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.cuda.CudaDevice;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code exactloss info}: which library runs here, and what it can use of this machine. */
@Command(
        name = "info",
        header = "Tells which native library runs, and what it can use of this machine.",
        description =
                "An instruction set is usable, absent (the processor, or the library's build, lacks it), or disabled"
                        + " (the processor has it, but the operating system does not enable it). The environment"
                        + " variable EXACTLOSS_MAX_ISA forbids those above the one it names; the results have the same"
                        + " bits with each. A CUDA device is an NVIDIA GPU, with its compute capability and its memory;"
                        + " where there is none, the reason is told.")
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Map<String, String> support = new LinkedHashMap<>();
        for (Isa isa : NativeLibrary.isas()) {
            support.put(isa.name(), isa.support().name().toLowerCase(Locale.ROOT));
        }
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("version", NativeLibrary.version());
        members.put("abi", NativeLibrary.abiVersion());
        members.put("isa", NativeLibrary.isa());
        members.put("isa_support", support);
        List<CudaDevice.Description> devices = CudaDevice.available();
        members.put("library", library());
        members.put("cuda_devices", devices.stream().map(InfoCommand::json).toList());
        CudaDevice.absence().ifPresent(reason -> members.put("cuda_absence", reason));
        members.put("java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(members));
        } else {
            out.printf("version     %s%n", members.get("version"));
            out.printf("ABI         %s%n", members.get("abi"));
            out.printf("ISA         %s%n", members.get("isa"));
            support.forEach((isa, state) -> out.printf("  %-8s  %s%n", isa, state));
            out.printf("library     %s%n", members.get("library"));
            devices.forEach(device -> out.printf("CUDA        %s%n", line(device)));
            CudaDevice.absence()
                    .ifPresent(reason ->
                            out.printf("CUDA        %s%n", reason.replaceFirst("^CUDA unavailable", "unavailable")));
            out.printf("Java        %s%n", members.get("java"));
        }
        return ExitCode.OK;
    }

    /** The copy of the jar's library is deleted once it is loaded. */
    private static String library() {
        Path location = NativeLibrary.location();
        return Files.exists(location) ? location.toString() : "in the jar";
    }

    private static Map<String, Object> json(CudaDevice.Description device) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", device.name());
        members.put("compute_capability", device.computeMajor() + "." + device.computeMinor());
        members.put("memory_bytes", device.memoryBytes());
        members.put("memory_bandwidth", device.memoryBandwidth());
        members.put("multiprocessors", device.multiprocessors());
        members.put("driver_version", driverVersion(device));
        return members;
    }

    private static String line(CudaDevice.Description device) {
        return String.format(
                "%s, compute capability %d.%d, %.1f GiB, driver for CUDA %s",
                device.name(),
                device.computeMajor(),
                device.computeMinor(),
                Math.scalb((double) device.memoryBytes(), -30),
                driverVersion(device));
    }

    private static String driverVersion(CudaDevice.Description device) {
        return device.driverVersion() / 1000 + "." + device.driverVersion() % 1000 / 10;
    }
}
