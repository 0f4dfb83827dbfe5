// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.bindings.exactloss_accumulator;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.internal.bindings.exactloss_loss_result;
import io.github.exactloss.internal.bindings.exactloss_rows;
import io.github.exactloss.internal.bindings.exactloss_violation;
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
        NativeLibrary.location();
        header = new BoundHeader(
                exactloss_h.class,
                List.of(
                        exactloss_accumulator.layout(),
                        exactloss_evaluation.layout(),
                        exactloss_loss_result.layout(),
                        exactloss_rows.layout(),
                        exactloss_violation.layout()));
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
