// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What a process runs on, as far as native libraries differ.
 *
 * @param os {@code linux}, {@code macos}, {@code windows}, or the JVM's word for another system
 * @param arch {@code x86_64}, {@code aarch64}, or the JVM's word for another processor
 * @param musl whether the C library is musl
 */
record Platform(String os, String arch, boolean musl) {
    /** Those that libraries are built for. */
    static final List<Platform> ALL = List.of(
            new Platform("linux", "x86_64", false),
            new Platform("linux", "x86_64", true),
            new Platform("linux", "aarch64", false),
            new Platform("linux", "aarch64", true),
            new Platform("macos", "x86_64", false),
            new Platform("macos", "aarch64", false),
            new Platform("windows", "x86_64", false));

    /** That of this process. */
    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), Path.of("/proc/self/maps"));
    }

    /**
     * The platform that a JVM describes.
     *
     * @param system its {@code os.name}
     * @param processor its {@code os.arch}
     * @param maps the list that Linux has of the files in the process's memory: musl's linker is among them, or it isn't musl
     */
    static Platform of(String system, String processor, Path maps) {
        String name = system.toLowerCase(Locale.ROOT);
        String os = name.startsWith("mac") ? "macos" : name.startsWith("windows") ? "windows" : name;
        String arch = switch (processor.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "x64" -> "x86_64";
            case "arm64", "aarch64" -> "aarch64";
            default -> processor;
        };
        return new Platform(os, arch, os.equals("linux") && hasMusl(maps));
    }

    private static boolean hasMusl(Path maps) {
        try {
            return Files.readString(maps, StandardCharsets.ISO_8859_1).contains("/ld-musl-"); // names have any bytes
        } catch (IOException e) {
            return false; // a system that hides the list
        }
    }

    /** The name of the folder with its libraries. */
    String folder() {
        return os + "-" + arch + (musl ? "-musl" : "");
    }

    /** The platforms whose libraries run on this one, beginning with itself: one that was built for glibc runs on musl. */
    List<Platform> compatible() {
        return musl ? List.of(this, new Platform(os, arch, false)) : List.of(this);
    }

    /** The name of a library's file. */
    String fileName(String library) {
        return switch (os) {
            case "windows" -> library + ".dll";
            case "macos" -> "lib" + library + ".dylib";
            default -> "lib" + library + ".so";
        };
    }

    /** Where a jar has the library, as a class loader names it. */
    String resource(String library) {
        return "META-INF/native/" + folder() + "/" + fileName(library);
    }

    /** Whether the file of a loaded library can't be deleted. */
    boolean keepsLoadedFiles() {
        return os.equals("windows");
    }
}
