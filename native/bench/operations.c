/* SPDX-License-Identifier: Apache-2.0 */
#include "operations.h"

#include "exactloss/exactloss.h"
#include "losses/losses.h"

#define P BIT(PREDICTIONS)
#define L BIT(LOGITS)
#define T BIT(TARGETS)
#define W BIT(WEIGHTS)

#define MNIST EXACTLOSS_MNIST
#define ALL (EXACTLOSS_MNIST | EXACTLOSS_BRIER | EXACTLOSS_LOG)

const operation OPERATION_LIST[OPERATIONS] = {
    [MEAN] = {"mnist_loss_mean", COMPUTE_LOSS, P | T, 0, NO_OUTPUT, MNIST},
    [MEAN_LOGITS] = {"mnist_loss_mean_logits", COMPUTE_LOSS, L | T, 1, NO_OUTPUT, MNIST},
    [EVALUATE] = {"evaluate", COMPUTE_EVALUATION, P | T, 0, NO_OUTPUT, MNIST},
    [EVALUATE_LOGITS] = {"evaluate_logits", COMPUTE_EVALUATION, L | T, 1, NO_OUTPUT, MNIST},
    [GRADIENT] = {"gradient", COMPUTE_GRADIENT, T, 0, AN_ELEMENT_EACH, MNIST},
    [LOSS_AND_GRADIENT] = {"loss_and_gradient", COMPUTE_LOSS_AND_GRADIENT, P | T, 0, AN_ELEMENT_EACH, MNIST},
    [LOSS_AND_GRADIENT_LOGITS] = {"loss_and_gradient_logits", COMPUTE_LOSS_AND_GRADIENT, L | T, 1, AN_ELEMENT_EACH,
                                  MNIST},
    [SIGMOID] = {"sigmoid", COMPUTE_SIGMOID, L, 1, AN_ELEMENT_EACH, 0},
    [WHERE] = {"where", COMPUTE_WHERE, P | L | T, 0, AN_ELEMENT_EACH, 0},
    [MEAN_ROWS] = {"mnist_loss_mean_rows", COMPUTE_ROWS, P | T, 0, A_DOUBLE_A_ROW, MNIST},
    [WEIGHTED_MEAN] = {"weighted_mnist_loss_mean", COMPUTE_LOSS, P | T | W, 0, NO_OUTPUT, MNIST},
    [WEIGHTED_GRADIENT] = {"weighted_gradient", COMPUTE_GRADIENT, T | W, 0, AN_ELEMENT_EACH, MNIST},
    [BRIER] = {"brier_mean", COMPUTE_LOSS, P | T, 0, NO_OUTPUT, EXACTLOSS_BRIER},
    [WEIGHTED_BRIER] = {"weighted_brier_mean", COMPUTE_LOSS, P | T | W, 0, NO_OUTPUT, EXACTLOSS_BRIER},
    [BRIER_LOGITS] = {"brier_mean_logits", COMPUTE_LOSS, L | T, 1, NO_OUTPUT, EXACTLOSS_BRIER},
    [BRIER_LOSS_AND_GRADIENT] = {"brier_and_gradient", COMPUTE_LOSS_AND_GRADIENT, P | T, 0, AN_ELEMENT_EACH,
                                 EXACTLOSS_BRIER},
    [BRIER_LOSS_AND_GRADIENT_LOGITS] = {"brier_and_gradient_logits", COMPUTE_LOSS_AND_GRADIENT, L | T, 1,
                                        AN_ELEMENT_EACH, EXACTLOSS_BRIER},
    [LOG] = {"log_loss_mean", COMPUTE_LOSS, P | T, 0, NO_OUTPUT, EXACTLOSS_LOG},
    [LOG_LOGITS] = {"log_loss_mean_logits", COMPUTE_LOSS, L | T, 1, NO_OUTPUT, EXACTLOSS_LOG},
    [LOG_GRADIENT] = {"log_gradient", COMPUTE_GRADIENT, P | T, 0, AN_ELEMENT_EACH, EXACTLOSS_LOG},
    [LOG_LOSS_AND_GRADIENT] = {"log_loss_and_gradient", COMPUTE_LOSS_AND_GRADIENT, P | T, 0, AN_ELEMENT_EACH,
                               EXACTLOSS_LOG},
    [LOG_LOSS_AND_GRADIENT_LOGITS] = {"log_loss_and_gradient_logits", COMPUTE_LOSS_AND_GRADIENT, L | T, 1,
                                      AN_ELEMENT_EACH, EXACTLOSS_LOG},
    [EVALUATE_ALL] = {"evaluate_all", COMPUTE_EVALUATION, P | T, 0, NO_OUTPUT, ALL},
    [EVALUATE_ALL_LOGITS] = {"evaluate_all_logits", COMPUTE_EVALUATION, L | T, 1, NO_OUTPUT, ALL},
    [ACCUMULATOR] = {"accumulator", COMPUTE_ACCUMULATION, P | T, 0, NO_OUTPUT, MNIST},
};

const operation INEXACT_MEAN = {"inexact_mean", INEXACT_LOSS, P | T, 0, NO_OUTPUT, MNIST};

const operation FILL = {"fill", MOVE_BYTES, 0, 0, AN_ELEMENT_EACH, 0};

const operation DEVICE_COPY = {"copy", COPY_ON_DEVICE, P, 0, AN_ELEMENT_EACH, 0};

operation operation_that_moves(const operation *o, const inputs *in) {
    const int reads = operation_reads(o, in), writes = operation_writes(o, in);
    operation mover = *o;
    mover.work = MOVE_BYTES;
    mover.name = writes == 0 ? "read" : reads == 0 ? FILL.name : reads == writes ? "copy" : "read_and_write";
    return mover;
}

int operation_options(const operation *o, const inputs *in) {
    return o->losses | ELEMENT_TYPES[in->predictions_type].as_real | ELEMENT_TYPES[in->targets_type].as_target |
           (o->is_logits ? EXACTLOSS_FROM_LOGITS : 0);
}

int operation_loss(const operation *o) { return exactloss_first_loss(o->losses); }

int operation_reads(const operation *o, const inputs *in) {
    int bits = 0;
    for (array a = 0; a < ARRAYS; a++) {
        bits += (o->reads & BIT(a)) != 0 ? inputs_bits(in, a) : 0;
    }
    return bits;
}

int operation_writes(const operation *o, const inputs *in) {
    switch (o->output) {
        case AN_ELEMENT_EACH:
            return inputs_bits(in, OUTPUT);
        case A_DOUBLE_A_ROW:
            return 64 / COLUMNS;
        default:
            return 0;
    }
}

unsigned operation_needs(const operation *o) { return o->reads | (o->output == NO_OUTPUT ? 0 : BIT(OUTPUT)); }
