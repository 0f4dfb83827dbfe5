// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that need temporary files, several at once in one folder, and killed: in processes of their own. */
class SpillTest {
    /** The rows of a query, which take more memory than it may use. */
    private static final int ROWS = 2_000_000;

    private static final String MEMORY_LIMIT = "40MB";

    @TempDir
    private Path folder;

    /** Where the processes run, which must stay empty. */
    private Path workingFolder;

    /** What TMPDIR names. */
    private Path temporary;

    @BeforeEach
    void makeFolders() throws IOException {
        workingFolder = Files.createDirectory(folder.resolve("working"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
    }

    /** Its loss is that of two predictions, which every query has others of: a quarter of a number, and a quarter more. */
    private static String query(int quarters, long rows) {
        return "SELECT ((%d + i %% 2) / 4)::FLOAT AS prediction, 1::TINYINT AS target FROM range(%d) t(i) ORDER BY hash(i)"
                .formatted(quarters, rows);
    }

    private static double loss(int quarters) {
        return 1 - (quarters + 0.5) / 4;
    }

    private ProcessBuilder eval(String query, Object... options) {
        List<Object> arguments =
                new ArrayList<>(List.of("eval", query, "--memory-limit", MEMORY_LIMIT, "--threads", "1", "--json"));
        arguments.addAll(List.of(options));
        List<String> jvmOptions = List.of(
                "-Djava.io.tmpdir=" + temporary,
                "-Dexactloss.library.path=" + System.getProperty("test.native.library"),
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData");
        return Exactloss.child(Map.of(), jvmOptions, arguments.toArray())
                .directory(workingFolder.toFile())
                .redirectErrorStream(true);
    }

    private static JsonObject result(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return JsonParser.parseString(output).getAsJsonObject();
    }

    private void assertResults(List<Process> processes) throws IOException, InterruptedException {
        for (int i = 0; i < processes.size(); i++) {
            JsonObject json = result(processes.get(i));
            assertThat(json.get("loss").getAsDouble()).isEqualTo(loss(i % 3));
            assertThat(json.get("count").getAsLong()).isEqualTo(ROWS);
        }
        assertThat(workingFolder).isEmptyDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void queriesInOneFolderDoNotMeet(int count) throws IOException, InterruptedException {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            processes.add(eval(query(i % 3, ROWS)).start());
        }
        assertResults(processes);
    }

    /** DuckDB's own place for temporary files would be beside the database, or else in the working folder. */
    @Test
    void readersOfOneDatabaseInAReadOnlyFolderDoNotMeet() throws IOException, InterruptedException, SQLException {
        Path database = folder.resolve("working/scores.db");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE numbers AS SELECT i FROM range(" + ROWS + ") t(i)");
        }
        Files.setPosixFilePermissions(workingFolder, PosixFilePermissions.fromString("r-x------"));
        try {
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                String query = query(i, 0).replace("range(0) t(i)", "numbers");
                processes.add(eval(query, "--database", database).start());
            }
            for (int i = 0; i < 2; i++) {
                assertThat(result(processes.get(i)).get("loss").getAsDouble()).isEqualTo(loss(i));
            }
            assertThat(workingFolder.toFile().list()).containsExactly("scores.db");
            assertThat(temporary).isEmptyDirectory();
        } finally {
            Files.setPosixFilePermissions(workingFolder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    void interruptedQueryLeavesNothing(String signal, int exitCode) throws IOException, InterruptedException {
        Process process = eval(query(0, 100L * ROWS)).start();
        waitForTemporaryFiles(process);
        kill(process, signal);
        assertThat(process.waitFor()).isEqualTo(exitCode);
        assertThat(process.getInputStream().readAllBytes()).isEmpty();
        assertThat(workingFolder).isEmptyDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void nextQueryRemovesWhatAKilledOneLeaves() throws IOException, InterruptedException {
        Process living = eval(query(0, 100L * ROWS)).start();
        waitForTemporaryFiles(living);
        Process killed = eval(query(1, 100L * ROWS)).start();
        waitForTemporaryFiles(killed, 2);
        kill(killed, "KILL");
        assertThat(killed.waitFor()).isEqualTo(137);
        // The unpacked libraries have no name any more while they are used, so only folders are left.
        assertThat(temporary.toFile().list()).hasSize(2).allMatch(name -> name.startsWith("exactloss-query-"));
        assertThat(result(eval("SELECT 0.25::FLOAT, 1").start()).get("loss").getAsDouble())
                .isEqualTo(0.75);
        assertThat(temporary.toFile().list()).hasSize(1);
        kill(living, "TERM");
        assertThat(living.waitFor()).isEqualTo(143);
        assertThat(temporary).isEmptyDirectory();
    }

    private static void kill(Process process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void waitForTemporaryFiles(Process process) throws IOException, InterruptedException {
        waitForTemporaryFiles(process, 1);
    }

    /** Waits until as many processes have written rows to files. */
    private void waitForTemporaryFiles(Process process, long processes) throws IOException, InterruptedException {
        long spilling = 0;
        while (spilling < processes && !process.waitFor(10, TimeUnit.MILLISECONDS)) {
            try (Stream<Path> folders = Files.list(temporary)) {
                spilling = folders.filter(SpillTest::hasRows).count();
            }
        }
        assertThat(process.isAlive())
                .as("a process that writes temporary files")
                .isTrue();
    }

    private static boolean hasRows(Path file) {
        String[] names = file.toFile().list((folder, name) -> name.startsWith("duckdb"));
        return names != null && names.length > 0;
    }
}
