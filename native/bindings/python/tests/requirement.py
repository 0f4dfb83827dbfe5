# SPDX-License-Identifier: Apache-2.0
"""What a test needs beside Python."""

import importlib
import os
import sys


def skip(reason):
    """Ends the test as one that can't run here."""
    print(f"skipped: {reason}")
    sys.stdout.flush()
    os._exit(77)


def require(module, name):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        return skip(f"{name} is not installed for {sys.executable} ({error})")
