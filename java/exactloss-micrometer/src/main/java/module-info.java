// SPDX-License-Identifier: Apache-2.0
/** The losses and metrics of exactloss as Micrometer's gauges. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer has no module-info
module io.github.exactloss.micrometer {
    requires transitive io.github.exactloss;
    requires transitive micrometer.core;

    exports io.github.exactloss.micrometer;
}
