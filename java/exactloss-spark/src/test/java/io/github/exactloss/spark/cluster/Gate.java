// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.spark.cluster;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.spark.TaskContext;

/** Where the tasks of executors stop until the test lets them go on. */
public final class Gate implements AutoCloseable {
    private static final long TIMEOUT_SECONDS = 90;

    private final ServerSocket server;
    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    private volatile boolean open;

    /**
     * A task that waits.
     *
     * @param attempt 0 for the first attempt
     * @param pid of its executor
     */
    public record Arrival(int partition, int attempt, long pid, Socket connection) {
        /** Lets it go on. */
        public void admit() {
            reply(true);
        }

        /** Makes it fail. */
        public void fail() {
            reply(false);
        }

        private void reply(boolean admitted) {
            try (connection) {
                new DataOutputStream(connection.getOutputStream()).writeBoolean(admitted);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A closed one. */
    public Gate() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    /** What {@link #pass} takes. */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (true) {
            try {
                Socket connection = server.accept();
                DataInputStream in = new DataInputStream(connection.getInputStream());
                Arrival arrival = new Arrival(in.readInt(), in.readInt(), in.readLong(), connection);
                arrivals.add(arrival);
                if (open) {
                    admitAll();
                }
            } catch (IOException e) {
                if (server.isClosed()) {
                    return;
                }
                // A task was killed while it arrived.
            }
        }
    }

    /** Waits for the next task. */
    public Arrival await() throws InterruptedException {
        Arrival arrival = arrivals.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (arrival == null) {
            throw new AssertionError("no task has come to the gate");
        }
        return arrival;
    }

    /** Lets all tasks pass, those too that come from now on. */
    public void open() {
        open = true;
        admitAll();
    }

    private void admitAll() {
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            try {
                arrival.admit();
            } catch (UncheckedIOException e) {
                // Its task was killed while it waited.
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** Called by a task. */
    static void pass(int port) throws IOException {
        TaskContext task = TaskContext.get();
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
            DataOutputStream out = new DataOutputStream(connection.getOutputStream());
            out.writeInt(task.partitionId());
            out.writeInt(task.attemptNumber());
            out.writeLong(ProcessHandle.current().pid());
            if (!new DataInputStream(connection.getInputStream()).readBoolean()) {
                throw new IOException("the disk is gone, as far as the test is concerned");
            }
        }
    }
}
