// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import io.github.exactloss.spark.ExactLossExtensions;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** Sessions whose driver is this JVM, and whose executors are not. */
final class ClusterSession {
    private ClusterSession() {}

    /** One on a cluster. */
    static SparkSession.Builder builder(String master, List<Path> jars) {
        return SparkSession.builder()
                .master(master)
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.jars", jars.stream().map(Path::toString).collect(Collectors.joining(",")))
                .config("spark.executor.memory", "500m")
                .config("spark.executor.extraJavaOptions", SparkHome.SMALL_JVM)
                .config("spark.sql.extensions", ExactLossExtensions.class.getName())
                .config("spark.sql.shuffle.partitions", 2);
    }
}
