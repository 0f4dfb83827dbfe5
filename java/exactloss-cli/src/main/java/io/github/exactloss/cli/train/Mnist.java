// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import io.github.exactloss.cli.BadDataException;
import io.github.exactloss.cli.FileFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The 3s and 7s of MNIST, from the four files that it is distributed as. */
public final class Mnist {
    /** A file of MNIST and the SHA-256 of its content. */
    record Part(String fileName, String sha256) {}

    /** The images and the labels of one half of MNIST. */
    record Half(Part images, Part labels) {}

    static final Half TRAINING = new Half(
            new Part("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            new Part("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"));
    static final Half VALIDATION = new Half(
            new Part("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            new Part("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"));

    /** Above the genuine ones, so that no other file is read whole. */
    private static final long LARGEST_FILE = 1 << 26;

    private Mnist() {}

    /**
     * Reads and verifies the files.
     *
     * @param folder holds {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte},
     *     {@code t10k-images-idx3-ubyte} and {@code t10k-labels-idx1-ubyte}
     * @param arena owns the digits
     * @throws BadDataException if a file is missing, unreadable, or not the genuine one; nothing of it was used then
     */
    public static DigitDataSet load(Path folder, Arena arena) {
        return new DigitDataSet("mnist", load(folder, TRAINING, arena), load(folder, VALIDATION, arena));
    }

    /** The 3s and 7s of one half, in the order of the files. */
    static Digits load(Path folder, Half half, Arena arena) {
        IdxFile labels = read(folder, half.labels(), 1);
        IdxFile images = read(folder, half.images(), 3);
        int count = labels.shape().get(0);
        if (images.shape().get(0) != count
                || images.shape().get(1) != Digits.SIDE
                || images.shape().get(2) != Digits.SIDE) {
            throw new BadDataException("%s: has the shape %s, not the %d images of %d by %d pixels that are labelled"
                    .formatted(
                            folder.resolve(half.images().fileName()), images.shape(), count, Digits.SIDE, Digits.SIDE));
        }
        int wanted = 0;
        for (int i = 0; i < count; i++) {
            wanted += isWanted(label(labels, i)) ? 1 : 0;
        }
        Digits digits = Digits.allocate(wanted, arena);
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (isWanted(label(labels, i))) {
                digits.set(next++, i, label(labels, i) == 3, images.content(), images.start() + i * Digits.PIXELS);
            }
        }
        return digits;
    }

    private static int label(IdxFile labels, int index) {
        return labels.content()[labels.start() + index];
    }

    private static boolean isWanted(int label) {
        return label == 3 || label == 7;
    }

    /** Reads a file once, so that the bytes that are used are the ones that were verified. */
    private static IdxFile read(Path folder, Part part, int dimensions) {
        Path path = folder.resolve(part.fileName());
        byte[] content;
        try {
            if (Files.size(path) > LARGEST_FILE) {
                throw new BadDataException(
                        "%s: is not the genuine file: it has %d bytes".formatted(path, Files.size(path)));
            }
            content = Files.readAllBytes(path);
        } catch (NoSuchFileException missing) {
            throw new BadDataException(path + ": no such file" + otherName(path));
        } catch (IOException failure) {
            throw BadDataException.unreadable(path, failure);
        }
        String sha256 = sha256(content);
        if (!sha256.equals(part.sha256())) {
            String reason = FileFormat.of(content)
                    .map(FileFormat::description)
                    .orElse("is not the genuine file: its SHA-256 is %s, not %s".formatted(sha256, part.sha256()));
            throw new BadDataException(path + ": " + reason);
        }
        return IdxFile.parse(path.toString(), content, dimensions);
    }

    /** Other distributions of MNIST compress the files, or write a dot in their names. */
    private static String otherName(Path path) {
        String name = path.getFileName().toString();
        for (String other :
                new String[] {name + ".gz", name.replace("-idx", ".idx"), name.replace("-idx", ".idx") + ".gz"}) {
            if (Files.exists(path.resolveSibling(other))) {
                return other.endsWith(".gz") ? "; unpack " + other + " to it" : "; rename " + other + " to it";
            }
        }
        return "";
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
