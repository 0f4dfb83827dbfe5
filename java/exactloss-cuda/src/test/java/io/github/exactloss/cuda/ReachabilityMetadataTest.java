// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.cuda.internal.CudaLibrary;
import io.github.exactloss.cuda.internal.bindings.exactloss_cuda_h;
import io.github.exactloss.testing.ReachabilityMetadata;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What the jar tells GraalVM's native-image covers every downcall. (That it is JSON, artifact_test.sh checks.) */
class ReachabilityMetadataTest {
    private final ReachabilityMetadata metadata = new ReachabilityMetadata(CudaDevice.class, "exactloss-cuda");

    ReachabilityMetadataTest() throws IOException {}

    @Test
    void coversEveryFunctionAsItIsLinked() throws Exception {
        CudaLibrary.load();
        assertThat(metadata.registered()).isEqualTo(ReachabilityMetadata.downcalls(exactloss_cuda_h.class, false));
    }

    @Test
    void includesTheNativeLibrary() {
        assertThat(metadata.text())
                .contains("{\"glob\": \"META-INF/native/**\"}")
                .contains("{\"glob\": \"META-INF/native/**\", \"module\": \"io.github.exactloss.cuda\"}");
    }

    /** Other classes would need metadata of their own. */
    @Test
    void onlyTheseClassesLink() throws Exception {
        assertThat(ReachabilityMetadata.linkingClasses(CudaDevice.class))
                .containsExactly("internal/bindings/exactloss_cuda_h.class");
    }
}
