// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.cli.BadDataException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxFileTest {
    private static final byte[] GOOD = Idx.file(List.of(2, 3), new byte[] {1, 2, 3, 4, 5, 6});

    @Test
    void shapeAndStartAreRead() {
        IdxFile file = IdxFile.parse("f", GOOD, 2);
        assertThat(file.shape()).containsExactly(2, 3);
        assertThat(file.content()[file.start()]).isEqualTo((byte) 1);
    }

    @Test
    void extentsAreBigEndian() {
        assertThat(IdxFile.parse("f", Idx.file(List.of(0x0102), new byte[0x0102]), 1)
                        .shape())
                .containsExactly(0x0102);
    }

    @Test
    void truncatedHeaderIsNamed() {
        assertRefused(Arrays.copyOf(GOOD, 11), "f: is truncated: 11 bytes, but the idx header alone has 12");
    }

    @Test
    void truncatedDataIsNamed() {
        assertRefused(Arrays.copyOf(GOOD, 17), "f: the shape [2, 3] needs 6 bytes of data, 5 are there");
    }

    @Test
    void trailingBytesAreNamed() {
        assertRefused(Arrays.copyOf(GOOD, 19), "f: the shape [2, 3] needs 6 bytes of data, 7 are there");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void anotherKindOfFileIsNamed(int position) {
        byte[] other = GOOD.clone();
        other[position]++;
        assertRefused(other, "f: is not an idx file of unsigned bytes in 2 dimensions");
    }

    @Test
    void hugeShapesAreNamed() {
        assertRefused(Idx.file(List.of(-1, 0), new byte[0]), "f: has a shape too large to address");
        assertRefused(Idx.file(List.of(65_536, 65_536), new byte[0]), "f: has a shape too large to address");
    }

    private static void assertRefused(byte[] content, String message) {
        assertThatThrownBy(() -> IdxFile.parse("f", content, 2))
                .isInstanceOf(BadDataException.class)
                .hasMessage(message);
    }
}
