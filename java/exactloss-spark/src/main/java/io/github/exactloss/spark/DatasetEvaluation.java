// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import io.github.exactloss.Evaluation;

/**
 * The evaluation of a dataset.
 *
 * @param evaluation of the rows without null
 * @param nullCount the number of rows that were left out, because their prediction, target or weight is null
 */
public record DatasetEvaluation(Evaluation evaluation, long nullCount) {}
