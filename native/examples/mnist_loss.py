# SPDX-License-Identifier: Apache-2.0
"""The loss of three predictions, from Python's standard library alone: python3 mnist_loss.py [libexactloss.so]"""

import array
import ctypes
import sys

FLOAT32, UINT8, MEAN = 6, 1, 1  # EXACTLOSS_FLOAT32, EXACTLOSS_UINT8, EXACTLOSS_REDUCTION_MEAN

library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libexactloss.so.1")
library.exactloss_mnist_loss.argtypes = [
    ctypes.c_void_p, ctypes.c_int,                   # predictions and their type
    ctypes.c_void_p, ctypes.c_int, ctypes.c_int64,   # targets, their type, and the first one to use
    ctypes.c_int64, ctypes.c_int, ctypes.c_int,      # count, reduction, flags
    ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_float), ctypes.c_void_p,
]
library.exactloss_status_string.restype = ctypes.c_char_p


def mnist_loss(predictions, targets):
    """The exact mean loss of an array("f") against an array("B"), both read where they lie."""
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions, but {len(targets)} targets")
    loss = ctypes.c_double()
    status = library.exactloss_mnist_loss(
        predictions.buffer_info()[0], FLOAT32, targets.buffer_info()[0], UINT8, 0, len(predictions), MEAN, 0, loss,
        None, None)
    if status != 0:
        raise ValueError(library.exactloss_status_string(status).decode())
    return loss.value


print(mnist_loss(array.array("f", [0.9, 0.4, 0.2]), array.array("B", [1, 0, 1])))  # 0.43333334227403003
