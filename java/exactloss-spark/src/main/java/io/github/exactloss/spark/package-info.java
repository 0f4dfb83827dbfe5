// SPDX-License-Identifier: Apache-2.0
/**
 * Exact losses and metrics of the rows of a Spark dataset, by its API and in SQL
 * ({@code org.apache.spark:spark-sql_2.13}).
 */
package io.github.exactloss.spark;
