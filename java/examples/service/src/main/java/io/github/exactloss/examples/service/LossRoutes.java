// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.InvalidElementException;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.foreign.MemorySegment;

/** {@code POST /loss} and {@code GET /totals}. */
final class LossRoutes implements HttpService {
    /** Strict, because a single NaN in the totals would stay there for ever. */
    static final MnistLoss OPTIONS = MnistLoss.create().strict();

    private final long largestBody;
    private final MemoryBudget memory;
    private final RunningTotals totals;
    private final RequestWatch watch;

    LossRoutes(long largestBody, MemoryBudget memory, RunningTotals totals, RequestWatch watch) {
        this.largestBody = largestBody;
        this.memory = memory;
        this.totals = totals;
        this.watch = watch;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.post("/loss", this::loss)
                .any("/loss", LossRoutes::refuseMethod)
                .get("/totals", (request, response) -> response.send(Answer.Metrics.of(totals.evaluation())));
    }

    private static void refuseMethod(ServerRequest request, ServerResponse response) {
        response.status(Status.METHOD_NOT_ALLOWED_405)
                .header(HeaderNames.ALLOW, "POST")
                .send(new Answer.Problem("/loss takes POST"));
    }

    private void loss(ServerRequest request, ServerResponse response) {
        RequestBody body = new RequestBody(request);
        Answer answer;
        try {
            answer = evaluate(request, body);
        } catch (Refusal e) {
            response.status(e.status())
                    .header(HeaderValues.CONNECTION_CLOSE)
                    .whenSent(body::discard)
                    .send(new Answer.Problem(e.getMessage()));
            return;
        }
        response.send(answer);
    }

    /** The body is read into memory of this request, and the native library reads it there. */
    private Answer evaluate(ServerRequest request, RequestBody body) {
        long size = body.size(largestBody);
        requireRawArrays(request);
        RawArrays arrays = RawArrays.of(request.query(), size);
        try (MemoryBudget.Share share = memory.take(size)) {
            MemorySegment bytes = body.read(size, share.arena());
            LossAccumulator batch = LossAccumulator.create(OPTIONS, share.arena());
            batch.add(arrays.predictions(bytes), arrays.targets(bytes));
            watch.isRead(); // from here on it counts
            return Answer.of(batch.result(), totals.add(batch));
        } catch (InvalidElementException e) {
            throw new Refusal(Status.UNPROCESSABLE_CONTENT_422, e.getMessage());
        }
    }

    private static void requireRawArrays(ServerRequest request) {
        boolean fits = request.headers()
                .contentType()
                .filter(type -> type.test(MediaTypes.APPLICATION_OCTET_STREAM))
                .isPresent();
        if (!fits) {
            throw new Refusal(
                    Status.UNSUPPORTED_MEDIA_TYPE_415,
                    HeaderNames.CONTENT_TYPE.defaultCase() + " has to be "
                            + MediaTypes.APPLICATION_OCTET_STREAM.text());
        }
    }
}
