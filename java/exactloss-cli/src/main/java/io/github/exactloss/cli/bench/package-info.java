// SPDX-License-Identifier: Apache-2.0

/** What the native benchmark measured, and the picture of it. */
package io.github.exactloss.cli.bench;
