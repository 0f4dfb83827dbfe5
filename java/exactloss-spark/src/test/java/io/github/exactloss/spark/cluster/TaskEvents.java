// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** How the tasks of the first stage have ended, which read the files. */
final class TaskEvents extends SparkListener {
    private final List<SparkListenerTaskEnd> ends = new CopyOnWriteArrayList<>();

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        if (end.stageId() == 0) {
            ends.add(end);
        }
    }

    private Stream<SparkListenerTaskEnd> ends(int partition) {
        return ends.stream().filter(end -> end.taskInfo().partitionId() == partition);
    }

    private static boolean isSuccess(SparkListenerTaskEnd end) {
        return end.reason().equals(Success$.MODULE$);
    }

    /** How often a task was successful. */
    long successes(int partition) {
        return ends(partition).filter(TaskEvents::isSuccess).count();
    }

    /** Why attempts of a task failed. */
    List<String> failures(int partition) {
        return ends(partition)
                .filter(end -> !isSuccess(end))
                .map(end -> end.reason().toString())
                .toList();
    }

    /** The number of tasks of which a second attempt was successful while the first one was running. */
    long speculativeSuccesses() {
        return ends.stream()
                .filter(end -> isSuccess(end) && end.taskInfo().speculative())
                .count();
    }

    /** Where tasks ran. */
    Set<String> hosts() {
        return ends.stream().map(end -> end.taskInfo().host()).collect(Collectors.toSet());
    }
}
