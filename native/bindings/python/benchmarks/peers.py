# SPDX-License-Identifier: Apache-2.0
"""Times exactloss beside what NumPy and PyTorch offer, with one thread, and prints the tables of the README.

Usage: peers.py [ELEMENTS ...]      default: 1000000 100000000

All run in one process, in turns, on the same random predictions and labels. A time is the minimum of the rounds.
"""

import ctypes
import sys
import time
import timeit

import numpy
import torch

import exactloss
import exactloss.torch
from exactloss import _library

torch.set_num_threads(1)
SECONDS = 4.0  # for each row of a table


def measure(functions, seconds=SECONDS):
    """The least time of each function in seconds; they run in turns."""
    best = {name: float("inf") for name in functions}
    for function in functions.values():
        function()
    end = time.perf_counter() + seconds * len(functions)
    while time.perf_counter() < end:
        for name, function in functions.items():
            begin = time.perf_counter()
            function()
            best[name] = min(best[name], time.perf_counter() - begin)
    return best


def numpy_log_loss(p, t):
    q = numpy.clip(p, 1e-7, 1 - 1e-7)
    return -(t * numpy.log(q) + (1 - t) * numpy.log(1 - q)).mean()


def peers(count):
    random = numpy.random.default_rng(20)
    p = random.random(count, numpy.float32)
    t = random.integers(0, 2, count, numpy.uint8)
    f = t.astype(numpy.float32)  # PyTorch's losses take targets of the predictions' type
    x = random.standard_normal(count, numpy.float32)
    tp, tf, tx, tt = (torch.from_numpy(array) for array in (p, f, x, t))
    losses = torch.nn.functional
    return {
        "mnist": {"exactloss": lambda: exactloss.mnist_loss(p, t),
                  "NumPy, where(…).mean()": lambda: numpy.where(t == 1, 1 - p, p).mean(),
                  "PyTorch, where(…).mean()": lambda: torch.where(tt == 1, 1 - tp, tp).mean(),
                  "PyTorch, l1_loss": lambda: losses.l1_loss(tp, tf)},
        "brier": {"exactloss": lambda: exactloss.brier_score_loss(p, t),
                  "NumPy, ((p - t) ** 2).mean()": lambda: ((p - f) ** 2).mean(),
                  "PyTorch, mse_loss": lambda: losses.mse_loss(tp, tf)},
        "log": {"exactloss": lambda: exactloss.log_loss(p, t),
                "NumPy, by hand": lambda: numpy_log_loss(p, f),
                "PyTorch, binary_cross_entropy": lambda: losses.binary_cross_entropy(tp, tf)},
        "log, from logits": {
            "exactloss": lambda: exactloss.log_loss(x, t, from_logits=True),
            "PyTorch, binary_cross_entropy_with_logits": lambda: losses.binary_cross_entropy_with_logits(tx, tf)},
        "all three, and the counts": {"exactloss": lambda: exactloss.evaluate(p, t)},
    }


def seconds(value):
    return f"{1e3 * value:,.3g} ms" if value < 1 else f"{value:,.2f} s"


def print_peers(counts):
    print("| | " + " | ".join(f"{count:,} elements" for count in counts) + " |\n|---|" + "---:|" * len(counts))
    columns = [{loss: measure(functions) for loss, functions in peers(count).items()} for count in counts]
    for loss, functions in columns[0].items():
        for name in functions:
            print(f"| {loss}: {name} | " + " | ".join(
                seconds(column[loss][name]) + ("" if name == "exactloss" else
                                               f" ({column[loss][name] / column[loss]['exactloss']:.1f}×)")
                for column in columns) + " |")


def empty(predictions, targets, *, sample_weight=None, from_logits=False, reduction="mean", out=None, clamp=False,
          strict=False, threads=1):
    pass


def print_overhead():
    random = numpy.random.default_rng(20)
    p, t = random.random(64, numpy.float32), random.integers(0, 2, 64, numpy.uint8)
    tp, tt, tf = torch.from_numpy(p), torch.from_numpy(t), torch.from_numpy(t.astype(numpy.float32))
    gradient, total = numpy.empty_like(p), exactloss.Accumulator()
    functions = {
        "an empty function": lambda: empty(p, t),
        "mnist_loss": lambda: exactloss.mnist_loss(p, t),
        "log_loss": lambda: exactloss.log_loss(p, t),
        "gradient(…, out=)": lambda: exactloss.gradient("mnist", p, t, out=gradient),
        "Accumulator.add": lambda: total.add(p, t),
        "evaluate": lambda: exactloss.evaluate(p, t),
        "mnist_loss of tensors": lambda: exactloss.mnist_loss(tp, tt),
        "NumPy's where(…).mean()": lambda: numpy.where(t == 1, 1 - p, p).mean(),
        "PyTorch's l1_loss": lambda: torch.nn.functional.l1_loss(tp, tf),
    }
    best = {name: float("inf") for name in functions}
    for _ in range(200):
        for name, function in functions.items():
            best[name] = min(best[name], timeit.timeit(function, number=200) / 200)
    nothing = best["an empty function"]
    print("| 64 elements | time | more than an empty function |\n|---|---:|---:|")
    for name, value in best.items():
        print(f"| {name} | {1e6 * value:.2f} µs | {1e6 * (value - nothing):.2f} µs |")


def print_c():
    """Beside the C function that is given the addresses."""
    random = numpy.random.default_rng(20)
    p, t = random.random(10**7, numpy.float32), random.integers(0, 2, 10**7, numpy.uint8)
    loss = ctypes.c_double()
    function = ctypes.CDLL(str(_library.FOLDER / _library.constants.LIBRARY)).exactloss_loss
    function.argtypes = [ctypes.c_int, *[ctypes.c_void_p] * 3, ctypes.c_int64, *[ctypes.c_void_p] * 3]
    c = _library.constants
    options = c.MNIST | c.MEAN | c.P_FLOAT32 | c.T_UINT8
    arguments = options, p.ctypes.data, t.ctypes.data, None, len(p), None, ctypes.addressof(loss), None
    best = measure({"C": lambda: function(*arguments), "Python": lambda: exactloss.mnist_loss(p, t)}, 10)
    print(f"10,000,000 elements: {seconds(best['Python'])}, and {seconds(best['C'])} from C")


if __name__ == "__main__":
    print_overhead()
    print()
    print_c()
    print()
    print_peers([int(argument) for argument in sys.argv[1:]] or [10**6, 10**8])
