# SPDX-License-Identifier: Apache-2.0
"""What a test needs beside Python."""

import importlib
import os
import sys
import unittest


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


def run_tests():
    """unittest.main(), which would take a run with skipped tests for a whole one."""
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, reason in result.skipped:
        skip(f"{len(result.skipped)} of {result.testsRun} tests: {reason}")
