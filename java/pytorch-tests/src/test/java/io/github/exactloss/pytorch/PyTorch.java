// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.pytorch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LayoutOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * PyTorch, as far as the tests need it, and the memory of its tensors, on which exactloss works in place. The tensors that a
 * thread makes while a {@link PointerScope} is open are freed when it is closed: every test has one around each size.
 */
final class PyTorch {
    private PyTorch() {}

    /** A tensor with any content. No sizes at all make it a scalar. */
    static Tensor empty(ScalarType type, long... sizes) {
        return torch.empty(
                sizes,
                new ScalarTypeOptional(type),
                new LayoutOptional(),
                new DeviceOptional(),
                new BoolOptional(),
                new MemoryFormatOptional());
    }

    /** A vector, its elements rounded to the type by PyTorch. */
    static Tensor tensor(ScalarType type, double... values) {
        Tensor doubles = empty(ScalarType.Double, values.length);
        memory(doubles).copyFrom(MemorySegment.ofArray(values));
        return doubles.to(type);
    }

    static Scalar scalar(double value) {
        return new Scalar(value);
    }

    /** The elements themselves, as long as the tensor is there; it must be contiguous. */
    static MemorySegment memory(Tensor tensor) {
        long bytes = tensor.nbytes();
        return bytes == 0
                ? MemorySegment.ofArray(new byte[0])
                : MemorySegment.ofBuffer(
                        new BytePointer(tensor.data_ptr()).capacity(bytes).asByteBuffer());
    }

    static double[] doubles(Tensor tensor) {
        return memory(tensor.to(ScalarType.Double)).toArray(ValueLayout.JAVA_DOUBLE);
    }

    /** {@code torch.where(targets == 1, 1 - predictions, predictions)} */
    static Tensor distances(Tensor predictions, Tensor targets) {
        return torch.where(targets.eq(new Scalar(1)), torch.rsub(predictions, new Scalar(1)), predictions);
    }

    /** {@code result.backward(upstream)} */
    static void backward(Tensor result, Tensor upstream) {
        result.backward(upstream, new BoolOptional(), false, new TensorArrayRefOptional());
    }

    /** For a tensor with the same bits {@code "same bits"}; otherwise where and how the first bits differ. */
    static String difference(MemorySegment memory, Tensor tensor) {
        MemorySegment other = memory(tensor);
        long at = memory.mismatch(other);
        if (at == -1) {
            return "same bits";
        }
        int size = (int) tensor.element_size();
        long from = at - at % size;
        return "element %d: exactloss has the bytes %s, PyTorch %s"
                .formatted(at / size, bytes(memory, from, size), bytes(other, from, size));
    }

    private static String bytes(MemorySegment memory, long from, int size) {
        byte[] bytes = memory.asSlice(from, size).toArray(ValueLayout.JAVA_BYTE);
        return Arrays.toString(bytes);
    }
}
