// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The types of predictions. */
enum FloatType {
    FLOAT32(ScalarType.Float, ElementType.FLOAT32, 1 << 24),
    FLOAT64(ScalarType.Double, ElementType.FLOAT64, Integer.MAX_VALUE),
    FLOAT16(ScalarType.Half, ElementType.FLOAT16, 1 << 13),
    BFLOAT16(ScalarType.BFloat16, ElementType.BFLOAT16, 1 << 16);

    final ScalarType scalarType;
    final ElementType elementType;

    /**
     * Up to this count PyTorch rounds {@code upstream / count} correctly, whatever the upstream. In float32, greater counts
     * are rounded. Numbers of 16 bits are divided in float32, so the quotient is rounded twice: no harm, as long as it
     * can't come within 2^-25 of itself to the middle between two numbers, which has 12 bits in float16, 9 in bfloat16:
     * {@code |upstream / count - middle|} is at least 1 unit in {@code middle * count}, for both as integers.
     */
    final int sameGradientsUpTo;

    FloatType(ScalarType scalarType, ElementType elementType, int sameGradientsUpTo) {
        this.scalarType = scalarType;
        this.elementType = elementType;
        this.sameGradientsUpTo = sameGradientsUpTo;
    }

    /** A tensor's memory as predictions. */
    Predictions view(Tensor tensor) {
        return Predictions.of(PyTorch.memory(tensor), elementType);
    }

    Tensor tensor(double... values) {
        return PyTorch.tensor(scalarType, values);
    }

    /** New memory for elements, on the heap. */
    MemorySegment memory(long count) {
        return MemorySegment.ofArray(new byte[Math.toIntExact(elementType.bytes(count))]);
    }

    /** The number of this type that is nearest to a value. */
    double rounded(double value) {
        return tensor(value).item_double();
    }
}
