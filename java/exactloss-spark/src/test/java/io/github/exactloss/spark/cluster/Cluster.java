// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A standalone cluster on this machine: a master and workers of one core each, as processes of their own. */
public final class Cluster implements AutoCloseable {
    private final Path folder;
    private final SparkProcess master;
    private final List<SparkProcess> workers = new ArrayList<>();
    private final String url;

    private Cluster(Path folder) throws InterruptedException {
        this.folder = folder;
        master = SparkProcess.start(
                "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0");
        try {
            url = master.await("Starting Spark master at (spark://\\S+)");
        } catch (InterruptedException | AssertionError e) {
            master.close();
            throw e;
        }
    }

    /**
     * Starts one.
     *
     * @param folder where the workers keep their files
     */
    public static Cluster start(Path folder, int workers) throws InterruptedException {
        SparkHome.make();
        Cluster cluster = new Cluster(folder);
        try {
            for (int i = 0; i < workers; i++) {
                cluster.addWorker();
            }
        } catch (InterruptedException | AssertionError e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    /** The master's address. */
    public String url() {
        return url;
    }

    /** Starts another worker. Each has an address of its own: Spark starts a second attempt of a task on another host only. */
    public void addWorker() throws InterruptedException {
        String host = "127.0.0." + (workers.size() + 2);
        SparkProcess worker = SparkProcess.start(
                "org.apache.spark.deploy.worker.Worker",
                "--host",
                host,
                "--port",
                "0",
                "--webui-port",
                "0",
                "--cores",
                "1",
                "--memory",
                "1100M",
                "--work-dir",
                folder.resolve(host).toString(),
                url);
        workers.add(worker);
        worker.await("(Successfully registered with master)");
    }

    @Override
    public void close() {
        // The workers first: without a master they would wait for it.
        Collections.reverse(workers);
        workers.forEach(SparkProcess::close);
        master.close();
    }
}
