# SPDX-License-Identifier: Apache-2.0
"""The wheel: in a fresh virtual environment, without a network, and as bytes. Usage: install_test.py WHEELS PACKAGE_SH
LIBRARY_FOLDER EXAMPLE"""

import base64
import csv
import hashlib
import importlib.util
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

from requirement import run_tests

WHEELS, PACKAGE, LIBRARIES, EXAMPLE = sys.argv[1:]
del sys.argv[1:]
WHEEL, = pathlib.Path(WHEELS).glob("*.whl")


def run(*command, **environment):
    cleared = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([str(part) for part in command], env=dict(cleared, **environment), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


class Wheel(unittest.TestCase):
    def test_names(self):
        name, version, python, abi, platform = WHEEL.stem.split("-")
        self.assertEqual((name, python, abi), ("exactloss", "py3", "none"))
        self.assertNotIn("any", platform)
        with zipfile.ZipFile(WHEEL) as wheel:
            info = f"exactloss-{version}.dist-info"
            self.assertIn(f"Tag: py3-none-{platform}\n", wheel.read(f"{info}/WHEEL").decode())
            self.assertIn("Root-Is-Purelib: false\n", wheel.read(f"{info}/WHEEL").decode())
            metadata = wheel.read(f"{info}/METADATA").decode()
            self.assertIn(f"Version: {version}\n", metadata)
            self.assertIn("# exactloss for Python", metadata)
            self.assertIn("Apache License", wheel.read(f"{info}/LICENSE").decode())

    def test_record(self):
        with zipfile.ZipFile(WHEEL) as wheel:
            record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
            rows = list(csv.reader(io.StringIO(wheel.read(record).decode())))
            self.assertEqual(sorted(row[0] for row in rows), sorted(wheel.namelist()))
            for name, digest, size in rows:
                content = wheel.read(name)
                if name != record:
                    expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                    self.assertEqual((digest, int(size)), (f"sha256={expected}", len(content)))

    def test_reproducible(self):
        for epoch, same in (("315532800", True), ("1700000000", False)):
            with tempfile.TemporaryDirectory() as folder:
                built = run(PACKAGE, LIBRARIES, folder, SOURCE_DATE_EPOCH=epoch)
                self.assertEqual(built.returncode, 0, built.stdout)
                self.assertEqual((pathlib.Path(folder) / WHEEL.name).read_bytes() == WHEEL.read_bytes(), same)

    def test_installs(self):
        with tempfile.TemporaryDirectory() as folder:
            home = pathlib.Path(folder) / "venv"
            made = run(sys.executable, "-m", "venv", home)
            if made.returncode != 0:
                self.skipTest(f"{sys.executable} makes no virtual environments: {made.stdout.strip().splitlines()[-1]}")
            python = home / "bin/python"
            installed = run(python, "-m", "pip", "install", "--no-index", "--find-links", WHEELS, "exactloss",
                            PIP_DISABLE_PIP_VERSION_CHECK="1")
            self.assertEqual(installed.returncode, 0, installed.stdout)
            code = ("import array, exactloss\n"
                    "print(exactloss.mnist_loss(array.array('f', [0.9, 0.4, 0.2]), bytes([1, 0, 1])))\n"
                    "print(exactloss.__file__)\n")
            loss, file = run(python, "-c", code).stdout.split()
            self.assertEqual(loss, "0.43333334227403003")
            self.assertTrue(file.startswith(str(home)), file)
            self.assertEqual(run(python, "-m", "pip", "check").returncode, 0)
            removed = run(python, "-m", "pip", "uninstall", "-y", "exactloss")
            self.assertEqual((removed.returncode, list(home.rglob("exactloss*"))), (0, []))

    def test_installs_from_source(self):
        """pip calls the back end, and needs no other."""
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder) / "target"
            installed = run(sys.executable, "-m", "pip", "install", "--no-index", "--target", target,
                            pathlib.Path(PACKAGE).parent, EXACTLOSS_LIBRARY_FOLDER=LIBRARIES,
                            PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONDONTWRITEBYTECODE="1")
            self.assertEqual(installed.returncode, 0, installed.stdout)
            self.assertTrue((target / "exactloss/libexactloss.so.1").exists())
            missing = run(PACKAGE, folder, folder)
            self.assertIn("there is no libexactloss.so.1 in", missing.stdout)

    def test_readme(self):
        """Its lines of Python are those of the example."""
        readme = (pathlib.Path(PACKAGE).parent / "README.md").read_text()
        block, = re.findall(r"```python\n(.*?)```", readme, re.S)
        self.assertIn(block, pathlib.Path(EXAMPLE).read_text())

    def test_example(self):
        if importlib.util.find_spec("numpy") is None:
            self.skipTest(f"NumPy is not installed for {sys.executable}")
        example = run(sys.executable, "-B", EXAMPLE, PYTHONPATH=os.environ["PYTHONPATH"])
        self.assertEqual(example.stdout, "0.43333334227403003\n0.6666666666666666\n0.43333334227403003\n")


if __name__ == "__main__":
    run_tests()
