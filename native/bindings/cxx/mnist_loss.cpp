/* SPDX-License-Identifier: Apache-2.0 */
#include <exactloss/exactloss.hpp>

int main() {
    const std::array predictions{0.9F, 0.4F, 0.2F};
    const std::array targets{true, false, true};
    const auto mean = exactloss::mean(exactloss::loss::mnist, predictions, targets);
    std::printf("%.17g\n", mean.value()); // 0.43333334227403003
}
