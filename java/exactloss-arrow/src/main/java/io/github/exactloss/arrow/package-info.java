// SPDX-License-Identifier: Apache-2.0
/**
 * Arrow's vectors as predictions, targets and weights, without a copy.
 *
 * <p>For each batch that a reader gives:
 *
 * <pre>{@code
 * try (Arena arena = Arena.ofConfined()) {
 *     ColumnBatch batch = ArrowVectors.batch(root.getVector("prediction"), root.getVector("target"), arena);
 *     batch.addTo(accumulator);
 *     nulls += batch.nullCount();
 * }
 * }</pre>
 *
 * Arrays that another native library lends by the C Data Interface need neither this module nor Arrow: see {@link
 * io.github.exactloss.cdata}.
 *
 * <p>Run with {@code --enable-native-access=io.github.exactloss,io.github.exactloss.arrow}, or {@code ALL-UNNAMED} on the class
 * path. Arrow itself needs {@code --add-opens=java.base/java.nio=org.apache.arrow.memory.core}, or {@code ALL-UNNAMED},
 * and for one of its allocators, such as {@code arrow-memory-unsafe}.
 */
package io.github.exactloss.arrow;
