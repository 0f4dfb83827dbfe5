// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases that every language's binding passes to the bit, by the public methods. One test for each operation and type of
 * predictions, and one for the number of cases.
 */
class ConformanceTest {
    private int run;

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        List<ConformanceCase> cases = ConformanceCase.readAll(Path.of(System.getProperty("test.conformance")));
        Map<String, List<ConformanceCase>> groups =
                cases.stream().collect(groupingBy(ConformanceCase::group, TreeMap::new, toList()));
        return Stream.concat(
                groups.entrySet().stream()
                        .map(group -> DynamicTest.dynamicTest(group.getKey(), () -> runAll(group.getValue()))),
                Stream.of(DynamicTest.dynamicTest(
                        "every case", () -> assertThat(run).isEqualTo(cases.size()))));
    }

    private void runAll(List<ConformanceCase> cases) {
        List<String> failures = new ArrayList<>();
        for (ConformanceCase subject : cases) {
            for (MemoryKind memory : List.of(MemoryKind.HEAP, MemoryKind.OFF_HEAP, MemoryKind.UNALIGNED)) {
                int threads = memory == MemoryKind.UNALIGNED ? 3 : 1;
                try {
                    new ConformanceRun(subject, memory, threads).run();
                } catch (AssertionError e) {
                    failures.add(subject.name() + ", " + memory + ": " + e.getMessage()
                            + (e.getCause() == null ? "" : ": " + e.getCause()));
                }
            }
            run++;
        }
        assertThat(failures).isEmpty();
    }
}
