// SPDX-License-Identifier: Apache-2.0

/**
 * Charts. A {@link io.github.exactloss.cli.chart.Chart} is part of a page, or of a {@link
 * io.github.exactloss.cli.chart.Figure}, which is a file of its own.
 */
package io.github.exactloss.cli.chart;
