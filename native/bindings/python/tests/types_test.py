# SPDX-License-Identifier: Apache-2.0
"""mypy --strict on the package and on a user's code. Usage: types_test.py CONFIGURATION CACHE"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

import exactloss
from requirement import require

require("mypy", "mypy")

CONFIGURATION, CACHE = sys.argv[1:]
del sys.argv[1:]
USER = pathlib.Path(__file__).parent / "user_types.py"


def mypy(*arguments):
    """The complaints of mypy, whose first run reads PyTorch for a minute."""
    environment = dict(os.environ, MYPYPATH=str(pathlib.Path(exactloss.__file__).parent.parent))
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "mypy", "--config-file", CONFIGURATION, "--cache-dir", CACHE, "--no-error-summary"]
    return subprocess.run([*command, *map(str, arguments)], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout


class Types(unittest.TestCase):
    def test_package(self):
        self.assertEqual(mypy("-p", "exactloss"), "")

    def test_user(self):
        wanted = [(number, match.group(1)) for number, line in enumerate(USER.read_text().splitlines(), 1)
                  if (match := re.search(r"# error: ([a-z-]+)$", line))]
        found = [(int(line), code) for line, code in
                 re.findall(r":(\d+): error: .*\[([a-z-]+)\]$", mypy("--show-error-codes", USER), re.M)]
        self.assertEqual(found, wanted)

    def test_marker(self):
        self.assertTrue((pathlib.Path(exactloss.__file__).parent / "py.typed").exists())


if __name__ == "__main__":
    unittest.main()
