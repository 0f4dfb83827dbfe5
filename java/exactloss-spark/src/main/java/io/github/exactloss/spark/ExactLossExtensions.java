// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import io.github.exactloss.spark.internal.PartialAggregateRule;
import io.github.exactloss.spark.internal.SqlFunctions;
import org.apache.spark.sql.SparkSessionExtensions;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Gives a Spark session the SQL functions {@code mnist_loss}, {@code brier_score}, {@code log_loss} and
 * {@code evaluate_binary}, and computes them from columns where that is possible. Name it in the configuration:
 * {@code spark.sql.extensions=io.github.exactloss.spark.ExactLossExtensions}.
 */
public final class ExactLossExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    /** Spark makes it from the configuration. */
    public ExactLossExtensions() {}

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        SqlFunctions.inject(extensions);
        extensions.injectColumnar(session -> new PartialAggregateRule());
        return BoxedUnit.UNIT;
    }
}
