// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The small data set that the command carries, for where MNIST cannot be had: a few drawings of each digit, each varied
 * many times by small shifts, uneven ink and specks. Like MNIST's, a digit is 20 pixels high in the middle of 28. It
 * is the same at every run.
 */
public final class DrawnDigits {
    /** Drawings have this many pixels along each side, each of which becomes {@link #SCALE} by {@link #SCALE}. */
    private static final int DRAWING_SIDE = 10;

    private static final int SCALE = 2;
    private static final int MARGIN = (Digits.SIDE - SCALE * DRAWING_SIDE) / 2;

    /** The last drawings of each digit validate, so that no variation of a training drawing does. */
    private static final int VALIDATION_DRAWINGS = 3;

    private static final int VARIATIONS = 200;
    private static final int LARGEST_SHIFT = 2;
    private static final int SPECKS = 12;

    private DrawnDigits() {}

    /** Draws the digits into memory that the arena owns. */
    public static DigitDataSet load(Arena arena) {
        List<boolean[]> threes = new ArrayList<>();
        List<boolean[]> sevens = new ArrayList<>();
        readDrawings(threes, sevens);
        int lastThree = threes.size() - VALIDATION_DRAWINGS;
        int lastSeven = sevens.size() - VALIDATION_DRAWINGS;
        Random random = new Random(37);
        Digits training = vary(threes.subList(0, lastThree), sevens.subList(0, lastSeven), random, arena);
        Digits validation =
                vary(threes.subList(lastThree, threes.size()), sevens.subList(lastSeven, sevens.size()), random, arena);
        return new DigitDataSet("drawn", training, validation);
    }

    private static void readDrawings(List<boolean[]> threes, List<boolean[]> sevens) {
        try (InputStream resource = DrawnDigits.class.getResourceAsStream("drawn-digits.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("3")) {
                    threes.add(readDrawing(lines));
                } else if (line.equals("7")) {
                    sevens.add(readDrawing(lines));
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean[] readDrawing(BufferedReader lines) throws IOException {
        boolean[] ink = new boolean[DRAWING_SIDE * DRAWING_SIDE];
        for (int y = 0; y < DRAWING_SIDE; y++) {
            String row = lines.readLine();
            for (int x = 0; x < DRAWING_SIDE; x++) {
                ink[y * DRAWING_SIDE + x] = row.charAt(x) == '#';
            }
        }
        return ink;
    }

    private static Digits vary(List<boolean[]> threes, List<boolean[]> sevens, Random random, Arena arena) {
        Digits digits = Digits.allocate((threes.size() + sevens.size()) * VARIATIONS, arena);
        int next = 0;
        for (boolean[] drawing : threes) {
            for (int i = 0; i < VARIATIONS; i++) {
                digits.set(next, next++, true, variation(drawing, random), 0);
            }
        }
        for (boolean[] drawing : sevens) {
            for (int i = 0; i < VARIATIONS; i++) {
                digits.set(next, next++, false, variation(drawing, random), 0);
            }
        }
        return digits;
    }

    private static byte[] variation(boolean[] drawing, Random random) {
        byte[] image = new byte[Digits.PIXELS];
        int left = MARGIN + random.nextInt(-LARGEST_SHIFT, LARGEST_SHIFT + 1);
        int top = MARGIN + random.nextInt(-LARGEST_SHIFT, LARGEST_SHIFT + 1);
        for (int y = 0; y < SCALE * DRAWING_SIDE; y++) {
            for (int x = 0; x < SCALE * DRAWING_SIDE; x++) {
                if (drawing[y / SCALE * DRAWING_SIDE + x / SCALE]) {
                    image[(top + y) * Digits.SIDE + left + x] = (byte) random.nextInt(160, 256);
                }
            }
        }
        for (int i = 0; i < SPECKS; i++) {
            image[random.nextInt(Digits.PIXELS)] = (byte) random.nextInt(256);
        }
        return image;
    }
}
