// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.exactloss.Batch;
import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.github.exactloss.Weights;
import io.github.exactloss.spark.DatasetEvaluation;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.spark.sql.execution.vectorized.ConstantColumnVector;
import org.apache.spark.sql.execution.vectorized.Dictionary;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of column vector gives what arrays give. */
class ColumnVectorsTest {
    private static final int ROWS = 5000;
    private static final long SEED = 21;
    private static final Evaluator EVALUATOR = Evaluator.of(Loss.mnist(), Loss.brier(), Loss.log());

    /** How the values of a column are kept. */
    private enum Kind {
        ON_HEAP,
        OFF_HEAP,
        ON_HEAP_DICTIONARY,
        OFF_HEAP_DICTIONARY,
        OTHER
    }

    private final double[] predictions = new double[ROWS];
    private final int[] targets = new int[ROWS];
    private final float[] weights = new float[ROWS];
    private final boolean[] nulls = new boolean[ROWS];

    ColumnVectorsTest() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < ROWS; i++) {
            predictions[i] = (float) random.nextDouble();
            targets[i] = random.nextInt(2);
            weights[i] = random.nextInt(1000) / 16f;
            nulls[i] = random.nextInt(5) == 0;
        }
    }

    static Stream<DataType> targetTypes() {
        return Stream.of(
                DataTypes.BooleanType,
                DataTypes.ByteType,
                DataTypes.ShortType,
                DataTypes.IntegerType,
                DataTypes.LongType,
                DataTypes.FloatType,
                DataTypes.DoubleType);
    }

    @ParameterizedTest
    @MethodSource("targetTypes")
    void everyKindOfVector(DataType targetType) {
        for (DataType predictionType : List.of(DataTypes.FloatType, DataTypes.DoubleType)) {
            for (Kind kind : Kind.values()) {
                for (int withNulls = 0; withNulls < 8; withNulls++) {
                    check(predictionType, targetType, kind, withNulls);
                }
            }
        }
    }

    /** @param withNulls a bit for each of the predictions, targets and weights: whether there are nulls among them */
    private void check(DataType predictionType, DataType targetType, Kind kind, int withNulls) {
        ColumnVector[] vectors = {
            vector(kind, predictionType, predictions, (withNulls & 1) != 0),
            vector(kind, targetType, doubles(targets), (withNulls & 2) != 0),
            vector(kind, DataTypes.FloatType, asDoubles(weights), (withNulls & 4) != 0)
        };
        for (boolean weighted : new boolean[] {false, true}) {
            int[] ordinals = {0, 1, 2};
            boolean skips = (withNulls & (weighted ? 7 : 3)) != 0;
            ScoreSum sum = sum(predictionType, targetType, weighted, ordinals);
            sum.add(new ColumnarBatch(vectors, ROWS));
            assertThat(sum.evaluate())
                    .as(
                            "%s, %s, %s, nulls %d, weighted %s, seed %d",
                            predictionType, targetType, kind, withNulls, weighted, SEED)
                    .isEqualTo(expected(predictionType, weighted, skips));
        }
        for (ColumnVector vector : vectors) {
            vector.close();
        }
    }

    private DatasetEvaluation expected(DataType predictionType, boolean weighted, boolean skips) {
        int[] rows = IntStream.range(0, ROWS).filter(i -> !(skips && nulls[i])).toArray();
        double[] p = Arrays.stream(rows).mapToDouble(i -> predictions[i]).toArray();
        int[] t = Arrays.stream(rows).map(i -> targets[i]).toArray();
        float[] w = new float[rows.length];
        float[] pf = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            w[i] = weights[rows[i]];
            pf[i] = (float) p[i];
        }
        Predictions views = predictionType.equals(DataTypes.FloatType) ? Predictions.of(pf) : Predictions.of(p);
        Batch batch = Batch.of(views, Targets.of(t));
        return new DatasetEvaluation(
                EVALUATOR.evaluate(weighted ? batch.weights(Weights.of(w)) : batch), ROWS - (long) rows.length);
    }

    private static ScoreSum sum(DataType prediction, DataType target, boolean weighted, int... ordinals) {
        Columns columns = new Columns(
                new Columns.Column("p", Elements.of(prediction).orElseThrow(), ordinals[0]),
                new Columns.Column("t", Elements.of(target).orElseThrow(), ordinals[1]),
                weighted ? new Columns.Column("w", Elements.FLOATS, ordinals[2]) : null);
        return new ScoreSum(columns, EVALUATOR, false);
    }

    private static double[] asDoubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    private ColumnVector vector(Kind kind, DataType type, double[] values, boolean withNulls) {
        if (kind == Kind.OTHER) {
            return new Wrapped(vector(Kind.ON_HEAP, type, values, withNulls));
        }
        boolean offHeap = kind == Kind.OFF_HEAP || kind == Kind.OFF_HEAP_DICTIONARY;
        WritableColumnVector vector =
                offHeap ? new OffHeapColumnVector(ROWS, type) : new OnHeapColumnVector(ROWS, type);
        boolean dictionary = (kind == Kind.ON_HEAP_DICTIONARY || kind == Kind.OFF_HEAP_DICTIONARY)
                && !type.equals(DataTypes.BooleanType); // Spark decodes booleans at once
        WritableColumnVector ids = dictionary ? vector.reserveDictionaryIds(ROWS) : null;
        if (dictionary) {
            vector.setDictionary(new Numbers(values));
        }
        for (int i = 0; i < ROWS; i++) {
            if (withNulls && nulls[i]) {
                vector.putNull(i);
                if (dictionary) {
                    ids.putInt(i, Integer.MAX_VALUE); // what a reader leaves there has no meaning
                }
            } else if (dictionary) {
                ids.putInt(i, i);
            } else {
                put(vector, i, type, values[i]);
            }
        }
        return vector;
    }

    private static void put(WritableColumnVector vector, int row, DataType type, double value) {
        switch (type.typeName()) {
            case "boolean" -> vector.putBoolean(row, value == 1);
            case "byte" -> vector.putByte(row, (byte) value);
            case "short" -> vector.putShort(row, (short) value);
            case "integer" -> vector.putInt(row, (int) value);
            case "long" -> vector.putLong(row, (long) value);
            case "float" -> vector.putFloat(row, (float) value);
            case "double" -> vector.putDouble(row, value);
            default -> throw new AssertionError(type);
        }
    }

    /** Arrow's memory is read through Spark's methods. */
    @Test
    void arrowVector() {
        try (RootAllocator allocator = new RootAllocator();
                Float4Vector arrow = new Float4Vector("p", allocator)) {
            arrow.allocateNew(ROWS);
            for (int i = 0; i < ROWS; i++) {
                if (nulls[i]) {
                    arrow.setNull(i);
                } else {
                    arrow.set(i, (float) predictions[i]);
                }
            }
            arrow.setValueCount(ROWS);
            ScoreSum sum = sum(DataTypes.FloatType, DataTypes.IntegerType, false, 0, 1);
            sum.add(new ColumnarBatch(
                    new ColumnVector[] {
                        new ArrowColumnVector(arrow),
                        vector(Kind.ON_HEAP, DataTypes.IntegerType, doubles(targets), false)
                    },
                    ROWS));
            assertThat(sum.evaluate()).isEqualTo(expected(DataTypes.FloatType, false, true));
        }
    }

    /** A column of a partition has one value for all rows. */
    @Test
    void constantVector() {
        ConstantColumnVector one = new ConstantColumnVector(ROWS, DataTypes.IntegerType);
        one.setInt(1);
        ConstantColumnVector nothing = new ConstantColumnVector(ROWS, DataTypes.IntegerType);
        nothing.setNull();
        ColumnVector p = vector(Kind.ON_HEAP, DataTypes.DoubleType, predictions, false);
        ScoreSum sum = sum(DataTypes.DoubleType, DataTypes.IntegerType, false, 0, 1);
        sum.add(new ColumnarBatch(new ColumnVector[] {p, one}, ROWS));
        sum.add(new ColumnarBatch(new ColumnVector[] {p, nothing}, ROWS));
        DatasetEvaluation result = sum.evaluate();
        assertThat(result.nullCount()).isEqualTo(ROWS);
        assertThat(result.evaluation().positives()).isEqualTo(ROWS);
    }

    /** What keeps its values elsewhere, as a plug-in for GPUs does, fails as it would for Spark itself. */
    @Test
    void vectorsWithoutValuesFail() {
        ColumnVector elsewhere = new Wrapped(vector(Kind.ON_HEAP, DataTypes.FloatType, predictions, false)) {
            @Override
            public float getFloat(int row) {
                throw new IllegalStateException("the values are on the GPU");
            }
        };
        ColumnVector t = vector(Kind.ON_HEAP, DataTypes.IntegerType, doubles(targets), false);
        ScoreSum sum = sum(DataTypes.FloatType, DataTypes.IntegerType, false, 0, 1);
        assertThatThrownBy(() -> sum.add(new ColumnarBatch(new ColumnVector[] {elsewhere, t}, ROWS)))
                .hasMessageContaining("on the GPU");
    }

    private static double[] doubles(int[] values) {
        return Arrays.stream(values).asDoubleStream().toArray();
    }

    /** The numbers themselves, by their index. */
    private static final class Numbers implements Dictionary {
        private final double[] values;

        Numbers(double[] values) {
            this.values = values;
        }

        @Override
        public int decodeToInt(int id) {
            return (int) values[id];
        }

        @Override
        public long decodeToLong(int id) {
            return (long) values[id];
        }

        @Override
        public float decodeToFloat(int id) {
            return (float) values[id];
        }

        @Override
        public double decodeToDouble(int id) {
            return values[id];
        }

        @Override
        public byte[] decodeToBinary(int id) {
            throw new UnsupportedOperationException();
        }
    }

    /** A vector of a class that Spark does not know. */
    private static class Wrapped extends ColumnVector {
        private final ColumnVector vector;

        Wrapped(ColumnVector vector) {
            super(vector.dataType());
            this.vector = vector;
        }

        @Override
        public void close() {
            vector.close();
        }

        @Override
        public boolean hasNull() {
            return vector.hasNull();
        }

        @Override
        public int numNulls() {
            return vector.numNulls();
        }

        @Override
        public boolean isNullAt(int row) {
            return vector.isNullAt(row);
        }

        @Override
        public boolean getBoolean(int row) {
            return vector.getBoolean(row);
        }

        @Override
        public byte getByte(int row) {
            return vector.getByte(row);
        }

        @Override
        public short getShort(int row) {
            return vector.getShort(row);
        }

        @Override
        public int getInt(int row) {
            return vector.getInt(row);
        }

        @Override
        public long getLong(int row) {
            return vector.getLong(row);
        }

        @Override
        public float getFloat(int row) {
            return vector.getFloat(row);
        }

        @Override
        public double getDouble(int row) {
            return vector.getDouble(row);
        }

        @Override
        public ColumnarArray getArray(int row) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ColumnarMap getMap(int ordinal) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Decimal getDecimal(int row, int precision, int scale) {
            throw new UnsupportedOperationException();
        }

        @Override
        public UTF8String getUTF8String(int row) {
            throw new UnsupportedOperationException();
        }

        @Override
        public byte[] getBinary(int row) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ColumnVector getChild(int ordinal) {
            throw new UnsupportedOperationException();
        }
    }
}
