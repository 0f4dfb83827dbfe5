# SPDX-License-Identifier: Apache-2.0
"""The loss of three predictions, by ctypes; with arrays of NumPy if there is one: python3 mnist_loss.py [LIBRARY]"""

import ctypes
import pathlib
import sys

try:
    import numpy
except ImportError:
    numpy = None
    from array import array

# EXACTLOSS_MNIST, EXACTLOSS_MEAN, EXACTLOSS_P_FLOAT32, EXACTLOSS_T_UINT8
MNIST, MEAN, P_FLOAT32, T_UINT8 = 0x1, 0x100, 0x3000, 0x10000

built = pathlib.Path(__file__).parent / "../../build/native/native/libexactloss.so.1"
library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else str(built) if built.exists() else built.name)
library.exactloss_loss.argtypes = [
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,  # options, predictions, targets, weights
    ctypes.c_int64, ctypes.c_void_p,                                  # count, rows
    ctypes.POINTER(ctypes.c_double), ctypes.c_void_p,                 # loss, violation
]
library.exactloss_status_string.restype = ctypes.c_char_p


def memory_of(values, dtypes):
    """The memory of a contiguous array, which is not copied."""
    view = memoryview(values)
    if view.format not in dtypes or view.ndim != 1 or not view.contiguous:
        raise TypeError(f"an array of type {view.format!r} and shape {view.shape}, contiguous: {view.contiguous}; "
                        f"it must be a contiguous one of a type among {dtypes!r} and of one dimension")
    if numpy is not None:
        return numpy.asarray(view).ctypes.data  # of memory that may only be read, too
    return (ctypes.c_char * view.nbytes).from_buffer(view)


def mnist_loss(predictions, targets):
    """The exact mean loss of an array of floats against an array of unsigned bytes or bools."""
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions, but {len(targets)} targets")
    loss = ctypes.c_double()
    status = library.exactloss_loss(MNIST | MEAN | P_FLOAT32 | T_UINT8, memory_of(predictions, "f"),
                                    memory_of(targets, "B?"), None, len(predictions), None, loss, None)
    if status != 0:
        raise ValueError(library.exactloss_status_string(status).decode())
    return loss.value


if numpy is not None:
    scores, labels = numpy.float32([0.9, 0.4, 0.2]), numpy.uint8([1, 0, 1])
else:
    scores, labels = array("f", [0.9, 0.4, 0.2]), array("B", [1, 0, 1])
print(mnist_loss(scores, labels))  # 0.43333334227403003
