// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

/** The order of the positive targets: a branch predictor learns sorted ones, but not random ones. */
public enum Labels {
    /** Each target is 0 or 1 by chance. */
    RANDOM,
    /** All zeros first. */
    SORTED
}
