// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Makes rows of a group and the byte forms of its sums. */
final class SumRows {
    private final UnsafeProjection projection;
    private final JoinedRow joined = new JoinedRow();

    SumRows(Seq<NamedExpression> grouping, int sums) {
        Stream<DataType> types = Stream.concat(
                CollectionConverters.asJava(grouping).stream().map(NamedExpression::toAttribute).map(a -> a.dataType()),
                Stream.generate(() -> DataTypes.BinaryType).limit(sums));
        projection = UnsafeProjection.create(types.toArray(DataType[]::new));
    }

    InternalRow of(UnsafeRow group, ScoreSum[] sums) {
        return projection.apply(joined.apply(group, bytes(sums)));
    }

    static InternalRow withoutGroup(ScoreSum[] sums) {
        DataType[] types = new DataType[sums.length];
        Arrays.fill(types, DataTypes.BinaryType);
        return UnsafeProjection.create(types).apply(bytes(sums));
    }

    private static InternalRow bytes(ScoreSum[] sums) {
        return new GenericInternalRow(Arrays.stream(sums).map(ScoreSum::toBytes).toArray());
    }
}
