// SPDX-License-Identifier: Apache-2.0
/**
 * Arrow columns as predictions, targets and weights, without a copy.
 *
 * <p>For each batch that a reader gives:
 *
 * <pre>{@code
 * try (Arena arena = Arena.ofConfined()) {
 *     ArrowBatch batch = ArrowBatch.of(root.getVector("prediction"), root.getVector("target"), arena);
 *     batch.addTo(accumulator);
 *     nulls += batch.nullCount();
 * }
 * }</pre>
 *
 * The same for what other native libraries give by the C Data Interface: {@link io.github.exactloss.arrow.CDataArray} and
 * {@link io.github.exactloss.arrow.CDataStream}.
 *
 * <p>Run with {@code --enable-native-access=io.github.exactloss,io.github.exactloss.arrow}, or {@code ALL-UNNAMED} on the class
 * path. Arrow itself asks for {@code --add-opens=java.base/java.nio=org.apache.arrow.memory.core}, or {@code ALL-UNNAMED},
 * and for one of its allocators, such as {@code arrow-memory-unsafe}; the C Data Interface needs neither.
 */
package io.github.exactloss.arrow;
