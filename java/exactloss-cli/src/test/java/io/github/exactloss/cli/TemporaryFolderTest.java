// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    @TempDir
    private Path parent;

    @Test
    void isPrivateAndRemovedWithItsFiles() throws IOException {
        try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())))
                    .isEqualTo("rwx------");
            Files.writeString(folder.path().resolve("spilled"), "rows");
            assertThat(folder.path()).hasParent(parent);
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void othersStayWhileTheyAreUsed() throws IOException {
        try (TemporaryFolder first = TemporaryFolder.create(parent)) {
            Path file = Files.writeString(first.path().resolve("spilled"), "rows");
            try (TemporaryFolder second = TemporaryFolder.create(parent)) {
                assertThat(second.path()).isNotEqualTo(first.path());
            }
            assertThat(file).hasContent("rows");
        }
        assertThat(parent).isEmptyDirectory();
    }

    /** As a killed process leaves it: nobody holds the lock. */
    @Test
    void abandonedOnesAreRemoved() throws IOException {
        Path abandoned = Files.createDirectory(parent.resolve("exactloss-query-1"));
        Files.createFile(abandoned.resolve("lock"));
        Files.writeString(abandoned.resolve("spilled"), "rows");
        try (TemporaryFolder folder = TemporaryFolder.create(parent)) {
            assertThat(parent).isDirectoryContaining(folder.path()::equals);
            assertThat(abandoned).doesNotExist();
        }
    }

    /** In any order: a folder whose lock file can't be opened must not keep the others. */
    @Test
    void oneThatCannotBeRemovedDoesNotKeepTheOthers() throws IOException {
        List<Path> abandoned = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Path folder = Files.createDirectory(parent.resolve("exactloss-query-" + i));
            if (i % 2 == 0) {
                Files.createDirectory(folder.resolve("lock"));
            } else {
                Files.createFile(folder.resolve("lock"));
                abandoned.add(folder);
            }
        }
        TemporaryFolder.create(parent).close();
        assertThat(abandoned).allMatch(Files::notExists);
        assertThat(parent.toFile().list()).hasSize(10);
    }

    /** Without its lock file a folder may be another process's, which is about to lock it. */
    @Test
    void whatIsNotKnownToBeAbandonedStays() throws IOException {
        Path unlocked = Files.createDirectory(parent.resolve("exactloss-query-1"));
        Path file = Files.createFile(parent.resolve("exactloss-query-2"));
        Path precious = Files.createDirectory(parent.resolve("precious"));
        Files.createFile(precious.resolve("lock"));
        Path link = Files.createSymbolicLink(parent.resolve("exactloss-query-3"), precious);
        Path named = Files.createDirectory(parent.resolve("exactloss"));
        Files.createFile(named.resolve("lock"));
        TemporaryFolder.create(parent).close();
        assertThat(parent).isDirectoryContaining(link::equals);
        for (Path kept : new Path[] {unlocked, file, precious.resolve("lock"), named.resolve("lock")}) {
            assertThat(kept).exists();
        }
    }

    @Test
    void missingParentIsNamed() {
        Path missing = parent.resolve("missing");
        assertThatThrownBy(() -> TemporaryFolder.create(missing))
                .isInstanceOf(BadDataException.class)
                .hasMessage(missing
                        + ": no temporary folder can be made there: no such file; set TMPDIR to another folder");
    }
}
