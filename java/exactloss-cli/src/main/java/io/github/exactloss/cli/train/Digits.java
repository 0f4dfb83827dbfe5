// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.Targets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Images of 3s and 7s with their labels, off-heap.
 *
 * @param pixels {@code count} × {@link #PIXELS} float32 in [0, 1], image after image, row after row; 0 is the paper
 * @param labels one uint8 an image: 1 for a 3, 0 for a 7
 */
public record Digits(MemorySegment pixels, Targets labels) {
    /** Pixels along each side of an image. */
    public static final int SIDE = 28;

    /** Pixels in an image. */
    public static final int PIXELS = SIDE * SIDE;

    /** Blank images, all labelled 7, in memory that the arena owns. */
    static Digits allocate(int count, Arena arena) {
        MemorySegment pixels = arena.allocate(ValueLayout.JAVA_FLOAT, (long) count * PIXELS);
        return new Digits(pixels, Targets.allocate(count, arena));
    }

    /** Stores an image of {@link #PIXELS} bytes, 0 for paper and 255 for ink, that begins at {@code from}. */
    void set(int index, boolean three, byte[] image, int from) {
        labels.segment().set(ValueLayout.JAVA_BYTE, index, (byte) (three ? 1 : 0));
        for (int i = 0; i < PIXELS; i++) {
            float ink = Byte.toUnsignedInt(image[from + i]) / 255f;
            pixels.setAtIndex(ValueLayout.JAVA_FLOAT, (long) index * PIXELS + i, ink);
        }
    }

    /** The number of images. */
    public int count() {
        return Math.toIntExact(labels.count());
    }
}
