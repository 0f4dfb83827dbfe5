// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluatorTest {
    private final Loss loss = Loss.mnist();

    @Test
    void takesTheOptionsOfItsLosses() {
        Evaluator evaluator = Evaluator.of(loss.fromLogits().strict().threads(3));
        assertThat(evaluator.isFromLogits() && evaluator.isStrict()).isTrue();
        assertThat(evaluator.threads()).isEqualTo(3);
        assertThat(evaluator.threshold()).isEqualTo(Evaluator.DEFAULT_THRESHOLD);
        assertThat(evaluator.losses()).containsExactly(loss);
        assertThat(evaluator)
                .isEqualTo(Evaluator.of(loss).fromLogits().strict().threads(3))
                .hasSameHashCodeAs(Evaluator.of(loss).fromLogits().strict().threads(3))
                .hasToString("Evaluator[mnist, threshold=0.5, from logits, strict, threads=3]");
    }

    @Test
    void theOptionsOfItsLossesMustAgree() {
        for (Loss other : List.of(loss.fromLogits(), loss.strict(), loss.threads(2))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Evaluator.of(loss, other))
                    .withMessage("the options of %s and %s differ", loss, other);
        }
        assertThat(Evaluator.of(loss, loss.accumulateGradients())).isEqualTo(Evaluator.of(loss));
    }

    @Test
    void differsWithEachOption() {
        Evaluator evaluator = Evaluator.of(loss);
        for (Evaluator other :
                List.of(evaluator.fromLogits(), evaluator.strict(), evaluator.threads(2), evaluator.threshold(0.25))) {
            assertThat(other).isNotEqualTo(evaluator);
        }
    }

    @Test
    void anEvaluationSaysWhatItHas() {
        Evaluation evaluation =
                Evaluator.of(loss).evaluate(Predictions.of(new float[] {0.25f}), Targets.of(new byte[1]));
        assertThat(evaluation.losses()).containsExactly(loss);
        assertThat(evaluation.mean(loss.fromLogits().threads(8))).isEqualTo(0.25);
        assertThat(evaluation.toString()).contains("mnist", "mean=0.25", "threshold=0.5", "count=1", "trueNegatives=1");
        assertThat(evaluation)
                .isEqualTo(Evaluator.of(loss).evaluate(Predictions.of(new double[] {0.25}), Targets.of(new boolean[1])))
                .isNotEqualTo(Evaluator.of(loss).evaluate(Predictions.of(new float[] {0.5f}), Targets.of(new byte[1])));
    }
}
