# SPDX-License-Identifier: Apache-2.0
"""exactloss: the losses, gradients and metrics of a binary classifier, exactly, at the speed of memory.

    >>> import exactloss, numpy
    >>> exactloss.mnist_loss(numpy.float32([0.9, 0.4, 0.2]), numpy.uint8([1, 0, 1]))
    0.43333334227403003

A loss is an exact sum, rounded once. So it has the same bits on every processor, with any number of threads, and
however the data is cut. Arrays are read where they lie: NumPy's and all others with the buffer protocol, PyTorch's and
JAX's by DLPack, those of PyArrow, Polars and DuckDB by Arrow's PyCapsule interface. What can't be read in place is
refused, with the reason and the remedy.

Predictions come first, and targets second, in every function.

Losses
    mnist_loss, log_loss, brier_score_loss
Gradients
    gradient, loss_and_gradient
Losses, counts and metrics in one pass
    evaluate, which gives an Evaluation
Data in pieces
    Accumulator
Elements
    sigmoid, where
Marks of arrays
    bfloat16, float16, packed_bits
Errors
    ExactLossError (a ValueError), and ElementError where one element is refused
Other packages
    exactloss.torch: autograd functions and modules; exactloss.sklearn: scorers

Calls release the interpreter's lock, except the shortest. A signal, such as that of Ctrl-C, is handled when the call
has ended. A child process after fork(), and a subinterpreter, may go on with everything.
"""

from . import _constants
from ._accumulator import Accumulator
from ._arrays import bfloat16, float16, packed_bits
from ._elements import sigmoid, where
from ._errors import ElementError, ExactLossError
from ._evaluation import Evaluation, LossResult, evaluate
from ._library import library as _c_library
from ._losses import brier_score_loss, gradient, log_loss, loss_and_gradient, mnist_loss

__all__ = ["Accumulator", "ElementError", "Evaluation", "ExactLossError", "LossResult", "bfloat16", "brier_score_loss",
           "evaluate", "float16", "gradient", "isa", "log_loss", "loss_and_gradient", "mnist_loss", "packed_bits",
           "sigmoid", "version", "where"]


def version() -> str:
    """The version of the C library."""
    return str(_c_library.exactloss_version().decode())


def isa() -> str:
    """The instruction set whose kernels run in this process, for example "avx2"."""
    name = _c_library.exactloss_isa_name()
    if name is None:
        raise ExactLossError("the environment variable EXACTLOSS_MAX_ISA names no instruction set",
                             _constants.ERROR_MAX_ISA)
    return str(name.decode())


__version__ = version()
