// SPDX-License-Identifier: Apache-2.0
/**
 * An HTTP service that evaluates predictions and targets. A request passes {@code LossServer} (routes, within {@code Limits}),
 * {@code LossHandler} (one batch), {@code RawArrays} (views of its bytes) and {@code Answer}. The README beside the sources
 * describes the protocol and the limits.
 */
package io.github.exactloss.examples.service;
