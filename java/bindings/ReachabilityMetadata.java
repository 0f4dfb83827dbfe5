// SPDX-License-Identifier: Apache-2.0

import io.github.exactloss.CudaDevice;
import io.github.exactloss.NativeLibrary;
import io.github.exactloss.bindings.cuda.exactloss_cuda_h;
import io.github.exactloss.bindings.exactloss_h;
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
 * Writes the file in the jar that tells GraalVM's native-image which downcalls it has to prepare, and that the native libraries
 * are needed at run time. The build runs it on the compiled bindings: {@code java ReachabilityMetadata.java FILE}.
 */
final class ReachabilityMetadata {
    private static final String ORDINARY = "";
    private static final String CRITICAL = ", \"options\": {\"critical\": {\"allowHeapAccess\": true}}";

    /** Where the library for GPUs is, if it was built. */
    private static final String CUDA_PROPERTY = "exactloss.cuda.library.path";

    private ReachabilityMetadata() {}

    public static void main(String[] args) throws Exception {
        Set<String> downcalls = new TreeSet<>();
        NativeLibrary.location(); // the bindings look for its symbols when they are initialised
        addDowncalls(downcalls, exactloss_h.class, List.of(ORDINARY, CRITICAL)); // Kernels chooses
        if (Files.exists(Path.of(System.getProperty(CUDA_PROPERTY)))) {
            CudaDevice.absence(); // the same for the other library
            addDowncalls(downcalls, exactloss_cuda_h.class, List.of(ORDINARY));
        }
        Path file = Path.of(args[0]);
        Files.createDirectories(file.getParent());
        Files.writeString(file, """
                {
                  "resources": [
                    {"glob": "META-INF/native/**"},
                    {"glob": "META-INF/native/**", "module": "io.github.exactloss"}
                  ],
                  "foreign": {
                    "downcalls": [
                      %s
                    ]
                  }
                }
                """.formatted(String.join(",\n      ", downcalls)));
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

    /** The name of a type that has the same size on every platform, as C's long has not. */
    private static String type(MemoryLayout layout) {
        return switch (layout) {
            case AddressLayout address -> "\"void*\"";
            case ValueLayout value -> "\"j" + value.carrier().getSimpleName() + "\"";
            default -> throw new IllegalArgumentException("the bindings pass " + layout + " by value");
        };
    }
}
