// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.internal.bindings.exactloss_accumulator;
import io.github.exactloss.internal.bindings.exactloss_evaluation;
import io.github.exactloss.internal.bindings.exactloss_h;
import io.github.exactloss.internal.bindings.exactloss_loss_result;
import io.github.exactloss.internal.bindings.exactloss_rows;
import io.github.exactloss.internal.bindings.exactloss_violation;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed bindings fit the header and the library, whatever made them. The header is read as text for the names that
 * it declares, and compiled into a program that prints its numbers.
 */
class BindingsTest {
    private static final String FIX = "run java/bindings/generate.sh; new names belong in its lists of includes";
    private static final Path HEADER = Path.of(System.getProperty("test.header"));
    private static final Class<?> BINDINGS = exactloss_h.class;
    private static final List<GroupLayout> STRUCTS = List.of(
            exactloss_accumulator.layout(),
            exactloss_evaluation.layout(),
            exactloss_loss_result.layout(),
            exactloss_rows.layout(),
            exactloss_violation.layout());

    private final String header;

    BindingsTest() throws IOException {
        this.header = Files.readString(HEADER).replaceAll("(?s)/\\*.*?\\*/", "");
    }

    @BeforeAll
    static void load() {
        NativeLibrary.location();
    }

    private Set<String> declared(String regex) {
        return Pattern.compile(regex, Pattern.MULTILINE)
                .matcher(header)
                .results()
                .map(match -> match.group(1))
                .collect(toCollection(TreeSet::new));
    }

    private Set<String> declaredConstants() {
        return declared("^#define (EXACTLOSS_\\w+) +[-(\\d]");
    }

    private Set<String> declaredFunctions() {
        return declared("^EXACTLOSS_API[^(]*?(exactloss_\\w+)\\(");
    }

    private Set<String> generated(Pattern method) {
        return Arrays.stream(BINDINGS.getMethods())
                .flatMap(m -> method.matcher(m.getName()).results())
                .map(MatchResult::group)
                .collect(toCollection(TreeSet::new));
    }

    private Object call(String method) throws ReflectiveOperationException {
        Method found = BINDINGS.getMethod(method);
        return found.invoke(null);
    }

    @Test
    void everyNameOfTheHeaderIsBoundAndNoOther() {
        assertThat(generated(Pattern.compile("^EXACTLOSS_\\w+$"))).as(FIX).isEqualTo(declaredConstants());
        assertThat(generated(Pattern.compile("^exactloss_\\w+$"))).as(FIX).isEqualTo(declaredFunctions());
        assertThat(STRUCTS.stream().map(struct -> struct.name().orElseThrow()))
                .as(FIX)
                .containsExactlyInAnyOrderElementsOf(declared("^\\} (\\w+);"));
    }

    @Test
    void everyFunctionIsInTheLibrary() throws Exception {
        for (String function : declaredFunctions()) {
            MemorySegment address = (MemorySegment) call(function + "$address");
            assertThat(address.address()).as(function).isNotZero();
        }
    }

    @Test
    void signaturesFit() throws Exception {
        for (String function : declaredFunctions()) {
            MatchResult declaration = Pattern.compile("EXACTLOSS_API ([^;]*?)" + function + "\\(([^;]*)\\);")
                    .matcher(header)
                    .results()
                    .findFirst()
                    .orElseThrow();
            FunctionDescriptor descriptor = (FunctionDescriptor) call(function + "$descriptor");
            String parameters = descriptor.argumentLayouts().stream()
                    .map(BindingsTest::kind)
                    .collect(joining(" "));
            String declared = declaration.group(2).equals("void")
                    ? ""
                    : Arrays.stream(declaration.group(2).split(","))
                            .map(BindingsTest::kindOfParameter)
                            .collect(joining(" "));
            assertThat(parameters).as(function).isEqualTo(declared);
            assertThat(kind(descriptor.returnLayout().orElseThrow()))
                    .as(function)
                    .isEqualTo(kindOfParameter(declaration.group(1)));
        }
    }

    /** The type of a C parameter or result, as the class of the Java value that is passed for it. */
    private static String kindOfParameter(String declaration) {
        if (declaration.contains("*")) {
            return "MemorySegment";
        }
        return declaration.strip().replaceFirst(" .*", "").replace("int64_t", "long");
    }

    private static String kind(MemoryLayout layout) {
        return ((ValueLayout) layout).carrier().getSimpleName();
    }

    @Test
    void sizesOffsetsAndConstantsFit(@TempDir Path directory) throws Exception {
        Map<String, Long> expected = new TreeMap<>();
        for (String constant : declaredConstants()) {
            expected.put(constant, ((Number) call(constant)).longValue());
        }
        for (GroupLayout struct : STRUCTS) {
            String name = struct.name().orElseThrow();
            expected.put("sizeof(" + name + ")", struct.byteSize());
            for (MemoryLayout member : struct.memberLayouts()) {
                assertThat(member).as(name).isNotInstanceOf(PaddingLayout.class);
                String field = member.name().orElseThrow();
                expected.put("sizeof(((%s *)0)->%s)".formatted(name, field), member.byteSize());
                expected.put(
                        "offsetof(%s, %s)".formatted(name, field),
                        struct.byteOffset(MemoryLayout.PathElement.groupElement(field)));
            }
        }
        String prints = expected.keySet().stream()
                .map(expression -> "  printf(\"%%s=%%lld\\n\", \"%1$s\", (long long)%1$s);\n".formatted(expression))
                .collect(joining());
        Path program = CCompiler.compile(
                directory,
                "print_header",
                "#include <stddef.h>\n#include <stdio.h>\n#include \"" + HEADER.toAbsolutePath()
                        + "\"\nint main(void) {\n" + prints + "  return 0;\n}\n");
        Map<String, Long> actual = CCompiler.run(List.of(program.toString()))
                .lines()
                .map(line -> line.split("="))
                .collect(toMap(parts -> parts[0], parts -> Long.valueOf(parts[1])));
        assertThat(actual).as(FIX).isEqualTo(expected);
    }
}
