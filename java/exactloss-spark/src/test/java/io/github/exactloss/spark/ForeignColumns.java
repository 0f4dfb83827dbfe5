// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import java.util.List;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.ColumnarRule;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.FileSourceScanExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/** A plug-in as those for GPUs are: it has its own scan, and its own transition from columns to rows. */
public final class ForeignColumns extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        extensions.injectColumnar(session -> new ColumnarRule() {
            @Override
            public Rule<SparkPlan> preColumnarTransitions() {
                return new Replacing(FileSourceScanExec.class);
            }

            @Override
            public Rule<SparkPlan> postColumnarTransitions() {
                return new Replacing(ColumnarToRowExec.class);
            }
        });
        return BoxedUnit.UNIT;
    }

    private static final class Replacing extends Rule<SparkPlan> {
        private final Class<? extends SparkPlan> replaced;

        Replacing(Class<? extends SparkPlan> replaced) {
            this.replaced = replaced;
        }

        @Override
        public SparkPlan apply(SparkPlan plan) {
            return plan.transformUp(new AbstractPartialFunction<>() {
                @Override
                public boolean isDefinedAt(SparkPlan node) {
                    return replaced.isInstance(node);
                }

                @Override
                public SparkPlan apply(SparkPlan node) {
                    return new Foreign(node);
                }
            });
        }
    }

    /** Stands for another operator. */
    public static final class Foreign extends SparkPlan {
        private static final long serialVersionUID = 1;

        private final SparkPlan original;

        /** Also made by Spark's transformations. */
        public Foreign(SparkPlan original) {
            this.original = original;
        }

        @Override
        public boolean supportsColumnar() {
            return original.supportsColumnar();
        }

        @Override
        public RDD<InternalRow> doExecute() {
            return original.execute();
        }

        @Override
        public RDD<ColumnarBatch> doExecuteColumnar() {
            return original.executeColumnar();
        }

        @Override
        public Seq<Attribute> output() {
            return original.output();
        }

        @Override
        public Seq<SparkPlan> children() {
            return CollectionConverters.asScala(List.of(original)).toSeq();
        }

        @Override
        public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
            return new Foreign(children.head());
        }

        @Override
        public int productArity() {
            return 1;
        }

        @Override
        public Object productElement(int index) {
            return original;
        }

        @Override
        public boolean canEqual(Object other) {
            return other instanceof Foreign;
        }
    }
}
