// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.internal;

import static io.github.exactloss.internal.bindings.exactloss_h.*;

import io.github.exactloss.Condition;
import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import java.util.stream.Stream;

/**
 * The constants that are or-ed to the options of a native function. Nothing here may be used before the library is loaded:
 * the bindings, which have the numbers, can't be initialised without it.
 */
public final class Options {
    public static final int MEAN = EXACTLOSS_MEAN();
    public static final int SUM = EXACTLOSS_SUM();
    public static final int FROM_LOGITS = EXACTLOSS_FROM_LOGITS();
    public static final int STRICT = EXACTLOSS_STRICT();
    public static final int ACCUMULATE = EXACTLOSS_ACCUMULATE();
    public static final int CLAMP = EXACTLOSS_CLAMP();
    public static final int SCALAR_A = EXACTLOSS_SCALAR_A();
    public static final int SCALAR_B = EXACTLOSS_SCALAR_B();

    private Options() {}

    /** The types of a batch. */
    public static int types(Predictions predictions, Targets targets) {
        return predictions(predictions.type()) | targets(targets.type(), targets.bitOffset());
    }

    static int predictions(ElementType type) {
        return switch (type) {
            case FLOAT16 -> EXACTLOSS_P_FLOAT16();
            case BFLOAT16 -> EXACTLOSS_P_BFLOAT16();
            case FLOAT32 -> EXACTLOSS_P_FLOAT32();
            case FLOAT64 -> EXACTLOSS_P_FLOAT64();
            case UINT8, INT8, INT32, INT64, BITS -> throw new AssertionError(type);
        };
    }

    /** The type of the elements of an {@code exactloss_view}, by the options that it has for any role. */
    public static ElementType type(int view) {
        int options = view - bitOffset(view) * EXACTLOSS_T_BIT_OFFSET();
        return Stream.of(ElementType.values())
                .filter(type -> view(type) == options)
                .findFirst()
                .orElseThrow();
    }

    /** The bit offset of an {@code exactloss_view}, whose options have nothing above it. */
    public static int bitOffset(int view) {
        return view / EXACTLOSS_T_BIT_OFFSET();
    }

    private static int view(ElementType type) {
        return switch (type) {
            case FLOAT16, BFLOAT16 -> predictions(type);
            case FLOAT32, FLOAT64 -> predictions(type) | targets(type, 0);
            case UINT8, INT8, INT32, INT64, BITS -> targets(type, 0);
        };
    }

    static int condition(Condition condition) {
        return targets(condition.type(), condition.bitOffset());
    }

    private static int targets(ElementType type, int bitOffset) {
        return switch (type) {
            case UINT8 -> EXACTLOSS_T_UINT8();
            case INT8 -> EXACTLOSS_T_INT8();
            case INT32 -> EXACTLOSS_T_INT32();
            case INT64 -> EXACTLOSS_T_INT64();
            case FLOAT32 -> EXACTLOSS_T_FLOAT32();
            case FLOAT64 -> EXACTLOSS_T_FLOAT64();
            case BITS -> EXACTLOSS_T_BITS() | bitOffset * EXACTLOSS_T_BIT_OFFSET();
            case FLOAT16, BFLOAT16 -> throw new AssertionError(type);
        };
    }
}
