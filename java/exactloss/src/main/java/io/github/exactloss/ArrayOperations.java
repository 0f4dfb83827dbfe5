// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.internal.CoreLibrary;
import io.github.exactloss.internal.Kernels;
import io.github.exactloss.internal.Options;
import io.github.exactloss.internal.Pieces;
import java.lang.foreign.MemorySegment;

/**
 * Operations on arrays, element by element. Their memory may be native, mapped or on the heap, of any alignment, in the
 * machine's byte order. Each method throws
 *
 * <ul>
 *   <li>{@link IllegalArgumentException} if sizes don't fit, or an output is read-only, too small or overlaps an input,
 *   <li>{@link IllegalStateException} if memory that it needs is closed,
 *   <li>{@link WrongThreadException} if such memory is confined to another thread,
 *   <li>{@link NativeLibraryException} if the native library can't be loaded,
 * </ul>
 *
 * and then has written nothing.
 */
public final class ArrayOperations {
    private ArrayOperations() {}

    /**
     * {@code out[i] = condition[i] ? a[i] : b[i]}, bit by bit, for elements of any type.
     *
     * @param a an element for each element of the condition, or one for all
     * @param b the same
     * @param elementSize the bytes of an element: 1, 2, 4 or 8
     * @param out receives an element for each element of the condition; may be the memory of {@code a} or {@code b}, but
     *     must not overlap the inputs otherwise. What follows the last element is kept.
     */
    public static void where(
            Condition condition, MemorySegment a, MemorySegment b, int elementSize, MemorySegment out) {
        CoreLibrary.load();
        ElementType type = typeOf(elementSize);
        long count = condition.count();
        boolean scalarA = isScalar(a, "a", elementSize, count);
        boolean scalarB = isScalar(b, "b", elementSize, count);
        Output output = new Output(out, type, count);
        output.requireApart(condition.segment());
        output.requireApartOrInPlace(a);
        output.requireApartOrInPlace(b);
        int options = (scalarA ? Options.SCALAR_A : 0) | (scalarB ? Options.SCALAR_B : 0);
        Pieces.of(count, 1, condition.segment(), a, b, output.segment())
                .run((thread, from, length) -> Kernels.where(
                        options,
                        condition.slice(from, length),
                        scalarA ? a : a.asSlice(from * elementSize, length * elementSize),
                        scalarB ? b : b.asSlice(from * elementSize, length * elementSize),
                        elementSize,
                        output.range(from, length)));
    }

    /**
     * The sigmoids of logits: {@code out[i] = 1 / (1 + exp(-logits[i]))}, rounded to the type of the logits,
     * with the same bits on every processor; within 1 unit in the last place in float32, 2 in float64.
     *
     * @param out receives an element of the logits' type for each of them; may be their own memory, but must not overlap it
     *     otherwise. What follows the last element is kept.
     */
    public static void sigmoid(Predictions logits, MemorySegment out) {
        CoreLibrary.load();
        Output output = new Output(out, logits.type(), logits.count());
        output.requireApartOrInPlace(logits.segment());
        Pieces.of(logits.count(), 1, logits.segment(), output.segment())
                .run((thread, from, length) -> Kernels.sigmoid(logits.slice(from, length), output.range(from, length)));
    }

    /** A type of this size: only the size matters for moving bits. */
    private static ElementType typeOf(int elementSize) {
        return switch (elementSize) {
            case 1 -> ElementType.UINT8;
            case 2 -> ElementType.FLOAT16;
            case 4 -> ElementType.FLOAT32;
            case 8 -> ElementType.FLOAT64;
            default -> throw new IllegalArgumentException("elements have 1, 2, 4 or 8 bytes, not " + elementSize);
        };
    }

    private static boolean isScalar(MemorySegment segment, String name, int elementSize, long count) {
        boolean one = segment.byteSize() == elementSize;
        boolean all = segment.byteSize() % elementSize == 0 && segment.byteSize() / elementSize == count;
        if (!one && !all) {
            throw new IllegalArgumentException(name + " has " + segment.byteSize() + " bytes, which is neither one nor "
                    + count + " elements of " + elementSize + " bytes");
        }
        return !all;
    }
}
