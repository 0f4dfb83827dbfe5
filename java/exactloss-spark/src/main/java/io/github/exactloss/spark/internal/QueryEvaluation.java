// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import io.github.exactloss.ExactLossException;
import io.github.exactloss.NativeLibraryException;
import io.github.exactloss.spark.EvaluationOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.package$;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.parser.ParserInterface;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.Dataset$;
import org.apache.spark.sql.classic.SparkSession;

/**
 * The program that {@code exactloss eval --spark} submits. It evaluates a query, and writes to a folder either {@code result}
 * (a byte that says whether there are weights, and the byte form of a {@link ScoreSum}) or {@code error}, a message.
 */
public final class QueryEvaluation {
    private static final String SPARK = "4.2";

    private QueryEvaluation() {}

    /** Takes the folder, the query, the losses, the threshold, and whether there are logits, strict mode, and nulls to skip. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        try {
            requireSpark(package$.MODULE$.SPARK_VERSION());
            Settings settings = new Settings(
                    List.of(arguments[2].split(",", -1)),
                    Double.parseDouble(arguments[3]),
                    Boolean.parseBoolean(arguments[4]),
                    Boolean.parseBoolean(arguments[5]),
                    false,
                    !Boolean.parseBoolean(arguments[6]));
            SparkSession session =
                    SparkSession.builder().appName("exactloss eval").getOrCreate();
            byte[] result = evaluate(session, arguments[1], settings);
            session.stop();
            Files.write(folder.resolve("result"), result);
        } catch (Exception | LinkageError e) {
            Files.writeString(folder.resolve("error"), message(e));
            System.exit(1);
        }
    }

    /** Catalyst's classes differ from one version to the next. */
    static void requireSpark(String version) {
        if (!version.startsWith(SPARK + ".")) {
            throw new IllegalArgumentException("exactloss needs Spark " + SPARK + ", and SPARK_HOME has " + version);
        }
    }

    /** What goes to {@code result}. */
    static byte[] evaluate(SparkSession session, String query, Settings settings) throws Exception {
        Dataset<Row> rows =
                Dataset$.MODULE$.ofRows(session, parse(session.sessionState().sqlParser(), query));
        EvaluationOptions options = options(rows.columns(), settings);
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(options.weight().isPresent() ? 1 : 0);
        result.write(Evaluations.sum(rows, options));
        return result.toByteArray();
    }

    /** The query's plan. Spark's grammar must take the text as a query, because other statements can change data. */
    private static LogicalPlan parse(ParserInterface parser, String query) throws Exception {
        parser.parsePlan(query); // says what is wrong with what is no statement at all
        try {
            return parser.parseQuery(query.strip().replaceFirst(";$", ""));
        } catch (Exception e) {
            if (e instanceof ParseException) { // which Scala does not declare
                throw new IllegalArgumentException("the query is no SELECT statement; nothing was run", e);
            }
            throw e;
        }
    }

    /** The columns are found as the command finds those of other queries. */
    private static EvaluationOptions options(String[] columns, Settings settings) {
        String prediction = find("prediction", columns);
        String target = find("target", columns);
        String weight = find("weight", columns);
        if (prediction == null && target == null) {
            List<String> others = new ArrayList<>(Arrays.asList(columns));
            others.remove(weight);
            if (others.size() == 2) {
                prediction = others.getFirst();
                target = others.getLast();
            }
        }
        require(prediction, "prediction", columns);
        require(target, "target", columns);
        Evaluator evaluator = settings.evaluator();
        EvaluationOptions options = EvaluationOptions.of(evaluator, quoted(prediction), quoted(target));
        options = weight == null ? options : options.weight(quoted(weight));
        return settings.refuseNulls() ? options.refuseNulls() : options;
    }

    private static String find(String name, String[] columns) {
        List<String> found =
                Arrays.stream(columns).filter(name::equalsIgnoreCase).toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException("the query has " + found.size() + " columns named " + name);
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private static void require(String column, String name, String[] columns) {
        if (column == null) {
            throw new IllegalArgumentException("the query has no column named " + name + ", only "
                    + String.join(", ", columns) + "; name one so with AS " + name);
        }
    }

    private static String quoted(String column) {
        return "`" + column.replace("`", "``") + "`";
    }

    /** What goes to {@code error}: of a failed job, what this module says of it, and otherwise its first cause in Spark's words. */
    static String message(Throwable failure) {
        Throwable cause = failure;
        while (!speaks(cause) && !(cause instanceof AnalysisException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (speaks(cause)) {
            return cause.getMessage().replace(ScoreSum.SKIP_NULLS, "--skip-nulls");
        }
        String words = cause instanceof AnalysisException analysis ? analysis.getSimpleMessage() : cause.getMessage();
        // A picture of the query or the plan may follow.
        return "the query fails: "
                + (words == null ? cause.toString() : words.strip().split("\\R\\s*\\R", 2)[0]);
    }

    private static boolean speaks(Throwable failure) {
        return failure instanceof IllegalArgumentException
                || failure instanceof ExactLossException
                || failure instanceof NativeLibraryException;
    }
}
