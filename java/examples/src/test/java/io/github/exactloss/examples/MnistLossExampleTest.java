// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MnistLossExampleTest {
    @Test
    void printsTheExactLoss() {
        assertThat(Printed.by(() -> MnistLossExample.main(new String[0]))).isEqualTo("0.43333334227403003");
    }
}
