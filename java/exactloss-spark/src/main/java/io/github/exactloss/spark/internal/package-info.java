// SPDX-License-Identifier: Apache-2.0
/**
 * The aggregate function for Catalyst, and the physical operator that computes it. Public where Spark finds a class by
 * reflection or calls it from generated code; it is no API.
 */
package io.github.exactloss.spark.internal;
