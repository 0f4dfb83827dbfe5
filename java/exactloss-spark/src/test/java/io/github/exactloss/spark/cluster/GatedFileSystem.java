// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import java.io.IOException;
import java.net.URI;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.TaskContext;

/** Local files, under a name of their own. A task that has read one stops at a {@link Gate} before it reads another. */
public final class GatedFileSystem extends RawLocalFileSystem {
    /** The setting with the gate's port. */
    static final String PORT = "exactloss.gate.port";

    static final URI ROOT = URI.create("gated:///");

    /** The files that each attempt of a task has opened. */
    private static final Map<Long, Set<Path>> OPENED = new ConcurrentHashMap<>();

    /** Hadoop makes it. */
    public GatedFileSystem() {}

    @Override
    public String getScheme() {
        return ROOT.getScheme();
    }

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        TaskContext task = TaskContext.get();
        if (task != null) {
            Set<Path> opened = OPENED.computeIfAbsent(task.taskAttemptId(), id -> new HashSet<>());
            if (opened.add(file) && opened.size() == 2) {
                Gate.pass(getConf().getInt(PORT, 0));
            }
        }
        return super.open(file, bufferSize);
    }
}
