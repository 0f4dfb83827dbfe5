// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.chart;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.renderer.NullPlatformSupport;
import io.github.exactloss.cli.Templates;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Charts side by side in a file of their own, below a title and the keys to what is in them.
 *
 * @param styles in the order in which their keys are to be read
 */
public record Figure(String title, List<Style> styles, List<Panel> panels) {
    /**
     * What a style stands for.
     *
     * @param name the class of what has it
     * @param colour one that can be seen on white and on black
     * @param stroke more declarations of CSS about its lines, or none
     * @param shape marks its points; null if they are not marked
     */
    public record Style(String name, String title, String colour, String stroke, Shape shape) {
        String rule() {
            return ".%s { stroke: %s; fill: %s; %s }".formatted(name, colour, colour, stroke);
        }
    }

    /**
     * A chart and the place for it.
     *
     * @param left the pixels for the labels of its vertical axis
     * @param width the pixels between its edges
     */
    public record Panel(Chart chart, int left, int width) {}

    /** A key, or a panel, with the place of its upper left corner. */
    record Placed<T>(T what, int x, int y) {}

    static final int HEIGHT = 380;
    static final int MARGIN = 40;
    private static final int KEYS = 66;
    private static final int KEY_WIDTH = 220;
    private static final int KEY_HEIGHT = 24;

    /** The pixels of a PNG to one of the figure: enough for screens that have more. */
    private static final int SCALE = 2;

    /**
     * The file, with a mark by which the command knows it again: it replaces no other pictures.
     *
     * @param format {@code png}, which is always light, or {@code svg}, which is dark where the viewer wants that
     */
    public byte[] write(String format) {
        return format.equals("png") ? png() : svg(true).getBytes(StandardCharsets.UTF_8);
    }

    private String svg(boolean darkToo) {
        return Templates.render("chart/figure.jte", new Drawing(this, darkToo));
    }

    /** What the template gets. */
    record Drawing(Figure figure, boolean darkToo) {}

    private byte[] png() {
        byte[] svg = svg(false).getBytes(StandardCharsets.UTF_8);
        SVGDocument document = Objects.requireNonNull(
                new SVGLoader().load(new ByteArrayInputStream(svg), null, LoaderContext.createDefault()));
        BufferedImage image = new BufferedImage(SCALE * width(), SCALE * height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.scale(SCALE, SCALE);
        document.renderWithPlatform(NullPlatformSupport.INSTANCE, graphics, null);
        graphics.dispose();
        return png(image);
    }

    private static byte[] png(BufferedImage image) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try (ImageOutputStream output = new MemoryCacheImageOutputStream(png)) {
            IIOMetadata metadata =
                    writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
            IIOMetadataNode mark = new IIOMetadataNode("tEXtEntry");
            mark.setAttribute("keyword", "Software");
            mark.setAttribute("value", "exactloss");
            IIOMetadataNode texts = new IIOMetadataNode("tEXt");
            texts.appendChild(mark);
            IIOMetadataNode root = new IIOMetadataNode(metadata.getNativeMetadataFormatName());
            root.appendChild(texts);
            metadata.mergeTree(root.getNodeName(), root);
            writer.setOutput(output);
            writer.write(new IIOImage(image, null, metadata));
        } catch (IOException impossible) {
            throw new UncheckedIOException("memory can be written to", impossible);
        } finally {
            writer.dispose();
        }
        return png.toByteArray();
    }

    /** Not in the template because JTE refuses attributes with capitals there, and removes comments. */
    String startTag() {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
                font-family="sans-serif" font-size="13"><!-- drawn by exactloss -->""".formatted(width(), height());
    }

    int width() {
        return MARGIN
                + panels.stream()
                        .mapToInt(panel -> panel.left() + panel.width() + MARGIN)
                        .sum();
    }

    int height() {
        return top() + HEIGHT + 2 * MARGIN;
    }

    /** Where the charts begin: below the keys and the titles of their vertical axes. */
    private int top() {
        return KEYS + KEY_HEIGHT * Math.ceilDiv(styles.size(), keysInARow()) + MARGIN;
    }

    private int keysInARow() {
        return (width() - 2 * MARGIN) / KEY_WIDTH;
    }

    List<Placed<Style>> placedKeys() {
        return IntStream.range(0, styles.size())
                .mapToObj(i -> new Placed<>(
                        styles.get(i), MARGIN + KEY_WIDTH * (i % keysInARow()), KEYS + KEY_HEIGHT * (i / keysInARow())))
                .toList();
    }

    List<Placed<Panel>> placedPanels() {
        List<Placed<Panel>> placed = new ArrayList<>();
        int x = MARGIN;
        for (Panel panel : panels) {
            placed.add(new Placed<>(panel, x + panel.left(), top()));
            x += panel.left() + panel.width() + MARGIN;
        }
        return placed;
    }
}
