// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.internal.bindings.exactloss_h;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the jar tells GraalVM's native-image covers every downcall. (That it is JSON, artifact_test.sh checks.) */
class ReachabilityMetadataTest {
    private static final String FILE =
            "/META-INF/native-image/io.github.exactloss/exactloss/reachability-metadata.json";
    private static final Pattern DOWNCALL =
            Pattern.compile("\\{\"returnType\": \"(\\S+)\", \"parameterTypes\": \\[(.*?)\\]"
                    + "(, \"options\": \\{\"critical\": \\{\"allowHeapAccess\": true\\}\\})?\\}");

    private static String metadata() throws IOException {
        try (InputStream in = Loss.class.getResourceAsStream(FILE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** A downcall as it looks to the linker: a method type, and whether it is critical. */
    private static String downcall(MemoryLayout result, List<MemoryLayout> parameters, boolean critical) {
        return FunctionDescriptor.of(result, parameters.toArray(MemoryLayout[]::new))
                        .toMethodType()
                + (critical ? " critical" : "");
    }

    /** GraalVM has JNI's types besides those of the linker. */
    private static MemoryLayout layout(String canonicalType) {
        return switch (canonicalType) {
            case "jint" -> ValueLayout.JAVA_INT;
            case "jlong" -> ValueLayout.JAVA_LONG;
            case "jdouble" -> ValueLayout.JAVA_DOUBLE;
            case "void*" -> ValueLayout.ADDRESS;
            default -> throw new AssertionError(canonicalType);
        };
    }

    private static void addDowncalls(Set<String> downcalls, Class<?> bindings, boolean... critical)
            throws ReflectiveOperationException {
        for (Method method : bindings.getMethods()) {
            if (method.getName().endsWith("$descriptor")) {
                FunctionDescriptor descriptor = (FunctionDescriptor) method.invoke(null);
                for (boolean way : critical) {
                    downcalls.add(downcall(descriptor.returnLayout().orElseThrow(), descriptor.argumentLayouts(), way));
                }
            }
        }
    }

    @Test
    void coversEveryFunctionAsItMayBeLinked() throws Exception {
        NativeLibrary.location();
        Set<String> linked = new TreeSet<>();
        addDowncalls(linked, exactloss_h.class, false, true);
        // Those of the Arrow C Stream Interface.
        linked.add(downcall(ValueLayout.JAVA_INT, List.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS), false));
        linked.add(downcall(ValueLayout.ADDRESS, List.of(ValueLayout.ADDRESS), false));
        linked.add(FunctionDescriptor.ofVoid(ValueLayout.ADDRESS).toMethodType().toString());
        Set<String> registered = new TreeSet<>();
        for (MatchResult match : DOWNCALL.matcher(metadata()).results().toList()) {
            List<MemoryLayout> parameters = Arrays.stream(match.group(2).split(", "))
                    .filter(type -> !type.isEmpty())
                    .map(type -> layout(type.replace("\"", "")))
                    .toList();
            registered.add(
                    match.group(1).equals("void")
                            ? FunctionDescriptor.ofVoid(parameters.toArray(MemoryLayout[]::new))
                                    .toMethodType()
                                    .toString()
                            : downcall(layout(match.group(1)), parameters, match.group(3) != null));
        }
        assertThat(registered).isEqualTo(linked);
    }

    @Test
    void includesTheNativeLibrary() throws IOException {
        assertThat(metadata())
                .contains("{\"glob\": \"META-INF/native/**\"}")
                .contains("{\"glob\": \"META-INF/native/**\", \"module\": \"io.github.exactloss\"}");
    }

    /** Other classes would need metadata of their own. */
    @Test
    void onlyTheseClassesLink() throws Exception {
        Path classes = Path.of(Loss.class.getResource("Loss.class").toURI()).getParent();
        try (Stream<Path> files = Files.walk(classes)) {
            Set<String> linking = files.filter(file -> file.toString().endsWith(".class"))
                    .filter(ReachabilityMetadataTest::links)
                    .map(file -> classes.relativize(file).toString().replaceFirst("\\$exactloss_\\w+", ""))
                    .collect(toCollection(TreeSet::new));
            assertThat(linking)
                    .containsExactlyInAnyOrder(
                            "internal/Linkage.class",
                            "internal/bindings/exactloss_h.class",
                            "cdata/CDataStream$Functions.class");
        }
    }

    private static boolean links(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains("downcallHandle");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
