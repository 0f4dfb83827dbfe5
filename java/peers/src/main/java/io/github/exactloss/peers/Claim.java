// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import io.github.exactloss.peers.Measurement.Spread;

/**
 * What the project claims to reach, and what was measured.
 *
 * @param unit behind each number
 * @param bar at least so much, or at most
 */
record Claim(String what, String unit, double bar, boolean isAtLeast, Spread measured) {
    boolean isMet() {
        return isAtLeast ? measured.median() >= bar : measured.median() <= bar;
    }
}
