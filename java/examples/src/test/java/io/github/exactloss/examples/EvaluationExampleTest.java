// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EvaluationExampleTest {
    @Test
    void printsTheResults() {
        assertThat(Printed.by(() -> EvaluationExample.main(new String[0])).lines())
                .containsExactly(
                        "0.4444444494114982 0.4444444494114982 0.4444444494114982",
                        "[-0.22222222, 0.44444445, -0.11111111, 0.22222222]",
                        "1 of 2, 0.5",
                        "0.30000001192092896",
                        "0.7333333243926367");
    }
}
