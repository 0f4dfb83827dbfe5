// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import io.github.exactloss.Loss;
import io.github.exactloss.spark.ExactLoss;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * A folder as an installation of Spark is one: the jars of this class path, and scripts that run Spark's own launcher. It is
 * the folder in SPARK_HOME, which the build sets for the tests: an executor of a cluster in this JVM looks there too.
 */
public final class SparkHome {
    /** Where it is. */
    public static final Path PATH = Path.of(System.getenv("SPARK_HOME"));

    /** Options of a JVM that does not live long. */
    static final String SMALL_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    /** Spark's launcher prints the words of a command, with a zero byte after each; before the first one a line is empty. */
    private static final String SPARK_CLASS = """
            #!/bin/bash
            set -eu
            SPARK_HOME=$(cd "$(dirname "$0")/.." && pwd)
            export SPARK_HOME SPARK_SCALA_VERSION=@SCALA_VERSION@
            mapfile -d '' -t command < <("$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -cp "$SPARK_HOME/jars/*" \\
                org.apache.spark.launcher.Main "$@")
            ((${#command[@]} > 1)) || exit 1
            command[1]=${command[1]#$'\\n'}
            exec "${command[@]:1}"
            """;

    private static final String SPARK_SUBMIT = """
            #!/bin/bash
            exec "$(dirname "$0")/spark-class" org.apache.spark.deploy.SparkSubmit "$@"
            """;

    private static final String LOG = """
            rootLogger.level = info
            rootLogger.appenderRef.console.ref = console
            appender.console.type = Console
            appender.console.name = console
            appender.console.target = SYSTEM_ERR
            appender.console.layout.type = PatternLayout
            appender.console.layout.pattern = %p %c{1}: %m%n
            """;

    private static boolean made;

    private SparkHome() {}

    /** Makes it, once in a run: with the jars of this class path alone. */
    public static synchronized void make() {
        if (made) {
            return;
        }
        try {
            Files.createDirectories(PATH.resolve("jars"));
            try (Stream<Path> jars = Files.list(PATH.resolve("jars"))) {
                for (Path jar : jars.toList()) {
                    Files.delete(jar);
                }
            }
            Files.createDirectories(PATH.resolve("bin"));
            Files.createDirectories(PATH.resolve("conf"));
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            for (String entry : classPath.split(File.pathSeparator, -1)) {
                Path jar = Path.of(entry).toAbsolutePath();
                if (Files.isRegularFile(jar)
                        && !jar.getFileName().toString().matches("(exactloss|junit|surefire|assertj).*")) {
                    Files.createSymbolicLink(PATH.resolve("jars").resolve(jar.getFileName()), jar);
                }
            }
            script("spark-class", SPARK_CLASS.replace("@SCALA_VERSION@", System.getenv("SPARK_SCALA_VERSION")));
            script("spark-submit", SPARK_SUBMIT);
            Files.writeString(PATH.resolve("conf/log4j2.properties"), LOG);
            made = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void script(String name, String text) throws IOException {
        Path file = Files.writeString(PATH.resolve("bin").resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A command of the installation, with nothing of this process's environment that steers Spark. */
    public static ProcessBuilder command(String script, List<String> arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Stream.concat(Stream.of(PATH.resolve("bin").resolve(script).toString()), arguments.stream())
                        .toList());
        builder.environment().keySet().removeIf(name -> name.startsWith("SPARK_") || name.startsWith("JAVA_"));
        builder.environment()
                .putAll(Map.of(
                        "JAVA_HOME",
                        System.getProperty("java.home"),
                        "SPARK_LOCAL_IP",
                        "127.0.0.1",
                        "SPARK_DAEMON_MEMORY",
                        "256m",
                        "SPARK_DAEMON_JAVA_OPTS",
                        SMALL_JVM));
        return builder;
    }

    /** What an application needs: the jars of the library, of this module, and of its tests. */
    public static List<Path> jars(Path folder) {
        return Stream.of(Loss.class, ExactLoss.class, SparkHome.class)
                .map(type -> jarOf(type, folder))
                .toList();
    }

    /** A jar of the classes that a class was compiled with; where they lie in one, that jar. */
    private static Path jarOf(Class<?> type, Path folder) {
        try {
            Path classes = Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (Files.isRegularFile(classes)) {
                return classes;
            }
            Path jar = folder.resolve(type.getSimpleName() + ".jar");
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                    Stream<Path> files = Files.walk(classes)) {
                for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                    out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                    Files.copy(file, out);
                }
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
