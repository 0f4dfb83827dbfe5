// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.Isa;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** The library that computes on the processor: its loading, its version and its instruction sets. */
public final class CoreLibrary extends NativeLoader {
    private CoreLibrary() {
        super("exactloss", "exactloss", "exactloss.library.path");
    }

    private static final class Loaded {
        static final Outcome OUTCOME = new CoreLibrary().attempt();
    }

    /** Gives the file that was loaded, now or earlier. A failure is final: the process may have half of a wrong library. */
    public static Path load() {
        return Loaded.OUTCOME.get();
    }

    @Override
    @SuppressWarnings("restricted") // from JDK 24 on, because it runs foreign code, which is what this class is for
    protected void load(String file) {
        System.load(file);
    }

    @Override
    protected int abiVersion() {
        return abi();
    }

    @Override
    protected int abiVersionNeeded() {
        return EXACTLOSS_ABI_VERSION();
    }

    @Override
    protected String remedy(String platform, List<String> others) {
        return others.isEmpty()
                ? "nor for any other: take the jar as it was published, with its META-INF/native"
                : "the jar has those for " + String.join(", ", others) + ": run a JVM for one of these";
    }

    /** The version of the binary interface. */
    public static int abi() {
        return exactloss_abi_version();
    }

    public static String version() {
        return exactloss_version().getString(0);
    }

    /** The instruction set whose kernels run. */
    public static String isa() {
        MemorySegment name = exactloss_isa_name();
        if (name.equals(MemorySegment.NULL)) {
            Linkage.check(EXACTLOSS_ERROR_MAX_ISA());
        }
        return name.getString(0);
    }

    /** The instruction sets that the library has kernels for, from the lowest rank to the highest. */
    public static List<Isa> isas() {
        return IntStream.iterate(0, number -> number + 1)
                .mapToObj(number -> exactloss_isa_name_of(number))
                .takeWhile(name -> !name.equals(MemorySegment.NULL))
                .map(name -> new Isa(name.getString(0), support(name)))
                .toList();
    }

    private static Isa.Support support(MemorySegment name) {
        int support = exactloss_isa_support(name);
        if (support == EXACTLOSS_ISA_USABLE()) {
            return Isa.Support.USABLE;
        }
        return support == EXACTLOSS_ISA_DISABLED() ? Isa.Support.DISABLED : Isa.Support.ABSENT;
    }
}
