// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark;

import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** Spark in this JVM, with two threads. The tests of a class share a session. */
public final class LocalSession {
    private LocalSession() {}

    /** A new one with the extensions. */
    public static SparkSession start() {
        return start(Map.of("spark.sql.extensions", ExactLossExtensions.class.getName()));
    }

    /** A new one, after the last one has ended. */
    public static SparkSession start(Map<String, Object> configuration) {
        SnappyLibrary.choose();
        return SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 3)
                .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
                // Not Snappy: processes of their own read such files too, and SnappyLibrary is of this one.
                .config("spark.sql.parquet.compression.codec", "zstd")
                .config("spark.unsafe.exceptionOnMemoryLeak", true)
                .config(configuration)
                .getOrCreate();
    }
}
