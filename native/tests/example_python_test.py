# SPDX-License-Identifier: Apache-2.0
"""The Python example: as a program in a built tree, and its function with the arrays that one has.

Usage: example_python_test.py EXAMPLE LIBRARY
"""

import array
import contextlib
import importlib.util
import io
import pathlib
import runpy
import shutil
import subprocess
import sys
import tempfile

example, library = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:])
RESULT = 0.43333334227403003
has_numpy = importlib.util.find_spec("numpy") is not None


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True).stdout


with tempfile.TemporaryDirectory() as folder:
    tree = pathlib.Path(folder)
    (tree / "native/examples").mkdir(parents=True)
    (tree / "build/native/native").mkdir(parents=True)
    copy = shutil.copy(example, tree / "native/examples")
    (tree / "build/native/native/libexactloss.so.1").symlink_to(library)
    assert run(copy) == f"{RESULT}\n"
assert run(example, library) == f"{RESULT}\n"


def mnist_loss(with_numpy):
    """The example's function, in an interpreter that has NumPy or has none."""
    sys.argv = [example, library]
    hidden = {} if with_numpy else {"numpy": None}
    kept = {name: sys.modules.get(name) for name in hidden}
    sys.modules.update(hidden)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return runpy.run_path(example)["mnist_loss"]
    finally:
        for name, module in kept.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def refuses(call, *words):
    try:
        call()
    except (TypeError, ValueError) as error:
        assert all(word in str(error) for word in words), error
        return
    raise AssertionError(f"{words} was not refused")


floats, flags = array.array("f", [0.9, 0.4, 0.2]), array.array("B", [1, 0, 1])
for with_numpy in [False, True][: 1 + has_numpy]:
    loss = mnist_loss(with_numpy)
    assert loss(floats, flags) == RESULT
    assert loss(floats, bytearray(flags)) == RESULT
    refuses(lambda: loss(array.array("d", floats), flags), "'d'", "'f'")
    refuses(lambda: loss(floats, array.array("b", flags)), "'b'", "'B?'")
    refuses(lambda: loss(floats, flags[:2]), "3 predictions", "2 targets")
    assert loss(floats[:0], flags[:0]) != 0  # NaN

if has_numpy:
    import numpy

    p, t = numpy.float32([0.9, 0.4, 0.2]), numpy.uint8([1, 0, 1])
    assert loss(p, t) == loss(p, t == 1) == loss(p, bytes(t)) == RESULT
    p.flags.writeable = False  # as a mapped file is
    assert loss(p, t) == RESULT
    refuses(lambda: loss(numpy.repeat(p, 2)[::2], t), "contiguous: False")
    refuses(lambda: loss(p.reshape(3, 1), t), "(3, 1)")
    refuses(lambda: loss(p.astype(">f4"), t), "'>f'")
else:
    print("without NumPy: its arrays are not tested")
