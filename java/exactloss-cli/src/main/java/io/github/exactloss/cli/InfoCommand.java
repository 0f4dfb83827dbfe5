// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.Isa;
import io.github.exactloss.NativeLibrary;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
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
                        + " variable EXACTLOSS_MAX_ISA (portable, avx2 or avx512) forbids those above the one it names;"
                        + " the results have the same bits with each.")
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Map<String, String> support = new LinkedHashMap<>();
        for (Isa isa : Isa.values()) {
            support.put(isa.toString(), NativeLibrary.isaSupport(isa).name().toLowerCase(Locale.ROOT));
        }
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("version", NativeLibrary.version());
        members.put("abi", NativeLibrary.abiVersion());
        members.put("isa", NativeLibrary.isa());
        members.put("isa_support", support);
        members.put("library", NativeLibrary.location());
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
            out.printf("Java        %s%n", members.get("java"));
        }
        return ExitCode.OK;
    }
}
