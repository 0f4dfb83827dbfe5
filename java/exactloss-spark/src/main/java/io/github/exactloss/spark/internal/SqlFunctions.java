// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.types.MapType;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** The functions as SQL has them. */
public final class SqlFunctions {
    private static final String EVALUATE = "evaluate_binary";

    private static final Map<String, String> LOSSES =
            Map.of("mnist", "mnist_loss", "brier", "brier_score", "log", "log_loss");

    private static final String ARGUMENTS = """

                Arguments:
                  * prediction - FLOAT or DOUBLE; whole numbers and decimals are cast to DOUBLE
                  * target - BOOLEAN or a number; positive where it equals 1
                  * weight - FLOAT; optional
                  * options - a constant map of strings; optional. 'logits', 'strict' and 'clamp' are 'true' or 'false',
                      'threshold' is a number, 'nulls' is 'skip' or 'refuse'; of evaluate_binary, 'losses' are names with
                      commas between them
              """;

    private SqlFunctions() {}

    /** Registers them. */
    public static void inject(SparkSessionExtensions extensions) {
        for (Loss loss : Settings.ALL) {
            String usage = "Gives the exact mean of the loss " + loss.name() + ", or null without rows.";
            inject(extensions, LOSSES.get(loss.name()), usage, Evaluator.of(loss), Output.MEAN);
        }
        String usage = "Gives a struct of the exact losses, the counts and the metrics.";
        inject(extensions, EVALUATE, usage, Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log()), Output.EVALUATION);
    }

    private static void inject(
            SparkSessionExtensions extensions, String name, String usage, Evaluator evaluator, Output output) {
        ExpressionInfo info = new ExpressionInfo(
                BinaryEvaluation.class.getName(),
                null,
                name,
                "_FUNC_(prediction, target[, weight][, options]) - " + usage,
                ARGUMENTS,
                "",
                "",
                "agg_funcs",
                "",
                "",
                "java_udf");
        extensions.injectFunction(new Tuple3<>(
                new FunctionIdentifier(name), info, arguments -> function(name, evaluator, output, arguments)));
    }

    /** The name that SQL has for a function. */
    static String name(Settings settings, Output output) {
        return output == Output.MEAN ? LOSSES.get(settings.losses().getFirst()) : EVALUATE;
    }

    private static Expression function(String name, Evaluator evaluator, Output output, Seq<Expression> expressions) {
        List<Expression> arguments = CollectionConverters.asJava(expressions);
        Settings settings = Settings.of(evaluator, false);
        if (!arguments.isEmpty()
                && arguments.getLast().resolved()
                && arguments.getLast().dataType() instanceof MapType) {
            settings = SqlOptions.read(name, arguments.getLast()).apply(settings, output == Output.EVALUATION);
            arguments = arguments.subList(0, arguments.size() - 1);
        }
        if (arguments.size() < 2 || arguments.size() > 3) {
            throw new IllegalArgumentException(
                    name + " takes a prediction, a target, a weight if there is one, and a map "
                            + "of options if there are any, not " + expressions.mkString("(", ", ", ")"));
        }
        return BinaryEvaluation.of(settings, output, arguments);
    }
}
