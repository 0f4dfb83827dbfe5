// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluation;
import io.github.exactloss.Loss;
import io.github.exactloss.spark.DatasetEvaluation;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;

/** What an aggregate function gives of a sum. */
public enum Output {
    /** The mean of its one loss; null without rows, as SQL's {@code avg}. */
    MEAN {
        @Override
        DataType type(List<Loss> losses) {
            return DataTypes.DoubleType;
        }

        @Override
        Object value(ScoreSum sum) {
            Evaluation evaluation = sum.evaluate().evaluation();
            return evaluation.count() == 0
                    ? null
                    : evaluation.mean(evaluation.losses().getFirst());
        }
    },
    /** A struct of all numbers. */
    EVALUATION {
        @Override
        DataType type(List<Loss> losses) {
            return DataTypes.createStructType(Stream.concat(
                            FIELDS.stream().map(Field::structField),
                            losses.stream().map(loss -> new StructField(loss.name(), LOSS_TYPE, false, NO_METADATA)))
                    .toArray(StructField[]::new));
        }

        @Override
        Object value(ScoreSum sum) {
            DatasetEvaluation result = sum.evaluate();
            return row(Stream.concat(
                    FIELDS.stream().map(field -> field.value.apply(result)),
                    result.evaluation().losses().stream()
                            .map(loss -> row(LOSS_FIELDS.stream()
                                    .map(field -> field.value.apply(new LossResult(result.evaluation(), loss)))))));
        }
    },
    /** The byte form, for {@code ExactLoss.evaluate}. */
    BYTES {
        @Override
        DataType type(List<Loss> losses) {
            return DataTypes.BinaryType;
        }

        @Override
        Object value(ScoreSum sum) {
            return sum.toBytes();
        }
    };

    private record Field<T>(String name, DataType type, Function<T, Object> value) {
        StructField structField() {
            return new StructField(name, type, false, NO_METADATA);
        }
    }

    private record LossResult(Evaluation evaluation, Loss loss) {}

    private static final org.apache.spark.sql.types.Metadata NO_METADATA = org.apache.spark.sql.types.Metadata.empty();

    private static final List<Field<DatasetEvaluation>> FIELDS = List.of(
            count("count", result -> result.evaluation().count()),
            count("null_count", DatasetEvaluation::nullCount),
            count("positives", result -> result.evaluation().positives()),
            count("true_positives", result -> result.evaluation().truePositives()),
            count("false_positives", result -> result.evaluation().falsePositives()),
            count("true_negatives", result -> result.evaluation().trueNegatives()),
            count("false_negatives", result -> result.evaluation().falseNegatives()),
            number("threshold", result -> result.evaluation().threshold()),
            number("weight_sum", result -> result.evaluation().weightSum()),
            number("accuracy", result -> result.evaluation().accuracy()),
            number("precision", result -> result.evaluation().precision()),
            number("recall", result -> result.evaluation().recall()),
            number("specificity", result -> result.evaluation().specificity()),
            number("f1", result -> result.evaluation().f1()),
            number("balanced_accuracy", result -> result.evaluation().balancedAccuracy()),
            number("jaccard", result -> result.evaluation().jaccard()),
            number("kappa", result -> result.evaluation().kappa()),
            number("matthews", result -> result.evaluation().matthews()));

    private static final List<Field<LossResult>> LOSS_FIELDS = List.of(
            number("mean", result -> result.evaluation.mean(result.loss)),
            number("sum", result -> result.evaluation.sum(result.loss)),
            count("nan_count", result -> result.evaluation.nanCount(result.loss)),
            count("infinite_count", result -> result.evaluation.infiniteCount(result.loss)));

    private static final DataType LOSS_TYPE = DataTypes.createStructType(
            LOSS_FIELDS.stream().map(Field::structField).toArray(StructField[]::new));

    /** The type of the value. */
    abstract DataType type(List<Loss> losses);

    /** The value, as Catalyst represents it. */
    abstract Object value(ScoreSum sum);

    private static <T> Field<T> count(String name, Function<T, Object> value) {
        return new Field<>(name, DataTypes.LongType, value);
    }

    private static <T> Field<T> number(String name, Function<T, Object> value) {
        return new Field<>(name, DataTypes.DoubleType, value);
    }

    private static GenericInternalRow row(Stream<Object> values) {
        return new GenericInternalRow(values.toArray());
    }
}
