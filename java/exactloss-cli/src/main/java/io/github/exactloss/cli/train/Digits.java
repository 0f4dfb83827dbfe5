// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.ElementType;
import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Images of 3s and 7s with their labels, off-heap.
 *
 * @param pixels {@code count} × {@link #PIXELS} float32 in [0, 1], image after image, row after row; 0 is the paper
 * @param labels one uint8 an image: 1 for a 3, 0 for a 7
 * @param indices one int32 an image: where it was, counted from 0, among all the images that these were taken from
 */
public record Digits(MemorySegment pixels, Targets labels, MemorySegment indices) {
    /** Pixels along each side of an image. */
    public static final int SIDE = 28;

    /** Pixels in an image. */
    public static final int PIXELS = SIDE * SIDE;

    /** Blank images, all labelled 7, in memory that the arena owns. */
    static Digits allocate(int count, Arena arena) {
        MemorySegment pixels = arena.allocate(ValueLayout.JAVA_FLOAT, (long) count * PIXELS);
        Targets labels = Targets.allocate(count, ElementType.UINT8, arena);
        return new Digits(pixels, labels, arena.allocate(ValueLayout.JAVA_INT, count));
    }

    /**
     * Stores an image.
     *
     * @param at which of these images it becomes
     * @param index where it was among all the images that these are taken from
     * @param image has its {@link #PIXELS} bytes, 0 for paper and 255 for ink, from {@code from} on
     */
    void set(int at, int index, boolean three, byte[] image, int from) {
        labels.segment().set(ValueLayout.JAVA_BYTE, at, (byte) (three ? 1 : 0));
        indices.setAtIndex(ValueLayout.JAVA_INT, at, index);
        for (int i = 0; i < PIXELS; i++) {
            float ink = Byte.toUnsignedInt(image[from + i]) / 255f;
            pixels.setAtIndex(ValueLayout.JAVA_FLOAT, (long) at * PIXELS + i, ink);
        }
    }

    /** Whether an image is labelled as a 3. */
    boolean isThree(int at) {
        return labels.segment().get(ValueLayout.JAVA_BYTE, at) == 1;
    }

    /** A copy of the pixels of an image. */
    float[] image(int at) {
        long bytes = PIXELS * (long) Float.BYTES;
        return pixels.asSlice(at * bytes, bytes).toArray(ValueLayout.JAVA_FLOAT);
    }

    /** The number of images. */
    public int count() {
        return Math.toIntExact(labels.count());
    }
}
