// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import io.github.exactloss.Batch;
import io.github.exactloss.Evaluation;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Random rows with columns of all types, and what a single process makes of them. */
public final class Scores {
    /** Of the random numbers. */
    public static final long SEED = 20_261_130;

    /** The columns of predictions, which have the same values. */
    static final List<String> PREDICTIONS = List.of("p_float", "p_double");

    /** The columns of targets, which have the same values. */
    static final List<String> TARGETS =
            List.of("t_boolean", "t_tinyint", "t_smallint", "t_int", "t_bigint", "t_float", "t_double");

    private static final StructType SCHEMA = StructType.fromDDL("p_float FLOAT, p_double DOUBLE, t_boolean BOOLEAN, "
            + "t_tinyint TINYINT, t_smallint SMALLINT, t_int INT, t_bigint BIGINT, t_float FLOAT, t_double DOUBLE, "
            + "w FLOAT, g STRING");

    private final List<Row> rows = new ArrayList<>();

    /** @param nullsOf one of this many values is null; 0: none */
    public Scores(int count, int nullsOf) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < count; i++) {
            // Few values, so that Parquet has dictionaries, with 1 in 10 of small magnitude.
            float p = random.nextInt(1, 1000) / (random.nextInt(10) == 0 ? 1e20f : 1000f);
            boolean t = random.nextDouble() < 0.7 * p + 0.1;
            byte b = (byte) (t ? 1 : 0);
            Object[] values = {
                p,
                (double) p,
                t,
                b,
                (short) b,
                (int) b,
                (long) b,
                (float) b,
                (double) b,
                random.nextInt(64) / 8f,
                "group " + random.nextInt(5)
            };
            for (int column = 0; nullsOf > 0 && column < values.length; column++) {
                values[column] = random.nextInt(nullsOf) == 0 ? null : values[column];
            }
            rows.add(RowFactory.create(values));
        }
    }

    /** The rows in a session. */
    public Dataset<Row> dataset(SparkSession spark) {
        return spark.createDataFrame(rows, SCHEMA);
    }

    /** The rows. */
    public List<Row> rows() {
        return rows;
    }

    /**
     * The evaluation of rows in one process.
     *
     * @param weight null without weights
     */
    public DatasetEvaluation evaluate(
            Evaluator evaluator, String prediction, String target, String weight, Predicate<Row> filter) {
        int p = SCHEMA.fieldIndex(prediction);
        int t = SCHEMA.fieldIndex(target);
        int w = weight == null ? p : SCHEMA.fieldIndex(weight);
        List<Row> chosen = rows.stream().filter(filter).toList();
        List<Row> whole = chosen.stream()
                .filter(row -> !row.isNullAt(p) && !row.isNullAt(t) && !row.isNullAt(w))
                .toList();
        double[] doubles = whole.stream()
                .mapToDouble(row -> ((Number) row.get(p)).doubleValue())
                .toArray();
        float[] floats = new float[doubles.length];
        float[] weights = new float[doubles.length];
        byte[] targets = new byte[doubles.length];
        for (int i = 0; i < doubles.length; i++) {
            floats[i] = (float) doubles[i];
            weights[i] = whole.get(i).get(w) instanceof Float number ? number : 0;
            Object value = whole.get(i).get(t);
            targets[i] = value instanceof Boolean flag ? (byte) (flag ? 1 : 0) : ((Number) value).byteValue();
        }
        Predictions views = prediction.equals("p_float") ? Predictions.of(floats) : Predictions.of(doubles);
        Batch batch = Batch.of(views, Targets.of(targets));
        Evaluation evaluation = evaluator.evaluate(weight == null ? batch : batch.weights(Weights.of(weights)));
        return new DatasetEvaluation(evaluation, chosen.size() - (long) whole.size());
    }
}
