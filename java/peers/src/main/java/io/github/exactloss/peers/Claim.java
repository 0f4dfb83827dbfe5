// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.peers.Measurement.Spread;

/**
 * A number that the project claims to reach, and the measured one.
 *
 * @param unit behind each number
 * @param bar the claimed least or greatest number
 */
record Claim(String what, String unit, double bar, boolean isAtLeast, Spread measured) {
    boolean isMet() {
        return isAtLeast ? measured.median() >= bar : measured.median() <= bar;
    }
}
