// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.ElementType;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The layout of a body: {@code count} predictions, then as many targets, little-endian and without padding. */
record RawArrays(ElementType predictionType, ElementType targetType, long count) {
    static final Set<ElementType> PREDICTION_TYPES = EnumSet.range(ElementType.FLOAT16, ElementType.FLOAT64);
    static final Set<ElementType> TARGET_TYPES = EnumSet.range(ElementType.FLOAT32, ElementType.BITS);

    /** @throws HttpException (400) if a parameter is missing or wrong, or if such arrays don't fill a body of that size */
    static RawArrays of(UriQuery query, long bodyBytes) {
        RawArrays arrays = new RawArrays(
                type(query, "predictions", PREDICTION_TYPES),
                type(query, "targets", TARGET_TYPES),
                count(query, bodyBytes));
        long bytes = arrays.predictionType.bytes(arrays.count) + arrays.targetType.bytes(arrays.count);
        if (bytes != bodyBytes) {
            throw badRequest(arrays.count + " predictions and targets of these types take " + bytes
                    + " bytes, but the body has " + bodyBytes);
        }
        return arrays;
    }

    /** A view of the front of the body. */
    Predictions predictions(MemorySegment body) {
        MemorySegment front = body.asSlice(0, predictionType.bytes(count));
        return Predictions.of(front, predictionType);
    }

    /** A view of the rest of the body, at any alignment. */
    Targets targets(MemorySegment body) {
        MemorySegment rest = body.asSlice(predictionType.bytes(count));
        return Targets.of(rest, targetType).slice(0, count); // the last byte of bits may have more
    }

    /** The name of a type in a query. */
    static String name(ElementType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private static ElementType type(UriQuery query, String name, Set<ElementType> types) {
        String text = parameter(query, name);
        return types.stream()
                .filter(type -> name(type).equals(text))
                .findFirst()
                .orElseThrow(() -> badRequest(name + " is \"" + text + "\"; it must be "
                        + types.stream().map(RawArrays::name).collect(Collectors.joining(", "))));
    }

    /** An element takes more than a byte, so a larger count is wrong, and no product of a smaller one overflows. */
    private static long count(UriQuery query, long bodyBytes) {
        String text = parameter(query, "count");
        try {
            long count = Long.parseLong(text);
            if (count >= 1 && count <= bodyBytes) {
                return count;
            }
        } catch (NumberFormatException e) {
            // the same answer
        }
        throw badRequest(
                "count is \"" + text + "\"; for a body of " + bodyBytes + " bytes it must be 1 to " + bodyBytes);
    }

    private static String parameter(UriQuery query, String name) {
        return query.first(name)
                .orElseThrow(() -> badRequest(
                        "the query has no " + name + "; it takes predictions=TYPE, targets=TYPE and count=NUMBER"));
    }

    private static HttpException badRequest(String reason) {
        return new HttpException(reason, Status.BAD_REQUEST_400);
    }
}
