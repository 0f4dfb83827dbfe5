// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import io.github.exactloss.LossAccumulator;
import io.github.exactloss.Predictions;
import io.github.exactloss.Targets;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.Status;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A body of {@code count} predictions and then as many targets, little-endian and without padding: what the query says that
 * it is.
 */
record RawArrays(PredictionType predictionType, TargetType targetType, long count) {
    enum PredictionType {
        FLOAT16(2),
        BFLOAT16(2),
        FLOAT32(4),
        FLOAT64(8);

        private final int bytes;

        PredictionType(int bytes) {
            this.bytes = bytes;
        }
    }

    enum TargetType {
        UINT8(8),
        INT32(32),
        INT64(64),
        FLOAT32(32),
        FLOAT64(64),
        BITS(1);

        private final int bits;

        TargetType(int bits) {
            this.bits = bits;
        }
    }

    /** @throws Refusal if a parameter is missing or wrong, or if such arrays don't fill a body of that size */
    static RawArrays of(UriQuery query, long bodyBytes) {
        RawArrays arrays = new RawArrays(
                parameter(query, "predictions", PredictionType.class),
                parameter(query, "targets", TargetType.class),
                count(parameter(query, "count"), bodyBytes));
        long bytes = arrays.predictionBytes() + arrays.targetBytes();
        if (bytes != bodyBytes) {
            throw badRequest(arrays.count + " predictions and as many targets of these types take " + bytes
                    + " bytes, but the body has " + bodyBytes);
        }
        return arrays;
    }

    /** Adds the arrays in a body. */
    void addTo(LossAccumulator batch, MemorySegment body) {
        batch.add(predictions(body), targets(body));
    }

    /** A view of the body's front. */
    private Predictions predictions(MemorySegment body) {
        MemorySegment front = body.asSlice(0, predictionBytes());
        return switch (predictionType) {
            case FLOAT16 -> Predictions.ofFloat16(front);
            case BFLOAT16 -> Predictions.ofBfloat16(front);
            case FLOAT32 -> Predictions.ofFloats(front);
            case FLOAT64 -> Predictions.ofDoubles(front);
        };
    }

    /** A view of the rest, of whatever alignment it has there. */
    private Targets targets(MemorySegment body) {
        MemorySegment rest = body.asSlice(predictionBytes());
        return switch (targetType) {
            case UINT8 -> Targets.ofBytes(rest);
            case INT32 -> Targets.ofInts(rest);
            case INT64 -> Targets.ofLongs(rest);
            case FLOAT32 -> Targets.ofFloats(rest);
            case FLOAT64 -> Targets.ofDoubles(rest);
            case BITS -> Targets.ofBits(rest, 0, count);
        };
    }

    private long predictionBytes() {
        return count * predictionType.bytes;
    }

    private long targetBytes() {
        return Math.ceilDiv(count * targetType.bits, Byte.SIZE);
    }

    /** At most the bytes of the body, of which every element takes more than one; so no product of it can overflow. */
    private static long count(String text, long bodyBytes) {
        long count;
        try {
            count = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw badRequest("count is \"" + text + "\", which is no whole number");
        }
        if (count < 1 || count > bodyBytes) {
            throw badRequest(
                    "count is " + count + ", and a body of " + bodyBytes + " bytes can't have so many elements");
        }
        return count;
    }

    private static <E extends Enum<E>> E parameter(UriQuery query, String name, Class<E> type) {
        String text = parameter(query, name);
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> lowerCase(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> badRequest(name + " is \"" + text + "\", which is none of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(RawArrays::lowerCase)
                                .collect(Collectors.joining(", "))));
    }

    private static String parameter(UriQuery query, String name) {
        return query.first(name)
                .orElseThrow(() -> badRequest(
                        "the query has no " + name + "; it takes predictions=TYPE, targets=TYPE and count=NUMBER"));
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static Refusal badRequest(String reason) {
        return new Refusal(Status.BAD_REQUEST_400, reason);
    }
}
