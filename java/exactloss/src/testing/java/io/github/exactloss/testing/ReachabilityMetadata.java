// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.testing;

import static java.util.stream.Collectors.toCollection;

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
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a module's jar tells GraalVM's native-image, and the downcalls that it has to cover. */
public final class ReachabilityMetadata {
    private static final Pattern DOWNCALL =
            Pattern.compile("\\{\"returnType\": \"(\\S+)\", \"parameterTypes\": \\[(.*?)\\]"
                    + "(, \"options\": \\{\"critical\": \\{\"allowHeapAccess\": true\\}\\})?\\}");

    private final String text;

    /**
     * Reads it.
     *
     * @param type a class of the module
     */
    public ReachabilityMetadata(Class<?> type, String artifact) throws IOException {
        String file = "/META-INF/native-image/io.github.exactloss/" + artifact + "/reachability-metadata.json";
        try (InputStream in = type.getResourceAsStream(file)) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** All of it. */
    public String text() {
        return text;
    }

    /** The downcalls in it, as {@link #downcall} writes them. */
    public Set<String> registered() {
        Set<String> registered = new TreeSet<>();
        for (MatchResult match : DOWNCALL.matcher(text).results().toList()) {
            MemoryLayout[] parameters = Arrays.stream(match.group(2).split(", "))
                    .filter(type -> !type.isEmpty())
                    .map(type -> layout(type.replace("\"", "")))
                    .toArray(MemoryLayout[]::new);
            FunctionDescriptor descriptor = match.group(1).equals("void")
                    ? FunctionDescriptor.ofVoid(parameters)
                    : FunctionDescriptor.of(layout(match.group(1)), parameters);
            registered.add(downcall(descriptor, match.group(3) != null));
        }
        return registered;
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

    /** A downcall as it looks to the linker: a method type, and whether it is critical. */
    public static String downcall(FunctionDescriptor descriptor, boolean critical) {
        return descriptor.toMethodType() + (critical ? " critical" : "");
    }

    /**
     * The downcalls of all functions of some bindings.
     *
     * @param critical the ways in which each may be linked
     */
    public static Set<String> downcalls(Class<?> bindings, boolean... critical) throws ReflectiveOperationException {
        Set<String> downcalls = new TreeSet<>();
        for (Method method : bindings.getMethods()) {
            if (method.getName().endsWith("$descriptor")) {
                FunctionDescriptor descriptor = (FunctionDescriptor) method.invoke(null);
                for (boolean way : critical) {
                    downcalls.add(downcall(descriptor, way));
                }
            }
        }
        return downcalls;
    }

    /** The classes that link functions, by their paths from the folder of a class on. */
    public static Set<String> linkingClasses(Class<?> type) throws Exception {
        Path classes = Path.of(type.getResource(type.getSimpleName() + ".class").toURI())
                .getParent();
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .filter(ReachabilityMetadata::links)
                    .map(file -> classes.relativize(file).toString().replaceFirst("\\$exactloss_\\w+", ""))
                    .collect(toCollection(TreeSet::new));
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
