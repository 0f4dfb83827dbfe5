// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that need temporary files, several at once in one folder, and killed: in processes of their own. */
@Timeout(300) // of a process that doesn't end
class SpillTest {
    /** The rows of a query, which take more memory than it may use. */
    private static final int ROWS = 1_000_000;

    /** The rows of a query that is still running when it is killed. */
    private static final long ENDLESS = 200_000_000;

    private static final String MEMORY_LIMIT = "25MB";

    /** Runs a command without the privilege of root to write everywhere. */
    private static final List<String> WITHOUT_PRIVILEGES = List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all");

    /** Runs a command that signals end, even if these tests run in the background or without a terminal. */
    private static final List<String> WITH_SIGNALS = List.of("env", "--default-signal=HUP,INT,TERM");

    @TempDir
    private Path folder;

    /** Where the processes run, which must stay empty. */
    private Path workingFolder;

    /** What TMPDIR names. */
    private Path temporary;

    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void makeFolders() throws IOException {
        workingFolder = Files.createDirectory(folder.resolve("working"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
    }

    @AfterEach
    void endProcesses() {
        started.forEach(Process::destroyForcibly);
    }

    /** The predictions are number / 16 and (number + 1) / 16, so each query has a loss of its own. */
    private static String query(int number, long rows) {
        return "SELECT ((%d + i %% 2) / 16)::FLOAT AS prediction, 1::TINYINT AS target FROM range(%d) t(i) ORDER BY hash(i)"
                .formatted(number, rows);
    }

    private static double loss(int number) {
        return 1 - (number + 0.5) / 16;
    }

    private static void assumeRuns(List<String> prefix, String reason) throws InterruptedException {
        boolean runs;
        try {
            List<String> command = new ArrayList<>(prefix);
            command.add("true");
            runs = new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException noSuchProgram) {
            runs = false;
        }
        assumeTrue(runs, reason);
    }

    private static void assumeSignals() throws InterruptedException {
        assumeRuns(WITH_SIGNALS, "env has no --default-signal, so signals may be ignored here");
    }

    private Process start(List<String> prefix, ProcessBuilder command) throws IOException {
        command.command().addAll(0, prefix);
        Process process = command.start();
        started.add(process);
        return process;
    }

    private ProcessBuilder eval(String query, Object... options) {
        return eval(Map.of(), query, options);
    }

    private ProcessBuilder eval(Map<String, String> environment, String query, Object... options) {
        List<Object> arguments =
                new ArrayList<>(List.of("eval", query, "--memory-limit", MEMORY_LIMIT, "--threads", "1", "--json"));
        arguments.addAll(List.of(options));
        List<String> jvmOptions =
                List.of("-Djava.io.tmpdir=" + temporary, "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData");
        return Exactloss.child(environment, jvmOptions, arguments.toArray())
                .directory(workingFolder.toFile())
                .redirectErrorStream(true);
    }

    private static JsonObject result(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return JsonParser.parseString(output).getAsJsonObject();
    }

    /** In two locales, whose encodings of names may differ. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void queriesInOneFolderDoNotMeet(int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            Map<String, String> environment = i % 2 == 0 ? Map.of() : Map.of("LC_ALL", "C");
            start(List.of(), eval(environment, query(i, ROWS)));
        }
        for (int i = 0; i < count; i++) {
            JsonObject json = result(started.get(i));
            assertThat(json.get("loss").getAsDouble()).isEqualTo(loss(i));
            assertThat(json.get("count").getAsLong()).isEqualTo(ROWS);
        }
        assertThat(workingFolder).isEmptyDirectory();
        assertThat(temporary).isEmptyDirectory();
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
            List<String> prefix = Files.isWritable(workingFolder) ? WITHOUT_PRIVILEGES : List.of();
            assumeRuns(prefix, "this user may write everywhere, and setpriv can't take that from a process");
            for (int i = 0; i < 2; i++) {
                String query = query(i, 0).replace("range(0) t(i)", "numbers");
                start(prefix, eval(query, "--database", database));
            }
            for (int i = 0; i < 2; i++) {
                assertThat(result(started.get(i)).get("loss").getAsDouble()).isEqualTo(loss(i));
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
        assumeSignals();
        Process process = start(WITH_SIGNALS, eval(query(0, ENDLESS)));
        waitForTemporaryFiles(process);
        kill(process, signal);
        assertThat(process.waitFor()).isEqualTo(exitCode);
        assertThat(process.getInputStream().readAllBytes()).isEmpty();
        assertThat(workingFolder).isEmptyDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void nextQueryRemovesWhatAKilledOneLeaves() throws IOException, InterruptedException {
        assumeSignals();
        Process living = start(WITH_SIGNALS, eval(query(0, ENDLESS)));
        waitForTemporaryFiles(living);
        Process killed = start(List.of(), eval(query(1, ENDLESS)));
        waitForTemporaryFiles(killed, 2);
        kill(killed, "KILL");
        assertThat(killed.waitFor()).isEqualTo(137);
        // The unpacked libraries have no name any more while they are used, so only folders are left.
        assertThat(temporary.toFile().list()).hasSize(2).allMatch(name -> name.startsWith("exactloss-query-"));
        assertThat(result(start(List.of(), eval("SELECT 0.25::FLOAT, 1")))
                        .get("loss")
                        .getAsDouble())
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
