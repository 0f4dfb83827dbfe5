// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import io.github.exactloss.Evaluator;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.BoundReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.aggregate.TypedImperativeAggregate;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import scala.collection.Iterator;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The aggregate function: the losses and metrics of a prediction, a target and, optionally, a weight. By itself it takes
 * rows one by one, as windows do; {@link PartialAggregateExec} feeds its sums faster.
 */
@SuppressWarnings("serial") // Scala's collections are serializable; their interfaces don't say so.
public final class BinaryEvaluation extends TypedImperativeAggregate<ScoreSum>
        implements ImplicitCastInputTypes, Serializable {
    private static final long serialVersionUID = 1;

    private final Settings settings;
    private final Output output;
    private final List<String> names;
    private final Seq<Expression> arguments;
    private final int mutableOffset;
    private final int inputOffset;

    private transient Columns taskColumns;
    private transient Evaluator evaluator;
    private transient Function<InternalRow, InternalRow> argumentsOf;

    /**
     * @param names what messages call the arguments
     * @param arguments the prediction, the target and, optionally, the weight
     */
    public BinaryEvaluation(
            Settings settings,
            Output output,
            List<String> names,
            Seq<Expression> arguments,
            int mutableOffset,
            int inputOffset) {
        this.settings = settings;
        this.output = output;
        this.names = names;
        this.arguments = arguments;
        this.mutableOffset = mutableOffset;
        this.inputOffset = inputOffset;
    }

    /** Of expressions that may be unresolved. */
    static BinaryEvaluation of(Settings settings, Output output, List<Expression> arguments) {
        return new BinaryEvaluation(
                settings,
                output,
                arguments.stream().map(Expression::sql).toList(),
                CollectionConverters.asScala(arguments).toSeq(),
                0,
                0);
    }

    Settings settings() {
        return settings;
    }

    List<String> names() {
        return names;
    }

    /**
     * Where a task's sums find the arguments: in its rows if they are columns of these, and otherwise in a row of their own.
     * Where sums are only merged, there are no such rows, and the columns have no meaning.
     */
    private Columns taskColumns() {
        if (taskColumns == null) {
            int[] ordinals = new int[arguments.length()];
            for (int i = 0; i < ordinals.length; i++) {
                ordinals[i] = areColumns() ? ((BoundReference) arguments.apply(i)).ordinal() : i;
            }
            taskColumns = Columns.of(names, CollectionConverters.asJava(arguments), ordinals, 0);
            evaluator = settings.evaluator();
        }
        return taskColumns;
    }

    private boolean areColumns() {
        return arguments.forall(argument -> argument instanceof BoundReference);
    }

    @Override
    public ScoreSum createAggregationBuffer() {
        Columns columns = taskColumns();
        return new ScoreSum(columns, evaluator, settings.refuseNulls());
    }

    @Override
    public ScoreSum update(ScoreSum sum, InternalRow row) {
        if (argumentsOf == null) {
            argumentsOf = areColumns() ? Function.identity() : UnsafeProjection.create(arguments)::apply;
        }
        sum.add(argumentsOf.apply(row));
        return sum;
    }

    @Override
    public ScoreSum merge(ScoreSum sum, ScoreSum other) {
        sum.merge(other);
        return sum;
    }

    @Override
    public Object eval(ScoreSum sum) {
        return output.value(sum);
    }

    @Override
    public byte[] serialize(ScoreSum sum) {
        return sum.toBytes();
    }

    @Override
    public ScoreSum deserialize(byte[] bytes) {
        Columns columns = taskColumns();
        return new ScoreSum(columns, evaluator, settings.refuseNulls(), bytes);
    }

    @Override
    public DataType dataType() {
        return output.type(settings.evaluator().losses());
    }

    @Override
    public boolean nullable() {
        return output == Output.MEAN;
    }

    @Override
    public Seq<AbstractDataType> inputTypes() {
        return ArgumentTypes.casts(arguments);
    }

    @Override
    public TypeCheckResult checkInputDataTypes() {
        return ArgumentTypes.check(arguments, names);
    }

    @Override
    public Seq<Expression> children() {
        return arguments;
    }

    @Override
    public BinaryEvaluation withNewChildrenInternal(IndexedSeq<Expression> children) {
        return new BinaryEvaluation(settings, output, names, children, mutableOffset, inputOffset);
    }

    @Override
    public int mutableAggBufferOffset() {
        return mutableOffset;
    }

    @Override
    public BinaryEvaluation withNewMutableAggBufferOffset(int offset) {
        return new BinaryEvaluation(settings, output, names, arguments, offset, inputOffset);
    }

    @Override
    public int inputAggBufferOffset() {
        return inputOffset;
    }

    @Override
    public BinaryEvaluation withNewInputAggBufferOffset(int offset) {
        return new BinaryEvaluation(settings, output, names, arguments, mutableOffset, offset);
    }

    @Override
    public String prettyName() {
        return SqlFunctions.name(settings, output);
    }

    /** What plans show. */
    @Override
    public Iterator<Object> stringArgs() {
        List<Object> shown = new ArrayList<>(CollectionConverters.asJava(arguments));
        shown.add(settings);
        return CollectionConverters.asScala(shown.iterator());
    }

    @Override
    public int productArity() {
        return 6;
    }

    @Override
    public Object productElement(int index) {
        return switch (index) {
            case 0 -> settings;
            case 1 -> output;
            case 2 -> names;
            case 3 -> arguments;
            case 4 -> mutableOffset;
            case 5 -> inputOffset;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof BinaryEvaluation;
    }

    /** The names have no influence on the result, except for messages. */
    @Override
    public boolean equals(Object other) {
        return other instanceof BinaryEvaluation evaluation
                && settings.equals(evaluation.settings)
                && output == evaluation.output
                && arguments.equals(evaluation.arguments)
                && mutableOffset == evaluation.mutableOffset
                && inputOffset == evaluation.inputOffset;
    }

    @Override
    public int hashCode() {
        return Objects.hash(settings, output, arguments, mutableOffset, inputOffset);
    }
}
