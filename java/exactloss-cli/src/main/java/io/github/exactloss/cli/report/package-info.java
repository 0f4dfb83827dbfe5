// SPDX-License-Identifier: Apache-2.0

/**
 * The command's reports: each one HTML page that needs nothing but itself. {@link
 * io.github.exactloss.cli.report.TrainingPage} says what a page has; it is drawn, as {@link
 * io.github.exactloss.cli.report.Chart}s, {@link io.github.exactloss.cli.report.Picture}s and tables, into a {@link
 * io.github.exactloss.cli.report.Page}, and saved to a {@link io.github.exactloss.cli.report.ReportFile}.
 */
package io.github.exactloss.cli.report;
