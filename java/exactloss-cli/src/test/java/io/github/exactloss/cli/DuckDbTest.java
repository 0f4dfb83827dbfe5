// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DuckDbTest {
    /** A full disk has a usable space of 0, and so has a file system that doesn't tell. */
    @ParameterizedTest
    @CsvSource({
        "0, 1000000000, true",
        "63999999, 1000000000, true",
        "0, 1000000, true",
        "64000000, 1000000000, false",
        "0, 0, false"
    })
    void aFullDiskIsKnown(long usable, long total, boolean full) {
        assertThat(DuckDb.isTooFull(usable, total)).isEqualTo(full);
    }
}
