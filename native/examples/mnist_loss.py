# SPDX-License-Identifier: Apache-2.0
"""The loss of three predictions, from Python's standard library alone: python3 mnist_loss.py [libexactloss.so]"""

import array
import ctypes
import sys

MNIST, MEAN, P_FLOAT32, T_UINT8 = 0x1, 0x100, 0x3000, 0x10000  # EXACTLOSS_*

library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libexactloss.so.1")
library.exactloss_loss.argtypes = [
    ctypes.c_int,                                        # options
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,   # predictions, targets, weights
    ctypes.c_int64, ctypes.c_void_p,                     # count, rows
    ctypes.POINTER(ctypes.c_double), ctypes.c_void_p,    # losses, violation
]
library.exactloss_status_string.restype = ctypes.c_char_p


def mnist_loss(predictions, targets):
    """The exact mean loss of an array("f") against an array("B"), both read where they lie."""
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions, but {len(targets)} targets")
    loss = ctypes.c_double()
    status = library.exactloss_loss(
        MNIST | MEAN | P_FLOAT32 | T_UINT8, predictions.buffer_info()[0], targets.buffer_info()[0], None,
        len(predictions), None, loss, None)
    if status != 0:
        raise ValueError(library.exactloss_status_string(status).decode())
    return loss.value


print(mnist_loss(array.array("f", [0.9, 0.4, 0.2]), array.array("B", [1, 0, 1])))  # 0.43333334227403003
