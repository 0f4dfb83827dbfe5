// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.bindings.ArrowArray;
import io.github.exactloss.internal.bindings.ArrowSchema;
import io.github.exactloss.internal.bindings.exactloss_accumulator;
import io.github.exactloss.internal.bindings.exactloss_arrow_column;
import io.github.exactloss.internal.bindings.exactloss_arrow_h;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_fault;
import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.internal.bindings.exactloss_loss_result;
import io.github.exactloss.internal.bindings.exactloss_rows;
import io.github.exactloss.internal.bindings.exactloss_view;
import io.github.exactloss.internal.bindings.exactloss_violation;
import io.github.exactloss.testing.BoundHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed bindings fit the headers and the library. */
class BindingsTest {
    private static List<BoundHeader> headers;

    @BeforeAll
    static void load() throws IOException {
        NativeLibrary.location();
        headers = List.of(
                new BoundHeader(
                        exactloss_h.class,
                        List.of(
                                exactloss_accumulator.layout(),
                                exactloss_evaluation.layout(),
                                exactloss_loss_result.layout(),
                                exactloss_rows.layout(),
                                exactloss_violation.layout()),
                        "exactloss.h"),
                new BoundHeader(
                        exactloss_arrow_h.class,
                        List.of(
                                ArrowArray.layout(),
                                ArrowSchema.layout(),
                                exactloss_arrow_column.layout(),
                                exactloss_fault.layout(),
                                exactloss_view.layout()),
                        "exactloss_view.h",
                        "exactloss_arrow.h"));
    }

    @Test
    void everyNameOfTheHeadersIsBoundAndNoOther() {
        headers.forEach(BoundHeader::requireEveryNameAndNoOther);
    }

    @Test
    void everyFunctionIsInTheLibrary() throws Exception {
        for (BoundHeader header : headers) {
            header.requireEveryFunction();
        }
    }

    @Test
    void signaturesFit() throws Exception {
        for (BoundHeader header : headers) {
            header.requireSignatures();
        }
    }

    @Test
    void sizesOffsetsAndConstantsFit(@TempDir Path directory) throws Exception {
        for (BoundHeader header : headers) {
            header.requireNumbers(directory);
        }
    }
}
