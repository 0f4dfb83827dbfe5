// SPDX-License-Identifier: Apache-2.0
/**
 * An HTTP service that takes predictions and targets and answers with their loss. A request's way through it: {@code
 * LossServer} (routes and limits), {@code LossRoutes} (one request), {@code RequestBody} (its bytes), {@code RawArrays} or
 * {@code ArrowColumns} (views of them, off-heap), {@code Answer}. The README beside the sources has the protocol and the
 * reasons.
 */
package io.github.exactloss.examples.service;
