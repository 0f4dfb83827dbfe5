// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cdata;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.testing.NullableRows;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ValidityTest {
    private static final long SEED = 9;

    /** Every length and offset around the words; the bitmaps' memory ends with the last row's bit. */
    @ParameterizedTest
    @EnumSource
    void runsAreThoseOfALoop(NullableRows.Nulls pattern) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int count = 0; count <= 200; count++) {
            for (int first : new int[] {0, 1, 3, 7, 8, 13, 63, 64, 65}) {
                boolean[] nulls = pattern.of(count, random);
                boolean[] others = NullableRows.Nulls.RARE.of(count, random);
                Validity one = Validity.of(bitmap(nulls, first, random), first, count);
                Validity two = one.and(Validity.of(bitmap(others, 2, random), 2, count));
                assertRuns(one, nulls, new boolean[count], first);
                assertRuns(two, nulls, others, first);
            }
        }
    }

    private static void assertRuns(Validity validity, boolean[] nulls, boolean[] others, int first) {
        List<String> expected = new ArrayList<>();
        long nullCount = 0;
        int start = 0;
        for (int row = 0; row <= nulls.length; row++) {
            boolean end = row == nulls.length || nulls[row] || others[row];
            if (end && row > start) {
                expected.add(start + "+" + (row - start));
            }
            if (end) {
                start = row + 1;
                nullCount += row == nulls.length ? 0 : 1;
            }
        }
        List<String> runs = new ArrayList<>();
        validity.forEachRun((from, count) -> runs.add(from + "+" + count));
        assertThat(runs)
                .as("%d rows from bit %d, seed %d", nulls.length, first, SEED)
                .isEqualTo(expected);
        assertThat(validity.nullCount()).isEqualTo(nullCount);
    }

    /** A bitmap with random bits before and after those of the rows. */
    private static MemorySegment bitmap(boolean[] nulls, int first, SplittableRandom random) {
        byte[] bits = new byte[(first + nulls.length + 7) / 8];
        random.nextBytes(bits);
        for (int row = 0; row < nulls.length; row++) {
            int bit = first + row;
            bits[bit / 8] &= (byte) ~(1 << bit % 8);
            bits[bit / 8] |= (byte) ((nulls[row] ? 0 : 1) << bit % 8);
        }
        return MemorySegment.ofArray(bits);
    }
}
