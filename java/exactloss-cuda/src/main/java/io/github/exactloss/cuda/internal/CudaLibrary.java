// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda.internal;

import io.github.exactloss.internal.NativeLoader;
import java.nio.file.Path;

/** The library that computes on GPUs: how it is loaded. */
public final class CudaLibrary extends NativeLoader {
    private CudaLibrary() {
        super("exactloss CUDA", "exactloss_cuda", "exactloss.cuda.library.path");
    }

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
}
