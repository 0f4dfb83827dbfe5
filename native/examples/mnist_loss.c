/* SPDX-License-Identifier: Apache-2.0 */
#include <exactloss/exactloss.h>
#include <stdio.h>

int main(void) {
    const float predictions[] = {0.9f, 0.4f, 0.2f};
    const uint8_t targets[] = {1, 0, 1};
    double loss;
    int status = exactloss_mnist_loss(predictions, EXACTLOSS_FLOAT32, targets, EXACTLOSS_UINT8, 0, 3,
                                      EXACTLOSS_REDUCTION_MEAN, 0, &loss, NULL, NULL);
    if (status != EXACTLOSS_OK) {
        fprintf(stderr, "%s\n", exactloss_status_string(status));
        return 1;
    }
    printf("%.17g\n", loss); /* 0.43333334227403003 */
}
