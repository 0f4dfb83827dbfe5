// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda.internal;

import io.github.exactloss.internal.CoreLibrary;
import io.github.exactloss.internal.NativeLoader;
import java.nio.file.Path;
import java.util.List;

/** The library that computes on GPUs: how it is loaded. */
public final class CudaLibrary extends NativeLoader {
    private CudaLibrary() {
        super("exactloss CUDA", "exactloss_cuda", "exactloss.cuda.library.path");
    }

    /** The platforms that it is published for, each in a jar with this classifier. */
    private static final List<String> CLASSIFIERS = List.of("linux-x86_64", "linux-aarch64");

    private static final class Loaded {
        static final Outcome OUTCOME = new CudaLibrary().attempt();
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
        return CudaKernels.abiVersion();
    }

    @Override
    protected int abiVersionNeeded() {
        return CudaKernels.ABI_VERSION;
    }

    @Override
    protected String remedy(String platform, List<String> others) {
        if (!CLASSIFIERS.contains(platform)) {
            return "it is published for " + String.join(" and ", CLASSIFIERS) + ": run a JVM for one of these";
        }
        CoreLibrary.load();
        return "add the dependency io.github.exactloss:exactloss-cuda:" + CoreLibrary.version() + ":" + platform
                + ", which is the artifact exactloss-cuda with the classifier " + platform;
    }
}
