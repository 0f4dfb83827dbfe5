// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void namePath() {
        path = folder.resolve("report.html");
    }

    private static OutputFile create(Path path) {
        return OutputFile.create("report", path);
    }

    @Test
    void reportAppearsWholeOrNotAtAll() {
        try (OutputFile file = create(path)) {
            assertThat(path).doesNotExist();
            file.write("é\n");
            assertThat(path).hasContent("é");
        }
        assertThat(folder).isDirectoryContaining(path::equals);
        assertNothingElse();
    }

    @Test
    void oldReportStaysUntilTheNewOneIsComplete() throws IOException {
        Files.writeString(path, "old");
        try (OutputFile file = create(path)) {
            assertThat(path).hasContent("old");
            file.write("new");
        }
        assertThat(path).hasContent("new");
        assertNothingElse();
    }

    @Test
    void failedWorkLeavesNothing() throws IOException {
        Files.writeString(path, "old");
        create(path).close();
        assertThat(path).hasContent("old");
        assertNothingElse();
    }

    @Test
    void linkToAReportStaysALink() throws IOException {
        Path link = folder.resolve("latest.html");
        Files.writeString(path, "old");
        Files.createSymbolicLink(link, path);
        try (OutputFile file = create(link)) {
            file.write("new");
        }
        assertThat(link).isSymbolicLink().hasContent("new");
        assertThat(path).hasContent("new");
    }

    @Test
    void othersMayReadIt() throws IOException {
        Path ordinary = Files.createFile(folder.resolve("ordinary"));
        try (OutputFile file = create(path)) {
            file.write("");
        }
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(Files.getPosixFilePermissions(ordinary));
    }

    @Test
    void missingFolderIsNamed() {
        Path missing = folder.resolve("missing").resolve("report.html");
        assertThatThrownBy(() -> create(missing))
                .isInstanceOf(BadDataException.class)
                .hasMessage(missing + ": the report cannot be written: no such folder");
    }

    @Test
    void readOnlyFolderIsNamed() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
        try {
            assumeTrue(!Files.isWritable(folder), "this user may write anywhere");
            assertThatThrownBy(() -> create(path))
                    .isInstanceOf(BadDataException.class)
                    .hasMessage(path + ": the report cannot be written: permission denied");
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void onlyAFileIsReplaced() {
        Path device = Path.of("/dev/null");
        for (Path other : new Path[] {folder, device}) {
            assertThatThrownBy(() -> create(other))
                    .isInstanceOf(BadDataException.class)
                    .hasMessage(other + ": is no file that a report may replace");
        }
        assertThat(Files.isRegularFile(device)).isFalse();
    }

    private void assertNothingElse() {
        assertThat(folder.toFile().list()).containsExactly("report.html");
    }
}
