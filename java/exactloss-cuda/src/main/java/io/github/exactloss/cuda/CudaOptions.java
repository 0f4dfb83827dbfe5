// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.internal.LossFunction;
import io.github.exactloss.internal.Options;
import java.util.Locale;

/** The options of the native functions, and what of losses and evaluators GPUs do not offer. */
final class CudaOptions {
    private CudaOptions() {}

    static Loss requireOffered(Loss loss) {
        requireNotStrict(loss.isStrict());
        if (loss.accumulatesGradients()) {
            throw new UnsupportedOperationException("accumulating gradients is not offered on a GPU");
        }
        return loss;
    }

    static Evaluator requireOffered(Evaluator evaluator) {
        requireNotStrict(evaluator.isStrict());
        return evaluator;
    }

    private static void requireNotStrict(boolean isStrict) {
        if (isStrict) {
            throw new UnsupportedOperationException("strict mode is not offered on a GPU");
        }
    }

    static int of(Loss loss) {
        LossFunction function = LossFunction.valueOf(loss.name().toUpperCase(Locale.ROOT));
        return function.option() | flags(loss.isFromLogits(), loss.isClamped());
    }

    static int of(Evaluator evaluator) {
        return losses(evaluator) | flags(evaluator.isFromLogits(), evaluator.isClamped());
    }

    /** The constants of the losses alone. */
    static int losses(Evaluator evaluator) {
        return evaluator.losses().stream().mapToInt(CudaOptions::of).reduce(0, (options, option) -> options | option);
    }

    private static int flags(boolean isFromLogits, boolean isClamped) {
        return (isFromLogits ? Options.FROM_LOGITS : 0) | (isClamped ? Options.CLAMP : 0);
    }
}
