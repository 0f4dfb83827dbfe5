// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.exactloss.cli.OutputFile.Kind;
import io.github.exactloss.cli.chart.Axis;
import io.github.exactloss.cli.chart.Chart;
import io.github.exactloss.cli.chart.Figure;
import io.github.exactloss.cli.chart.Figure.Panel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputFileTest {
    private static final String OLD = EvalReportTest.OLD_REPORT;

    @TempDir
    private Path folder;

    private Path path;

    @BeforeEach
    void namePath() {
        path = folder.resolve("report.html");
    }

    private static OutputFile create(Path path) {
        return OutputFile.create(Kind.REPORT, path);
    }

    private static void write(Path path) {
        try (OutputFile file = create(path)) {
            file.write("new");
        }
    }

    private static void assertKept(Path path) {
        assertThatThrownBy(() -> create(path))
                .isInstanceOf(BadDataException.class)
                .hasMessage(path + ": is there already, and is no report that may be replaced;"
                        + " choose another name, or remove it");
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

    @ParameterizedTest
    @ValueSource(strings = {OLD, ""})
    void oldReportStaysUntilTheNewOneIsComplete(String old) throws IOException {
        Files.writeString(path, old);
        try (OutputFile file = create(path)) {
            assertThat(path).hasContent(old);
            file.write("new");
        }
        assertThat(path).hasContent("new");
        assertNothingElse();
    }

    @Test
    void failedWorkLeavesNothing() throws IOException {
        Files.writeString(path, OLD);
        create(path).close();
        assertThat(path).hasContent(OLD);
        assertNothingElse();
    }

    /** Whatever a file is, a report replaces only a report: a table, a page of the user's, or one that ends too early. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "score,label\n0.9,1\n",
                "\u0093NUMPY",
                "PAR1",
                "{}",
                "\n",
                "<!DOCTYPE html>\n<title>mine</title>\n",
                "<!DOCTYPE html>\n<meta name=\"generator\" content=\"exac",
                "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"
            })
    void otherFilesAreKept(String content) throws IOException {
        Files.writeString(path, content, StandardCharsets.ISO_8859_1);
        assertKept(path);
        assertThat(Files.readString(path, StandardCharsets.ISO_8859_1)).isEqualTo(content);
        assertNothingElse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "svg"})
    void picturesReplacePictures(String format) throws IOException {
        Chart chart = new Chart("description", Axis.within("x", 0, 1), Axis.within("y", 0, 1));
        byte[] picture = new Figure("title", List.of(), List.of(new Panel(chart, 40, 400))).write(format);
        Files.write(path, picture);
        assertKept(path);
        try (OutputFile file = OutputFile.create(Kind.PICTURE, path)) {
            file.write(picture);
        }
        assertThat(path).hasBinaryContent(picture);
    }

    /** Above all no picture of the user's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                OLD,
                "\u0089PNG\r\n\u001a\n",
                "\u0089PNG\r\n\u001a\ntEXtSoftware\0another",
                "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
                "<svg><desc>of exactloss</desc></svg>"
            })
    void picturesReplaceNothingElse(String content) throws IOException {
        Files.writeString(path, content, StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> OutputFile.create(Kind.PICTURE, path))
                .hasMessage(path + ": is there already, and is no picture that may be replaced;"
                        + " choose another name, or remove it");
        assertThat(Files.readString(path, StandardCharsets.ISO_8859_1)).isEqualTo(content);
    }

    /** The same file by any of its names. */
    @Test
    void otherFilesAreKeptUnderEveryName() throws IOException {
        Path data = Files.writeString(folder.resolve("scores.csv"), "score,label\n0.9,1\n");
        Path subfolder = Files.createDirectory(folder.resolve("pages"));
        Path link = Files.createSymbolicLink(folder.resolve("link.html"), data.getFileName());
        assertKept(link);
        assertKept(Files.createSymbolicLink(folder.resolve("second.html"), link));
        assertKept(Files.createLink(folder.resolve("hard.html"), data));
        assertKept(subfolder.resolve("../scores.csv"));
        assertKept(Files.createSymbolicLink(folder.resolve("here"), folder).resolve("scores.csv"));
        assertKept(Path.of("").toAbsolutePath().relativize(data));
        assertThat(data).hasContent("score,label\n0.9,1\n");
    }

    @Test
    void fileThatComesMeanwhileIsKept() throws IOException {
        try (OutputFile file = create(path)) {
            Files.writeString(path, "score,label\n");
            assertThatThrownBy(() -> file.write("new")).hasMessageContaining("is no report that may be replaced");
        }
        assertThat(path).hasContent("score,label\n");
        assertNothingElse();
    }

    @Test
    void linkToAReportStaysALink() throws IOException {
        Path link = folder.resolve("latest.html");
        Files.writeString(path, OLD);
        Files.createSymbolicLink(link, path.getFileName());
        write(link);
        assertThat(link).isSymbolicLink().hasContent("new");
        assertThat(path).hasContent("new");
    }

    @Test
    void linkToNoFileYetStaysALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("latest.html"), path.getFileName());
        write(link);
        assertThat(link).isSymbolicLink().hasContent("new");
        assertThat(path).isRegularFile().hasContent("new");
    }

    @Test
    void circleOfLinksIsNamed() throws IOException {
        Path link = Files.createSymbolicLink(path, path.getFileName());
        assertThatThrownBy(() -> create(link))
                .hasMessage(link + ": the report cannot be written: too many symbolic links");
    }

    @Test
    void othersMayReadIt() throws IOException {
        Path ordinary = Files.createFile(folder.resolve("ordinary"));
        write(path);
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(Files.getPosixFilePermissions(ordinary));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rw-rw-rw-", "rwxr-x---"})
    void permissionsStay(String permissions) throws IOException {
        Files.writeString(path, OLD);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        write(path);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo(permissions);
    }

    @Test
    void groupStays() throws IOException {
        Files.writeString(path, OLD);
        PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        GroupPrincipal group =
                path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName("12345");
        try {
            view.setGroup(group);
        } catch (IOException notAllowed) {
            assumeTrue(false, "only root may choose any group");
        }
        write(path);
        assertThat(Files.readAttributes(path, PosixFileAttributes.class).group())
                .isEqualTo(group);
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
