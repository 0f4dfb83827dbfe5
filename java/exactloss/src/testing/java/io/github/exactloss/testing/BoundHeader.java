// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.testing;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

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

/**
 * Headers, and the committed bindings that were made of them by any tool. The headers are read as text for the names that
 * they declare, and compiled into a program that prints their numbers.
 */
public final class BoundHeader {
    private static final String FIX = "run java/bindings/generate.sh; new names belong in its lists of includes";

    private final Path folder = Path.of(System.getProperty("test.headers"));
    private final Class<?> bindings;
    private final List<GroupLayout> structs;
    private final List<String> headers;
    private final String declarations;

    /**
     * Headers in the folder that {@code -Dtest.headers} names.
     *
     * @param bindings of a library that has been loaded
     */
    public BoundHeader(Class<?> bindings, List<GroupLayout> structs, String... headers) throws IOException {
        this.bindings = bindings;
        this.structs = structs;
        this.headers = List.of(headers);
        StringBuilder text = new StringBuilder();
        for (String header : headers) {
            text.append(Files.readString(folder.resolve(header)));
        }
        this.declarations = text.toString().replaceAll("(?s)/\\*.*?\\*/", "");
    }

    private Set<String> declared(String regex) {
        return Pattern.compile(regex, Pattern.MULTILINE)
                .matcher(declarations)
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
        return Arrays.stream(bindings.getMethods())
                .flatMap(m -> method.matcher(m.getName()).results())
                .map(MatchResult::group)
                .collect(toCollection(TreeSet::new));
    }

    private Object call(String method) throws ReflectiveOperationException {
        Method found = bindings.getMethod(method);
        return found.invoke(null);
    }

    /** Every name that the headers declare is bound, and no other. */
    public void requireEveryNameAndNoOther() {
        assertThat(generated(Pattern.compile("^EXACTLOSS_\\w+$"))).as(FIX).isEqualTo(declaredConstants());
        assertThat(generated(Pattern.compile("^exactloss_\\w+$"))).as(FIX).isEqualTo(declaredFunctions());
        assertThat(structs.stream().map(struct -> struct.name().orElseThrow()))
                .as(FIX)
                .containsExactlyInAnyOrderElementsOf(declared("^(?:typedef )?struct (\\w+) \\{"));
    }

    /** Every function is in the library. */
    public void requireEveryFunction() throws Exception {
        for (String function : declaredFunctions()) {
            MemorySegment address = (MemorySegment) call(function + "$address");
            assertThat(address.address()).as(function).isNotZero();
        }
    }

    /** The functions have the types of the headers. */
    public void requireSignatures() throws Exception {
        for (String function : declaredFunctions()) {
            MatchResult declaration = Pattern.compile("EXACTLOSS_API ([^;]*?)" + function + "\\(([^;]*)\\);")
                    .matcher(declarations)
                    .results()
                    .findFirst()
                    .orElseThrow();
            FunctionDescriptor descriptor = (FunctionDescriptor) call(function + "$descriptor");
            String parameters =
                    descriptor.argumentLayouts().stream().map(BoundHeader::kind).collect(joining(" "));
            String declared = declaration.group(2).equals("void")
                    ? ""
                    : Arrays.stream(declaration.group(2).split(","))
                            .map(BoundHeader::kindOfParameter)
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

    /** Sizes, offsets and constants are those that a C compiler finds in the headers. */
    public void requireNumbers(Path directory) throws Exception {
        Map<String, Long> expected = new TreeMap<>();
        for (String constant : declaredConstants()) {
            expected.put(constant, ((Number) call(constant)).longValue());
        }
        for (GroupLayout struct : structs) {
            String name = struct.name().orElseThrow();
            expected.put("sizeof(struct " + name + ")", struct.byteSize());
            for (MemoryLayout member : struct.memberLayouts()) {
                assertThat(member).as(name).isNotInstanceOf(PaddingLayout.class);
                String field = member.name().orElseThrow();
                expected.put("sizeof(((struct %s *)0)->%s)".formatted(name, field), member.byteSize());
                expected.put(
                        "offsetof(struct %s, %s)".formatted(name, field),
                        struct.byteOffset(MemoryLayout.PathElement.groupElement(field)));
            }
        }
        String prints = expected.keySet().stream()
                .map(expression -> "  printf(\"%%s=%%lld\\n\", \"%1$s\", (long long)%1$s);\n".formatted(expression))
                .collect(joining());
        String includes = headers.stream()
                .map(header -> "#include \"" + folder.resolve(header).toAbsolutePath() + "\"\n")
                .collect(joining());
        Path program = CCompiler.compile(
                directory,
                "print_header",
                "#include <stddef.h>\n#include <stdio.h>\n" + includes + "int main(void) {\n" + prints
                        + "  return 0;\n}\n");
        Map<String, Long> actual = CCompiler.runProgram(program)
                .lines()
                .map(line -> line.split("="))
                .collect(toMap(parts -> parts[0], parts -> Long.valueOf(parts[1])));
        assertThat(actual).as(FIX).isEqualTo(expected);
    }
}
