// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Accumulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Hundreds of requests at once, every fourth of them malformed. */
class ShortLoadTest {
    private static final int REQUESTS = 400;
    private static final int LARGEST = 30_000;

    @Test
    void allAnswersAndTheTotalsHaveTheBitsOfOneThread() throws Exception {
        List<Batch> batches = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            batches.add(Batch.random(1 + i * 7919 % LARGEST, i));
        }
        Accumulator reference = LossServer.EVALUATOR.newAccumulator();
        try (LossServer server = TestServer.start();
                Client client = new Client(server.port());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Client.Reply>> replies = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                Batch batch = batches.get(i);
                byte[] body = isMalformed(i) ? malformed(batch, i) : batch.body();
                replies.add(threads.submit(() -> client.loss(batch.query(), body)));
            }

            for (int i = 0; i < REQUESTS; i++) {
                Client.Reply reply = replies.get(i).get();
                if (isMalformed(i)) {
                    assertThat(reply.status())
                            .as("request %d: %s", i, reply.json())
                            .isIn(400, 422);
                } else {
                    LossServerTest.assertSame(reply.json(), batches.get(i).evaluation());
                    batches.get(i).addTo(reference);
                }
            }
            LossServerTest.assertSame(client.totals().json(), reference.evaluate());
            assertThat(client.metric("exactloss_service_body_memory_bytes")).isZero();
        }
    }

    private static boolean isMalformed(int request) {
        return request % 4 == 3;
    }

    /** A byte short, or with a target of 2 at the end. */
    private static byte[] malformed(Batch batch, int request) {
        byte[] body = batch.body().clone();
        body[body.length - 1] = 2;
        return request % 8 == 3 ? body : Arrays.copyOf(body, body.length - 1);
    }
}
