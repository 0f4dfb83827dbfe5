// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a JVM says of its platform, and the library for it. */
class PlatformTest {
    private static final String GLIBC = "7f00-7f01 r-xp 00000000 08:01 7 /lib64/ld-linux-x86-64.so.2\n";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, META-INF/native/linux-x86_64/libexactloss.so",
        "Linux, x86_64, META-INF/native/linux-x86_64/libexactloss.so",
        "Linux, aarch64, META-INF/native/linux-aarch64/libexactloss.so",
        "Linux, riscv64, META-INF/native/linux-riscv64/libexactloss.so",
        "Windows 11, amd64, META-INF/native/windows-x86_64/exactloss.dll",
        "Windows Server 2025, amd64, META-INF/native/windows-x86_64/exactloss.dll",
        "Windows 11, aarch64, META-INF/native/windows-aarch64/exactloss.dll",
        "Mac OS X, x86_64, META-INF/native/macos-x86_64/libexactloss.dylib",
        "Mac OS X, aarch64, META-INF/native/macos-aarch64/libexactloss.dylib",
        "Mac OS X, arm64, META-INF/native/macos-aarch64/libexactloss.dylib",
        "FreeBSD, amd64, META-INF/native/freebsd-x86_64/libexactloss.so"
    })
    void theLibraryOfAJvm(String system, String processor, String resource) {
        Platform platform = Platform.of(system, processor, directory.resolve("maps"));
        assertThat(platform.resource("exactloss")).isEqualTo(resource);
        assertThat(platform.compatible()).containsExactly(platform);
        assertThat(platform.keepsLoadedFiles()).isEqualTo(system.startsWith("Windows"));
    }

    /** A Turkish user's lower-case I has no dot. */
    @Test
    void theLanguageDoesNotMatter() {
        assertThat(Platform.of("LINUX", "AMD64", directory).folder()).isEqualTo("linux-x86_64");
    }

    @Test
    void linuxOnMuslTakesItsOwnLibraryFirst() throws Exception {
        Path maps = directory.resolve("maps");
        Files.write(
                maps,
                (GLIBC + "7f02-7f03 r-xp 00000000 08:01 8 /home/\u00ff\n7f04-7f05 r--p 00000000 08:01 9 "
                                + "/lib/ld-musl-aarch64.so.1\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        assertThat(Platform.of("Linux", "aarch64", maps).compatible())
                .extracting(Platform::folder)
                .containsExactly("linux-aarch64-musl", "linux-aarch64");
        assertThat(Platform.of("Mac OS X", "aarch64", maps).musl()).isFalse();

        Files.writeString(maps, GLIBC);
        assertThat(Platform.of("Linux", "aarch64", maps).musl()).isFalse();
    }

    @Test
    void thisPlatformIsOneOfThoseThatLibrariesAreBuiltFor() {
        assertThat(Platform.ALL).contains(Platform.current()).doesNotHaveDuplicates();
    }
}
