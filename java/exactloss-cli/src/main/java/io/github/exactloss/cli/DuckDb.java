// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.c.jni.JniLoader;
import org.duckdb.DuckDBDriver;

/** Connections to DuckDB, and what its messages say. */
final class DuckDb {
    /** What Arrow puts around the message of a stream's producer. */
    private static final Pattern STREAM_ERROR = Pattern.compile(".*message=(.*)\\}", Pattern.DOTALL);

    /** The names of the files that DuckDB's driver and Arrow unpack their libraries to. */
    private static final Pattern UNPACKED = Pattern.compile(".*/((libduckdb_java|jnilib-)[^/]*)");

    /** What the driver unpacks. Where there is less space, it leaves the beginning of a library behind. */
    private static final long UNPACKED_BYTES = 64_000_000;

    /** DuckDB's name for the first, empty database of a connection. */
    private static final String FIRST_DATABASE = "memory";

    /** The name of the empty database that replaces it. */
    private static final String EMPTY_DATABASE = "exactloss empty";

    private DuckDb() {}

    /**
     * Connects to an empty database, or to one in a file.
     *
     * @param database is only read; null for none
     * @param threads how many DuckDB uses
     * @param memoryLimit what it may use before it writes temporary files, such as 4GB; null for its own limit
     * @param temporary where it writes temporary files
     * @throws BadDataException if the file can't be read or is no such database; the message names it
     */
    static Connection connect(Path database, int threads, String memoryLimit, Path temporary) throws SQLException {
        if (database != null && !Files.isRegularFile(database)) {
            String problem = Files.exists(database) ? "is not a regular file" : "no such file";
            throw new BadDataException(database + ": " + problem);
        }
        Properties properties = new Properties();
        properties.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
        properties.setProperty("threads", Integer.toString(threads));
        properties.setProperty("temp_directory", temporary.toString());
        if (memoryLimit != null) {
            properties.setProperty("memory_limit", memoryLimit);
        }
        // The file's name is not part of the URL, where ";" would begin options.
        Connection connection = load(properties);
        try {
            if (database != null) {
                attach(connection, database);
            }
            return connection;
        } catch (SQLException failure) {
            connection.close();
            throw new BadDataException(database + ": cannot be opened as a database of DuckDB: " + reason(failure));
        }
    }

    private static Connection load(Properties properties) throws SQLException {
        try {
            requireSpace();
            Connection connection = DriverManager.getConnection("jdbc:duckdb:", properties);
            JniLoader.get().ensureLoaded();
            return connection;
        } catch (BadDataException problem) {
            throw problem;
        } catch (LinkageError | RuntimeException failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new BadDataException(
                    "%s: DuckDB's library cannot be loaded from there: %s; set TMPDIR to another folder"
                            .formatted(systemTemporaryFolder(), cause.getMessage()));
        } finally {
            removeUnpacked();
        }
    }

    private static void requireSpace() {
        File folder = systemTemporaryFolder().toFile();
        if (isTooFull(folder.getUsableSpace(), folder.getTotalSpace())) {
            throw new BadDataException("%s: DuckDB needs %d MB there; make room, or set TMPDIR to another folder"
                    .formatted(systemTemporaryFolder(), UNPACKED_BYTES / 1_000_000));
        }
    }

    /** Whether a file system has no room for the libraries. One that doesn't tell its space has a total of 0. */
    static boolean isTooFull(long usable, long total) {
        return total > 0 && usable < UNPACKED_BYTES;
    }

    /** Where the libraries are unpacked to. The launcher passes TMPDIR to Java. */
    static Path systemTemporaryFolder() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    /**
     * Removes the names of the libraries that are loaded, on Linux, so that no kind of end leaves 60 MB behind. Elsewhere,
     * and if the names can't be found, the libraries are removed at the usual ends.
     */
    private static void removeUnpacked() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
                Matcher unpacked = UNPACKED.matcher(line);
                if (unpacked.matches()) {
                    Files.deleteIfExists(systemTemporaryFolder().resolve(unpacked.group(1)));
                }
            }
        } catch (IOException noSuchFile) {
            // Not Linux.
        }
    }

    /** Makes a file the database of unqualified names, as if it alone had been opened. */
    private static void attach(Connection connection, Path database) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // A file may be called memory.db, and a database has its file's name.
            statement.execute("ATTACH ':memory:' AS \"" + EMPTY_DATABASE + '"');
            statement.execute("USE \"" + EMPTY_DATABASE + '"');
            statement.execute("DETACH " + FIRST_DATABASE);
            // A relative name could begin with a word and a colon, which DuckDB would take for a kind of database.
            statement.execute("ATTACH %s (READ_ONLY, TYPE duckdb)"
                    .formatted(quoted(database.toAbsolutePath().toString())));
            try (ResultSet attached = statement.executeQuery(
                    "SELECT database_name FROM duckdb_databases() WHERE readonly AND NOT internal")) {
                attached.next();
                connection.setCatalog(attached.getString(1));
            }
        }
    }

    /**
     * Requires a query to be one SELECT. Otherwise nothing of it is run: DuckDB would run all statements but the last to
     * find out what the last one is.
     *
     * @throws BadDataException if it is not
     */
    static void requireSelect(Connection connection, String query) throws SQLException {
        // The function parses, and runs nothing.
        String parse = """
                SELECT tree ->> '$.error_type', tree ->> '$.error_message', json_array_length(tree, '$.statements')
                FROM (SELECT json_serialize_sql(?::VARCHAR) AS tree)""";
        try (PreparedStatement statement = connection.prepareStatement(parse)) {
            statement.setString(1, query);
            try (ResultSet parsed = statement.executeQuery()) {
                parsed.next();
                String error = parsed.getString(1);
                if ("not implemented".equals(error)) {
                    throw new BadDataException(
                            "the query must be one SELECT, FROM, WITH or VALUES, and nothing was run;"
                                    + " --database and --memory-limit stand for ATTACH and SET");
                }
                if (error != null) {
                    throw new BadDataException(fileHint(query, "the query fails: " + parsed.getString(2)));
                }
                int statements = parsed.getInt(3);
                if (statements != 1) {
                    throw new BadDataException(
                            statements == 0
                                    ? "the query is empty"
                                    : "the query has %d statements, and must have one; nothing was run"
                                            .formatted(statements));
                }
            }
        }
    }

    /** Somebody may give a file's name where a query belongs. */
    private static String fileHint(String query, String message) {
        try {
            Path file = Path.of(query);
            if (!Files.isRegularFile(file)) {
                return message;
            }
            boolean numpy =
                    file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".npy");
            return numpy
                    ? query + ": is a file, not a query; NumPy files are given by --predictions and --targets"
                    : query + ": is a file, not a query; to read all of it, write \"FROM " + quoted(query) + "\"";
        } catch (InvalidPathException noFile) {
            return message;
        }
    }

    /** A string of SQL. */
    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** The first paragraph of DuckDB's message: below are the query with a mark, and hints of a page's length. */
    static String reason(Exception failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("max_temp_directory_size")) {
            return "its temporary files need more space than there is in %s; set TMPDIR to another folder, or raise --memory-limit"
                    .formatted(systemTemporaryFolder());
        }
        Matcher wrapped = STREAM_ERROR.matcher(message);
        return (wrapped.matches() ? wrapped.group(1) : message).strip().split("\\R\\s*\\R", 2)[0];
    }
}
