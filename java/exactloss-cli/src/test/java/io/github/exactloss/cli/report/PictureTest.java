// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PictureTest {
    @Test
    void inkIsOpaqueAndPaperTransparent() throws IOException {
        BufferedImage image = read(Picture.ofInk(new float[] {0, 1, 0.2f, 0}, 2));
        assertThat(argb(image)).containsExactly(0, 0xFF000000, 51 << 24, 0);
    }

    @Test
    void signsHaveColoursAndSizesHaveStrength() throws IOException {
        int[] argb = argb(read(Picture.ofNumbers(new float[] {2, -2, -0.4f, 0}, 2, 2)));
        assertThat(argb[0]).isEqualTo(0xFF2F7DF6);
        assertThat(argb[1]).isEqualTo(0xFFE0701A);
        assertThat(argb[2] >>> 24).isEqualTo(51);
        assertThat(argb[3] >>> 24).isZero();
    }

    /** A classifier that learned nothing but zeros, or that ran away. */
    @Test
    void anyNumbersMakeAPicture() throws IOException {
        assertThat(argb(read(Picture.ofNumbers(new float[] {0}, 1, 0)))[0] >>> 24)
                .isZero();
        assertThat(argb(read(Picture.ofNumbers(new float[] {Float.NaN}, 1, Float.NaN)))[0] >>> 24)
                .isZero();
    }

    private static BufferedImage read(String dataUri) throws IOException {
        String start = "data:image/png;base64,";
        assertThat(dataUri).startsWith(start);
        byte[] png = Base64.getDecoder().decode(dataUri.substring(start.length()));
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    private static int[] argb(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
