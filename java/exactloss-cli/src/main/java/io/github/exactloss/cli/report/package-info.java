// SPDX-License-Identifier: Apache-2.0

/**
 * The command's reports: each one HTML page that needs nothing but itself. {@link
 * io.github.exactloss.cli.report.TrainingPage} and {@link io.github.exactloss.cli.report.EvaluationPage} say what is on
 * them, the latter with what {@link io.github.exactloss.cli.report.PredictionBins} has counted. A page is drawn, as {@link
 * io.github.exactloss.cli.report.Chart}s, {@link io.github.exactloss.cli.report.Picture}s and tables, into a {@link
 * io.github.exactloss.cli.report.Page}.
 */
package io.github.exactloss.cli.report;
