// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.NodeList;

/** The command around the native benchmark, whose part a shell script plays. */
class BenchCommandTest {
    private static final String OLD_PICTURE = "<svg old><!-- drawn by exactloss -->";
    private static final int AVX2_COLOR = 0xD55E00;
    private static final int AVX512_COLOR = 0x0072B2;

    @TempDir
    private Path folder;

    /** A benchmark that prints what it was asked and then what a file has, and ends with a status. */
    private Exactloss run(String output, int status, Object... args) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("output"), output);
        Path program = Files.writeString(
                folder.resolve("benchmark"),
                "#!/bin/sh\necho \"asked: $*\" >&2\ncat '%s'\nexit %d\n".formatted(file, status));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return Exactloss.runChild(Map.of(BenchCommand.PROGRAM_VARIABLE, program.toString()), List.of(), args);
    }

    private static String json() {
        StringBuilder rows = new StringBuilder();
        for (int elements = 4096; elements <= 1 << 24; elements *= 16) {
            double read = 4e5 / elements + 30;
            for (String operation : List.of("read", "inexact_mean", "mnist_loss_mean", "where")) {
                rows.append("""
                        {"suite":"operations","operation":"%s","predictions":"float32","targets":"uint8","isa":"avx2",\
                        "threads":1,"elements":%d,"labels":"random","bytes_per_element":5,"bytes_written":0,"gb_per_s":%s,\
                        "share_of_bandwidth":%s},""".formatted(operation, elements, operation.equals("read") ? read : read / 2, 0.5));
            }
        }
        rows.setLength(rows.length() - 1);
        return "{\"machine\":\"A <machine> & more\",\"processors\":2,\"rows\":[" + rows + "]}\n";
    }

    @Test
    void passesOptionsAndOutputThrough() throws IOException, InterruptedException {
        Exactloss run = run("a table\n", 0, "bench", "--quick", "--suite", "threads", "--json");
        assertThat(run).isEqualTo(new Exactloss(0, "a table\n", "asked: --json --quick --suite threads\n"));
        assertThat(run("a table\n", 0, "bench").err()).isEqualTo("asked: \n");
    }

    @Test
    void aFailureOfTheBenchmarkIsOneOfTheCommand() throws IOException, InterruptedException {
        Exactloss run = run("half a ta", 3, "bench");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).endsWith("benchmark ended with the status 3\n");
    }

    @Test
    void drawsPixels() throws IOException, InterruptedException {
        Path chart = folder.resolve("roof.PNG");
        assertThat(run(json(), 0, "bench", "--quick", "--chart", chart))
                .isEqualTo(new Exactloss(0, "", "asked: --json --quick\n"));
        BufferedImage image = ImageIO.read(chart.toFile());
        assertThat(count(image, AVX2_COLOR)).isGreaterThan(1000);
        assertThat(count(image, AVX512_COLOR)).isZero();
    }

    private static long count(BufferedImage image, int color) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        int opaque = new Color(color).getRGB();
        return Arrays.stream(pixels).filter(pixel -> pixel == opaque).count();
    }

    /** From measurements of another machine, over an older picture. */
    @Test
    void drawsVectors() throws Exception {
        Path rows = Files.writeString(folder.resolve("rows.json"), json());
        Path chart = Files.writeString(folder.resolve("roof.svg"), OLD_PICTURE);
        Exactloss run = Exactloss.run("bench", "--from", rows, "--chart", chart);
        assertThat(run).isEqualTo(new Exactloss(0, "", ""));
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(chart.toFile())
                        .getDocumentElement()
                        .getTagName())
                .isEqualTo("svg");
        assertThat(Files.readString(chart)).contains("rgb(213,94,0)").doesNotContain("rgb(0,114,178)");
        assertThat(texts(chart))
                .contains("float32 predictions, uint8 targets, 1 thread of A <machine> & more")
                .contains("exact, AVX2", "inexact, AVX2", "mean", "inexact mean", "where", "1.0", "100 KB", "100 MB")
                .doesNotContain("exact, AVX-512", "read");
    }

    /** Nothing is above the roof, not even what was faster than the plain loop, by chance. */
    @Test
    void theRoofIsTheFastestThatReads() throws Exception {
        String json = json().replaceFirst("(\"operation\":\"mnist_loss_mean\".*?\"gb_per_s\":)[0-9.]+", "$1987");
        Path rows = Files.writeString(folder.resolve("rows.json"), json);
        Path chart = folder.resolve("roof.svg");
        assertThat(Exactloss.run("bench", "--from", rows, "--chart", chart).exitCode())
                .isZero();
        assertThat(texts(chart)).contains("987");
    }

    private static List<String> texts(Path svg) throws Exception {
        NodeList texts = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(svg.toFile())
                .getElementsByTagName("text");
        return IntStream.range(0, texts.getLength())
                .mapToObj(i -> texts.item(i).getTextContent())
                .toList();
    }

    @Test
    void drawsAndPrints() throws IOException, InterruptedException {
        Exactloss run = run(json(), 0, "bench", "--json", "--chart", folder.resolve("roof.png"));
        assertThat(run.out()).isEqualTo(json());
        assertThat(folder.resolve("roof.png")).isNotEmptyFile();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"machine\":\"m\",\"rows\":[]}",
                "{\"machine\":\"m\",\"rows\":[null]}",
                "{\"machine\":\"m\",\"rows\":[{}]}",
                "{\"machine\":\"m\",\"rows\":[{\"suite\":\"operations\",\"threads\":1}]}",
                "{\"machine\":\"m\",\"rows\":[{\"suite\":\"threads\",\"operation\":\"read\"}]}"
            })
    void whatIsNoMeasurementMakesNoPicture(String content) throws IOException {
        Path rows = Files.writeString(folder.resolve("rows.json"), content);
        Path chart = Files.writeString(folder.resolve("roof.png"), OLD_PICTURE);
        Exactloss run = Exactloss.run("bench", "--from", rows, "--chart", chart);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).startsWith("exactloss: ").hasLineCount(1);
        assertThat(run.err()).containsAnyOf(rows.toString(), "the measurements have no suite \"operations\"");
        assertThat(chart).hasContent(OLD_PICTURE);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("rows.json", "roof.png");
    }

    @Test
    void unreadableMeasurementsAreNamedWithTheReason() throws IOException {
        Path missing = folder.resolve("missing.json");
        assertUnreadable(missing, missing + ": no such file");
        Path npy = Npy.floats(folder.resolve("p.npy"), 0.9f);
        assertUnreadable(npy, npy + ": is not text in UTF-8");
        Path text = Files.writeString(folder.resolve("table.txt"), "suite operation\n");
        assertUnreadable(text, text + ": is no JSON, and so no output of exactloss-bench --json");
        Path endless = Path.of("/dev/zero");
        assumeTrue(Files.exists(endless), "this system has no /dev/zero");
        assertUnreadable(
                endless, endless + ": is no output of exactloss-bench --json: it has more than 16777216 bytes");
        Path other = Files.writeString(folder.resolve("other.json"), "{}");
        assertUnreadable(other, other + ": is no output of exactloss-bench --json");
    }

    private void assertUnreadable(Path rows, String problem) {
        Exactloss run = Exactloss.run("bench", "--from", rows, "--chart", folder.resolve("roof.png"));
        assertThat(run).isEqualTo(new Exactloss(1, "", "exactloss: " + problem + System.lineSeparator()));
    }

    @Test
    void aWrongOptionOfTheBenchmarkIsOneOfTheCommand() throws IOException, InterruptedException {
        Exactloss run = run("", 2, "bench", "--suite", "nope");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("asked: --suite nope\n");
    }

    @Test
    void aBenchmarkThatNobodyReadsIsNoFailure() throws IOException, InterruptedException {
        assertThat(run("", 141, "bench")).isEqualTo(new Exactloss(141, "", "asked: \n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/nowhere/exactloss-bench", "/"})
    void aMissingBenchmarkIsNamed(String program) throws IOException, InterruptedException {
        Exactloss run = Exactloss.runChild(Map.of(BenchCommand.PROGRAM_VARIABLE, program), List.of(), "bench");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains(BenchCommand.PROGRAM_VARIABLE, program).hasLineCount(1);
    }

    /** The limit to the size of a file fails as a full disk does: when the picture is written. */
    @Test
    void aPictureThatFindsNoRoomIsNamed() throws IOException, InterruptedException {
        Path rows = Files.writeString(folder.resolve("rows.json"), json());
        Path chart = Files.writeString(folder.resolve("roof.svg"), OLD_PICTURE);
        ProcessBuilder command =
                Exactloss.child(Map.of(), List.of("-XX:-UsePerfData"), "bench", "--from", rows, "--chart", chart);
        command.command().addAll(0, List.of("sh", "-c", "ulimit -f 1 && exec \"$@\"", "sh"));
        Process process = command.redirectErrorStream(true).start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("exactloss: %s: the picture cannot be written: File too large%n", chart);
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(chart).hasContent(OLD_PICTURE);
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("rows.json", "roof.svg");
    }

    /** Before anything is measured. */
    @Test
    void aFolderThatIsNotThereIsNamed() throws IOException, InterruptedException {
        Path chart = folder.resolve("missing/roof.png");
        Exactloss run = run(json(), 0, "bench", "--chart", chart);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains(chart.toString()).doesNotContain("asked").hasLineCount(1);
    }
}
