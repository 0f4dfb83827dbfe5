// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import io.github.exactloss.ElementType;
import io.github.exactloss.Targets;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The types of targets. */
enum TargetType {
    UINT8(ScalarType.Byte, ElementType.UINT8),
    BOOL(ScalarType.Bool, ElementType.UINT8),
    INT8(ScalarType.Char, ElementType.INT8),
    INT32(ScalarType.Int, ElementType.INT32),
    INT64(ScalarType.Long, ElementType.INT64),
    FLOAT32(ScalarType.Float, ElementType.FLOAT32),
    FLOAT64(ScalarType.Double, ElementType.FLOAT64);

    final ScalarType scalarType;
    private final ElementType elementType;

    TargetType(ScalarType scalarType, ElementType elementType) {
        this.scalarType = scalarType;
        this.elementType = elementType;
    }

    /** A tensor's memory as targets. */
    Targets view(Tensor tensor) {
        return Targets.of(PyTorch.memory(tensor), elementType);
    }
}
