// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.internal;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.BindReferences;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.expressions.codegen.GenerateUnsafeProjection;
import org.apache.spark.sql.execution.BlockingOperatorWithCodegen;
import org.apache.spark.sql.execution.CodegenSupport;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction1;

/** Sums rows, each into the sums of its group. It is part of the code that Spark generates for a stage. */
public final class RowAggregateExec extends PartialAggregateExec implements BlockingOperatorWithCodegen {
    private static final long serialVersionUID = 1;

    /** The methods of {@link GroupRows} that take the arguments. */
    private static final List<String> SETTERS = List.of("prediction", "target", "weight");

    private transient CodegenSupport parent;

    /** The variable in the generated code. */
    private transient String groups;

    /**
     * Made by {@link PartialAggregateRule}, and by Spark's transformations.
     *
     * @param output the columns that are grouped by, and those of the byte forms
     */
    public RowAggregateExec(
            Seq<NamedExpression> grouping,
            Seq<Expression> arguments,
            List<Function> functions,
            Seq<Attribute> output,
            SparkPlan child) {
        super(grouping, arguments, functions, output, child);
    }

    @Override
    SparkPlan withChild(SparkPlan child) {
        return new RowAggregateExec(grouping(), arguments(), functions(), output(), child);
    }

    /** Makes the sums of rows that have nothing but the arguments. */
    private SumFactory factory() {
        return factory(IntStream.range(0, arguments().length()).toArray());
    }

    /** For a stage without generated code. */
    @Override
    public RDD<InternalRow> doExecute() {
        Task task = new Task(
                factory(),
                BindReferences.bindReferences(groupingExpressions(), allAttributes()),
                BindReferences.bindReferences(arguments(), allAttributes()),
                longMetric(INPUT_ROWS),
                longMetric(OUTPUT_ROWS));
        return child().execute().mapPartitions(task, false, ClassTag.apply(InternalRow.class));
    }

    @SuppressWarnings("serial") // Scala's collections are serializable; their interfaces don't say so.
    private static final class Task extends AbstractFunction1<Iterator<InternalRow>, Iterator<InternalRow>>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final SumFactory factory;
        private final Seq<Expression> grouping;
        private final Seq<Expression> arguments;
        private final SQLMetric inputRows;
        private final SQLMetric outputRows;

        Task(
                SumFactory factory,
                Seq<Expression> grouping,
                Seq<Expression> arguments,
                SQLMetric inputRows,
                SQLMetric outputRows) {
            this.factory = factory;
            this.grouping = grouping;
            this.arguments = arguments;
            this.inputRows = inputRows;
            this.outputRows = outputRows;
        }

        @Override
        public Iterator<InternalRow> apply(Iterator<InternalRow> rows) {
            UnsafeProjection group = UnsafeProjection.create(grouping);
            UnsafeProjection values = UnsafeProjection.create(arguments);
            GroupSums groups = factory.newGroups();
            int count = factory.count();
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                UnsafeRow elements = values.apply(row);
                int number = grouping.isEmpty() ? groups.add() : groups.add(group.apply(row));
                for (int function = 0; function < count; function++) {
                    groups.rows(function).add(number, elements);
                }
            }
            return groups.rows(inputRows, outputRows).map(row -> (InternalRow) row);
        }
    }

    @Override
    public Seq<RDD<InternalRow>> inputRDDs() {
        return ((CodegenSupport) child()).inputRDDs();
    }

    @Override
    public CodegenSupport parent() {
        return parent;
    }

    @Override
    public void parent_$eq(CodegenSupport newParent) {
        parent = newParent;
    }

    @Override
    public String doProduce(CodegenContext context) {
        String factory = context.addReferenceObj("sums", factory(), SumFactory.class.getName());
        groups = context.addMutableState(
                GroupSums.class.getName(), "groups", groups -> groups + " = " + factory + ".newGroups();", false, true);
        String rows = context.addMutableState("scala.collection.Iterator", "rows", any -> "", false, true);
        String sumAll = context.freshName("sumAll");
        String function = context.addNewFunction(
                sumAll, """
                private void %s() throws java.io.IOException {
                  %s
                }
                """.formatted(sumAll, ((CodegenSupport) child()).produce(context, this)), false);
        String row = context.freshName("row");
        return """
                if (%2$s == null) {
                  %1$s();
                  %2$s = %3$s.rows(%4$s, %5$s);
                }
                while (%2$s.hasNext()) {
                  InternalRow %6$s = (InternalRow) %2$s.next();
                  %7$s
                  if (shouldStop()) return;
                }
                """.formatted(
                        function,
                        rows,
                        groups,
                        metricTerm(context, INPUT_ROWS),
                        metricTerm(context, OUTPUT_ROWS),
                        row,
                        consume(context, null, row));
    }

    @Override
    public String doConsume(CodegenContext context, Seq<ExprCode> input, ExprCode row) {
        String group = context.freshName("number");
        StringBuilder code = new StringBuilder();
        if (grouping().isEmpty()) {
            code.append("int %s = %s.add();\n".formatted(group, groups));
        } else {
            context.currentVars_$eq(input);
            context.INPUT_ROW_$eq(null);
            ExprCode key = GenerateUnsafeProjection.createCode(
                    context, BindReferences.bindReferences(groupingExpressions(), allAttributes()), false);
            code.append("%s\nint %s = %s.add(%s);\n".formatted(key.code(), group, groups, key.value()));
        }
        context.currentVars_$eq(input); // which making the key has changed
        context.INPUT_ROW_$eq(null);
        List<Expression> bound =
                CollectionConverters.asJava(BindReferences.bindReferences(arguments(), allAttributes()));
        int first = 0;
        for (int i = 0; i < functions().size(); i++) {
            int count = functions().get(i).arguments().size();
            code.append(addition(context, groups + ".rows(" + i + ")", group, bound.subList(first, first + count)));
            first += count;
        }
        return code.toString();
    }

    /** Code that adds a row's arguments for one function. */
    private static String addition(CodegenContext context, String rows, String group, List<Expression> arguments) {
        String variable = context.freshName("rows");
        String index = context.freshName("index");
        StringBuilder code = new StringBuilder();
        StringBuilder nulls = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < arguments.size(); i++) {
            ExprCode argument = arguments.get(i).genCode(context);
            code.append(argument.code()).append('\n');
            nulls.append("if (%s) {\n  %s.addNull(%s, %d);\n} else ".formatted(argument.isNull(), variable, group, i));
            values.append("  %s.%s(%s, %s);\n".formatted(variable, SETTERS.get(i), index, argument.value()));
        }
        return """
                %1$s
                %2$s %3$s = %4$s;
                %5$s {
                  int %6$s = %3$s.beginRow(%7$s);
                %8$s  %3$s.endRow();
                }
                """.formatted(code, GroupRows.class.getName(), variable, rows, nulls, index, group, values);
    }

    private Seq<Expression> groupingExpressions() {
        List<Expression> columns = new ArrayList<>();
        grouping().foreach(column -> columns.add((Expression) column));
        return CollectionConverters.asScala(columns).toSeq();
    }
}
