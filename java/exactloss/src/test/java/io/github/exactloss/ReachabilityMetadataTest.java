// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static io.github.exactloss.testing.ReachabilityMetadata.downcall;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.internal.bindings.exactloss_arrow_h;
import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.testing.ReachabilityMetadata;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The jar's metadata for GraalVM's native-image covers every downcall. (That it is JSON, artifact_test.sh checks.) */
class ReachabilityMetadataTest {
    private final ReachabilityMetadata metadata = new ReachabilityMetadata(Loss.class, "exactloss");

    ReachabilityMetadataTest() throws IOException {}

    @Test
    void coversEveryFunctionAsItMayBeLinked() throws Exception {
        NativeLibrary.location();
        Set<String> linked = ReachabilityMetadata.downcalls(exactloss_h.class, false, true);
        linked.addAll(ReachabilityMetadata.downcalls(exactloss_arrow_h.class, false, true));
        // Those of the Arrow C Stream Interface.
        linked.add(
                downcall(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS), false));
        linked.add(downcall(FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS), false));
        linked.add(downcall(FunctionDescriptor.ofVoid(ValueLayout.ADDRESS), false));
        assertThat(metadata.registered()).isEqualTo(linked);
    }

    @Test
    void includesTheNativeLibrary() {
        assertThat(metadata.text())
                .contains("{\"glob\": \"META-INF/native/**\"}")
                .contains("{\"glob\": \"META-INF/native/**\", \"module\": \"io.github.exactloss\"}");
    }

    /** Other classes would need metadata of their own. */
    @Test
    void onlyTheseClassesLink() throws Exception {
        assertThat(ReachabilityMetadata.linkingClasses(Loss.class))
                .containsExactlyInAnyOrder(
                        "internal/Linkage.class",
                        "internal/bindings/exactloss_h.class",
                        "internal/bindings/exactloss_arrow_h.class",
                        "internal/bindings/ArrowArray$release.class",
                        "internal/bindings/ArrowSchema$release.class",
                        "cdata/CDataStream$Functions.class");
    }
}
