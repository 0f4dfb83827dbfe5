// SPDX-License-Identifier: Apache-2.0
/** Losses as metrics of a service. Needs Micrometer ({@code io.micrometer:micrometer-core}), on which nothing else here depends. */
package io.github.exactloss.micrometer;
