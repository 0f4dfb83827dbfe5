// SPDX-License-Identifier: Apache-2.0
/**
 * Arrays and streams that other native libraries lend by the Arrow C Data Interface and the Arrow C Stream Interface, as
 * predictions, targets and weights, without a copy and without Arrow's classes.
 *
 * <pre>{@code
 * try (CDataStream stream = CDataStream.of(address)) {
 *     for (Optional<CDataArray> next = stream.next(); next.isPresent(); next = stream.next()) {
 *         CDataArray batch = next.get();
 *         ColumnBatch.of(batch.column("prediction"), batch.column("target")).addTo(accumulator);
 *     }
 * }
 * }</pre>
 *
 * An address is trusted: if it is not that of such a structure, the process may crash. {@link
 * io.github.exactloss.cdata.ColumnBatch} leaves out the rows with nulls, and counts them.
 */
package io.github.exactloss.cdata;
