// SPDX-License-Identifier: Apache-2.0
/** Losses as metrics of a service, by <a href="https://micrometer.io">Micrometer</a>. */
package io.github.exactloss.micrometer;
