// SPDX-License-Identifier: Apache-2.0
/** Losses as metrics of a service, by Micrometer ({@code io.micrometer:micrometer-core}). */
package io.github.exactloss.micrometer;
