// SPDX-License-Identifier: Apache-2.0

/** The {@code exactloss} command: one class per subcommand, and what they read and print. */
package io.github.exactloss.cli;
