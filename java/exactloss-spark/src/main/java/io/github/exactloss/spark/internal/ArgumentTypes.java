// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegralType;
import org.apache.spark.sql.types.ShortType;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The types of the arguments. What may be cast is cast: SQL's literals are decimals and ints. A cast that could make a
 * target 1, or change a weight, is the caller's to write.
 */
final class ArgumentTypes {
    /** Decimals of so many digits are told apart by doubles. */
    private static final int DIGITS_OF_DOUBLE = 15;

    private static final List<String> ROLES = List.of("prediction", "target", "weight");

    private ArgumentTypes() {}

    /** The types that the arguments are cast to. */
    static Seq<AbstractDataType> casts(Seq<Expression> arguments) {
        List<AbstractDataType> types = new ArrayList<>();
        for (int i = 0; i < arguments.length(); i++) {
            types.add(cast(i, arguments.apply(i).dataType()));
        }
        return CollectionConverters.asScala(types).toSeq();
    }

    private static AbstractDataType cast(int argument, DataType type) {
        boolean toDouble = argument == 0
                ? type instanceof DecimalType || type instanceof IntegralType
                : argument == 1 && type instanceof DecimalType decimal && decimal.precision() <= DIGITS_OF_DOUBLE;
        if (toDouble) {
            return DataTypes.DoubleType;
        }
        boolean toFloat = argument == 2 && (type instanceof ByteType || type instanceof ShortType);
        return toFloat ? DataTypes.FloatType : AnyDataType$.MODULE$;
    }

    /** Checks the types after the casts. */
    static TypeCheckResult check(Seq<Expression> arguments, List<String> names) {
        for (int i = 0; i < arguments.length(); i++) {
            DataType type = arguments.apply(i).dataType();
            boolean fits = switch (i) {
                case 0 -> type instanceof FloatType || type instanceof DoubleType;
                case 1 -> Elements.of(type).isPresent();
                default -> type instanceof FloatType;
            };
            if (!fits) {
                return new TypeCheckResult.TypeCheckFailure("the " + ROLES.get(i) + " " + names.get(i) + " is of type "
                        + type.sql() + ", and must be of " + remedy(i));
            }
        }
        return TypeCheckResult.TypeCheckSuccess$.MODULE$;
    }

    private static String remedy(int argument) {
        return switch (argument) {
            case 0 -> "FLOAT or DOUBLE: cast it";
            case 1 ->
                "BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT or DOUBLE: cast it, or compare it with its positive value";
            default -> "FLOAT: CAST(... AS FLOAT) rounds it";
        };
    }
}
