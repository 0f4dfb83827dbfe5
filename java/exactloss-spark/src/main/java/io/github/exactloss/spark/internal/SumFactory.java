// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.package$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Makes the sums of a group, one for each function. It travels to the executors. */
@SuppressWarnings("serial") // Scala's collections are serializable; their interfaces don't say so.
final class SumFactory implements Serializable {
    private static final long serialVersionUID = 1;

    private final List<Settings> settings = new ArrayList<>();
    private final List<Columns> columns = new ArrayList<>();
    private final List<Expression> arguments = new ArrayList<>();
    private final Seq<Attribute> input;
    private final int maxCapacity;

    private transient List<Evaluator> evaluators;

    SumFactory(Seq<BinaryEvaluation> functions, Seq<Attribute> input, int maxCapacity) {
        this.input = input;
        this.maxCapacity = maxCapacity;
        boolean plain = functions.forall(function -> ordinals(function, input) != null);
        functions.foreach(function -> {
            settings.add(function.settings());
            int[] ordinals = plain ? ordinals(function, input) : new int[function.children().length()];
            if (!plain) {
                for (int i = 0; i < ordinals.length; i++) {
                    ordinals[i] = arguments.size();
                    arguments.add(function.children().apply(i));
                }
            }
            return columns.add(function.columns(ordinals));
        });
    }

    /** Where the arguments are among the columns of the input; null if one is no column. */
    static int[] ordinals(BinaryEvaluation function, Seq<Attribute> input) {
        int[] ordinals = new int[function.children().length()];
        for (int i = 0; i < ordinals.length; i++) {
            if (!(function.children().apply(i) instanceof Attribute attribute)) {
                return null;
            }
            ordinals[i] = input.indexWhere(a -> a.exprId().equals(attribute.exprId()));
        }
        return ordinals;
    }

    int count() {
        return settings.size();
    }

    /** Makes a row of the arguments; null if the input's rows have them all. */
    UnsafeProjection projection() {
        return arguments.isEmpty() ? null : UnsafeProjection.create(CollectionConverters.asScala(arguments).toSeq(), input);
    }

    ScoreSum[] newSums() {
        if (evaluators == null) {
            evaluators = settings.stream().map(Settings::evaluator).toList();
        }
        ScoreSum[] sums = new ScoreSum[count()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = new ScoreSum(columns.get(i), evaluators.get(i), settings.get(i).refuseNulls(), maxCapacity);
        }
        return sums;
    }
}
