/* SPDX-License-Identifier: Apache-2.0 */
#include <exactloss/exactloss.h>
#include <stdio.h>

int main(void) {
    const float predictions[] = {0.9f, 0.4f, 0.2f};
    const uint8_t targets[] = {1, 0, 1};
    double loss;
    int status = exactloss_loss(EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8, predictions,
                                targets, NULL, 3, NULL, &loss, NULL);
    if (status != EXACTLOSS_OK) {
        fprintf(stderr, "%s\n", exactloss_status_string(status));
        return 1;
    }
    printf("%.17g\n", loss); /* 0.43333334227403003 */
}
