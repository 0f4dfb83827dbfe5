// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.ConcurrentLossAccumulator;
import io.github.exactloss.InvalidElementException;
import io.github.exactloss.LossAccumulator;
import io.github.exactloss.MnistLoss;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpMediaType;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** {@code POST /loss} and {@code GET /totals}. */
final class LossRoutes implements HttpService {
    /** Strict, because a single NaN in the totals would stay there for ever. */
    static final MnistLoss OPTIONS = MnistLoss.create().strict();

    private static final MediaType RAW_ARRAYS = MediaTypes.APPLICATION_OCTET_STREAM;
    private static final MediaType ARROW_STREAM = MediaTypes.create("application/vnd.apache.arrow.stream");

    private final long largestBody;
    private final MemoryBudget memory;
    private final ConcurrentLossAccumulator totals;
    private final RequestWatch watch;

    LossRoutes(long largestBody, MemoryBudget memory, ConcurrentLossAccumulator totals, RequestWatch watch) {
        this.largestBody = largestBody;
        this.memory = memory;
        this.totals = totals;
        this.watch = watch;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.post("/loss", this::loss)
                .any("/loss", LossRoutes::refuseMethod)
                .get("/totals", (request, response) -> response.send(Answer.Metrics.of(totals.result())));
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

    private Answer evaluate(ServerRequest request, RequestBody body) {
        long size = body.size(largestBody);
        MediaType type =
                request.headers().contentType().map(HttpMediaType::mediaType).orElse(null);
        try {
            if (RAW_ARRAYS.equals(type)) {
                return evaluateArrays(RawArrays.of(request.query(), size), body, size);
            } else if (ARROW_STREAM.equals(type)) {
                return evaluateArrow(ArrowColumns.of(request.query()), body, size);
            }
        } catch (InvalidElementException e) {
            throw new Refusal(Status.UNPROCESSABLE_CONTENT_422, e.getMessage());
        }
        throw new Refusal(
                Status.UNSUPPORTED_MEDIA_TYPE_415,
                "Content-Type has to be " + RAW_ARRAYS.text() + " or " + ARROW_STREAM.text());
    }

    /** The body is read into memory of this request, and the native library reads it there. */
    private Answer evaluateArrays(RawArrays arrays, RequestBody body, long size) {
        try (MemoryBudget.Share share = memory.take(size)) {
            LossAccumulator batch = LossAccumulator.create(OPTIONS, share.arena());
            arrays.addTo(batch, body.read(share.arena()));
            return answer(batch, null);
        }
    }

    /** The same, one batch of the stream after the other. */
    private Answer evaluateArrow(ArrowColumns columns, RequestBody body, long size) {
        long bytes = ArrowColumns.memory(size);
        try (MemoryBudget.Share share = memory.take(bytes)) {
            LossAccumulator batch = LossAccumulator.create(OPTIONS, share.arena());
            long nulls = columns.addTo(batch, body, new ArrowMemory(share.arena(), bytes));
            if (body.left() > 0) {
                throw new Refusal(
                        Status.BAD_REQUEST_400,
                        "the Arrow stream ends " + body.left() + " bytes before the body of " + size + " bytes does");
            }
            return answer(batch, nulls);
        }
    }

    /** All of the request is here and good, so from here on it counts. */
    private Answer answer(LossAccumulator batch, Long nullCount) {
        watch.isRead();
        totals.merge(batch);
        return Answer.of(batch.result(), totals.result(), nullCount);
    }
}
