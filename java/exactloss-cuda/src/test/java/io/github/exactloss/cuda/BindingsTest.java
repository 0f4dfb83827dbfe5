// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.cuda.internal.CudaLibrary;
import io.github.exactloss.cuda.internal.bindings.exactloss_cuda_device_info;
import io.github.exactloss.cuda.internal.bindings.exactloss_cuda_h;
import io.github.exactloss.testing.BoundHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed bindings fit the header and the library. */
class BindingsTest {
    private static BoundHeader header;

    @BeforeAll
    static void load() throws IOException {
        CudaLibrary.load();
        header = new BoundHeader(
                exactloss_cuda_h.class, List.of(exactloss_cuda_device_info.layout()), "exactloss_cuda.h");
    }

    @Test
    void everyNameOfTheHeaderIsBoundAndNoOther() {
        header.requireEveryNameAndNoOther();
    }

    @Test
    void everyFunctionIsInTheLibrary() throws Exception {
        header.requireEveryFunction();
    }

    @Test
    void signaturesFit() throws Exception {
        header.requireSignatures();
    }

    @Test
    void sizesOffsetsAndConstantsFit(@TempDir Path directory) throws Exception {
        header.requireNumbers(directory);
    }
}
