// SPDX-License-Identifier: Apache-2.0

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Writes the file in the jar that tells GraalVM's native-image which downcalls it has to prepare, and that the native library
 * is needed at run time. The build runs it on the compiled bindings:
 *
 * <pre>java ReachabilityMetadata.java FILE MODULE LOADER BINDINGS[,BINDINGS...] [core]</pre>
 *
 * LOADER is the class whose method {@code load} loads the library, without which the bindings can't be initialised, and
 * {@code core} says that every function may be linked as a critical one too, and that the module calls the functions of the
 * Arrow C Stream Interface.
 */
final class ReachabilityMetadata {
    private static final String ORDINARY = "";
    private static final String CRITICAL = ", \"options\": {\"critical\": {\"allowHeapAccess\": true}}";

    /** The functions that CDataStream calls: get_schema and get_next, get_last_error, release. */
    private static final List<FunctionDescriptor> STREAM_FUNCTIONS = List.of(
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS),
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private ReachabilityMetadata() {}

    public static void main(String[] args) throws Exception {
        Class.forName(args[2]).getMethod("load").invoke(null);
        Set<String> downcalls = new TreeSet<>();
        boolean core = args.length == 5;
        for (String bindings : args[3].split(",")) {
            addDowncalls(downcalls, Class.forName(bindings), core ? List.of(ORDINARY, CRITICAL) : List.of(ORDINARY));
        }
        if (core) {
            STREAM_FUNCTIONS.forEach(function -> downcalls.add("{" + signature(function) + "}"));
        }
        Path file = Path.of(args[0]);
        Files.createDirectories(file.getParent());
        Files.writeString(file, """
                {
                  "resources": [
                    {"glob": "META-INF/native/**"},
                    {"glob": "META-INF/native/**", "module": "%s"}
                  ],
                  "foreign": {
                    "downcalls": [
                      %s
                    ]
                  }
                }
                """.formatted(args[1], String.join(",\n      ", downcalls)));
    }

    private static void addDowncalls(Set<String> downcalls, Class<?> bindings, List<String> linkerOptions)
            throws ReflectiveOperationException {
        for (Method method : bindings.getMethods()) {
            if (method.getName().endsWith("$descriptor")) {
                String signature = signature((FunctionDescriptor) method.invoke(null));
                linkerOptions.forEach(options -> downcalls.add("{" + signature + options + "}"));
            }
        }
    }

    private static String signature(FunctionDescriptor descriptor) {
        String parameters = descriptor.argumentLayouts().stream()
                .map(ReachabilityMetadata::type)
                .collect(Collectors.joining(", "));
        return "\"returnType\": %s, \"parameterTypes\": [%s]"
                .formatted(descriptor.returnLayout().map(ReachabilityMetadata::type).orElse("\"void\""), parameters);
    }

    /** The name of a type of the same size on every platform, unlike C's long. */
    private static String type(MemoryLayout layout) {
        return switch (layout) {
            case AddressLayout address -> "\"void*\"";
            case ValueLayout value -> "\"j" + value.carrier().getSimpleName() + "\"";
            default -> throw new IllegalArgumentException("the bindings pass " + layout + " by value");
        };
    }
}
