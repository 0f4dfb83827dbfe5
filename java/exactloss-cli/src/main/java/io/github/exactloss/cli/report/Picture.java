// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.function.IntUnaryOperator;
import javax.imageio.ImageIO;

/**
 * Square pictures of numbers, as PNG in data URIs. What is 0 is transparent, so a picture fits light pages and dark
 * ones.
 */
final class Picture {
    /** Blue for what is positive, orange for what is negative: colours that the colour-blind tell apart, too. */
    private static final int POSITIVE = 0x2F7DF6;

    private static final int NEGATIVE = 0xE0701A;

    private Picture() {}

    /**
     * Black ink.
     *
     * @param pixels in [0, 1], row after row
     * @param side the number of pixels along each side
     */
    static String ofInk(float[] pixels, int side) {
        return dataUri(side, i -> argb(pixels[i], 0));
    }

    /**
     * A colour for each sign, the stronger the larger the number.
     *
     * @param largest the absolute value that has the full colour
     */
    static String ofNumbers(float[] numbers, int side, float largest) {
        return dataUri(side, i -> argb(Math.abs(numbers[i]) / largest, numbers[i] < 0 ? NEGATIVE : POSITIVE));
    }

    private static int argb(float opacity, int rgb) {
        return Math.round(Math.clamp(opacity, 0, 1) * 255) << 24 | rgb;
    }

    private static String dataUri(int side, IntUnaryOperator argb) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < side * side; i++) {
            image.setRGB(i % side, i / side, argb.applyAsInt(i));
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.setUseCache(false);
            ImageIO.write(image, "png", png);
        } catch (IOException impossible) {
            throw new UncheckedIOException("memory can be written to", impossible);
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }
}
