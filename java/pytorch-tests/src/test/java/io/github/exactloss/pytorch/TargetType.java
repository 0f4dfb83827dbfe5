// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import io.github.exactloss.Targets;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The types of targets. */
enum TargetType {
    UINT8(ScalarType.Byte),
    BOOL(ScalarType.Bool),
    INT32(ScalarType.Int),
    INT64(ScalarType.Long),
    FLOAT32(ScalarType.Float),
    FLOAT64(ScalarType.Double);

    final ScalarType scalarType;

    TargetType(ScalarType scalarType) {
        this.scalarType = scalarType;
    }

    /** A tensor's memory as targets. */
    Targets view(Tensor tensor) {
        MemorySegment memory = PyTorch.memory(tensor);
        return switch (this) {
            case UINT8, BOOL -> Targets.ofBytes(memory);
            case INT32 -> Targets.ofInts(memory);
            case INT64 -> Targets.ofLongs(memory);
            case FLOAT32 -> Targets.ofFloats(memory);
            case FLOAT64 -> Targets.ofDoubles(memory);
        };
    }
}
