// SPDX-License-Identifier: Apache-2.0

/**
 * The command's reports: each one HTML page that needs nothing but itself. {@link
 * io.github.exactloss.cli.report.TrainingPage} and {@link io.github.exactloss.cli.report.EvaluationPage} have what is on
 * them, the latter with what {@link io.github.exactloss.cli.report.PredictionBins} has counted. The pages themselves are
 * the templates in {@code src/main/jte/report}: the build makes each a class of this package.
 */
package io.github.exactloss.cli.report;
