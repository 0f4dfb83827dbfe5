// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.xerial.snappy.SnappyLoader;

/**
 * The native library of Snappy. Where the loader of musl is installed beside glibc, as the tests of this project need it, Snappy
 * takes its library for musl, which glibc cannot load.
 */
final class SnappyLibrary {
    private static final Path MUSL = Path.of("/lib/ld-musl-x86_64.so.1");
    private static final Path GLIBC = Path.of("/lib64/ld-linux-x86-64.so.2");
    private static final String NAME = "libsnappyjava.so";

    private SnappyLibrary() {}

    /** Makes Snappy take the library for glibc, if it would not do so by itself. It must not have been used yet. */
    static synchronized void choose() {
        if (!Files.exists(MUSL)
                || !Files.exists(GLIBC)
                || System.getProperty(SnappyLoader.KEY_SNAPPY_LIB_PATH) != null) {
            return;
        }
        try (InputStream library = SnappyLoader.class.getResourceAsStream("native/Linux/x86_64/" + NAME)) {
            Path folder = Files.createTempDirectory("snappy");
            folder.toFile().deleteOnExit();
            Path file = folder.resolve(NAME);
            Files.copy(library, file);
            file.toFile().deleteOnExit();
            System.setProperty(SnappyLoader.KEY_SNAPPY_LIB_PATH, folder.toString());
            System.setProperty(SnappyLoader.KEY_SNAPPY_LIB_NAME, NAME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
