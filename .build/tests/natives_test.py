# SPDX-License-Identifier: Apache-2.0
"""Libraries that other machines built are taken whole, or not at all: each of the wrong kinds is named."""

import importlib.util
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

NATIVES = pathlib.Path(__file__).resolve().parent.parent / "natives.py"
PLATFORM_JAVA = NATIVES.parent.parent / "java/exactloss/src/main/java/io/github/exactloss/internal/Platform.java"
CORE = b"\0exactloss with ABI 1, version 0.1.0\0"
CUDA = b"\0libexactloss_cuda.so.1\0"


def elf(machine, content=CORE):
    return b"\x7fELF\x02\x01" + bytes(12) + struct.pack("<H", machine) + content


def dll(machine):
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + CORE


def mach_o(processor):
    return b"\xcf\xfa\xed\xfe" + struct.pack("<I", processor) + CORE


RIGHT = {
    "linux-x86_64/libexactloss.so": elf(62),
    "linux-x86_64/libexactloss_cuda.so": elf(62, CUDA),
    "linux-aarch64/libexactloss.so": elf(183),
    "windows-x86_64/exactloss.dll": dll(0x8664),
    "macos-aarch64/libexactloss.dylib": mach_o(0x0100000C),
    "macos-x86_64/libexactloss.dylib": mach_o(0x01000007),
}


def write(folder, files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class NativesTest(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)

    def merge(self, have, *folders):
        """The run, and the files that are in the folder afterwards."""
        write(self.work / "natives", have)
        for i, files in enumerate(folders):
            write(self.work / str(i), files)
        command = [sys.executable, NATIVES, "natives", *map(str, range(len(folders)))]
        done = subprocess.run(command, cwd=self.work, capture_output=True, text=True, check=False)
        return done, files_of(self.work / "natives")

    def test_folders_are_merged(self):
        items = list(RIGHT.items())
        done, files = self.merge(dict(items[:2]), dict(items[:4]), dict(items[4:]))
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(sorted({name.split("/")[0] for name in RIGHT}), sorted(done.stdout.split()))
        self.assertEqual(RIGHT, files)

    def test_java_looks_for_the_same_platforms(self):
        spec = importlib.util.spec_from_file_location("natives", NATIVES)
        natives = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(natives)
        found = re.findall(r'new Platform\("(\w+)", "(\w+)", (true|false)\)', PLATFORM_JAVA.read_text())
        names = [f"{os}-{arch}" + ("-musl" if musl == "true" else "") for os, arch, musl in found]
        self.assertEqual(sorted(natives.PLATFORMS), sorted(names))

    def test_what_is_wrong_is_named_and_nothing_is_copied(self):
        linux = "linux-x86_64/libexactloss.so"
        for wrong, words in (
            ({}, "1 is empty"),
            ({"plan9-mips/libexactloss.so": elf(62)}, "plan9-mips is no platform"),
            ({linux: elf(183)}, "it is ELF for aarch64, and linux-x86_64 needs ELF for x86_64"),
            ({linux: elf(22)}, "it is ELF for another processor"),
            ({linux: dll(0x8664)}, "it is PE for x86_64"),
            ({linux: b"#!/bin/sh"}, "it is no 64-bit library"),
            ({linux: elf(62)[:7]}, "it is ELF for another processor"),
            ({"windows-x86_64/exactloss.dll": dll(0x8664)[:69]}, "it is no 64-bit library"),
            ({linux: elf(62, CUDA)}, "it is not the library exactloss"),
            ({linux: elf(62, CORE.replace(b"ABI 1", b"ABI 7"))}, "its ABI is 7, and that of this source 1"),
            ({"linux-x86_64/libexactloss_cuda.so": elf(62, CUDA)}, "lacks libexactloss.so"),
            ({"linux-x86_64-musl/libexactloss_cuda.so": elf(62, CUDA)}, "is no library of linux-x86_64-musl"),
            ({"windows-aarch64/exactloss.dll": dll(0xAA64)}, "windows-aarch64 is no platform"),
            ({"windows-x86_64/exactloss.dll": dll(0xAA64)}, "it is PE for another processor"),
            ({"windows-x86_64/libexactloss.dll": dll(0x8664)}, "whose file is exactloss.dll"),
            ({linux: elf(62, CORE + b"other")}, "differ: leave one of them out"),
        ):
            with self.subTest(words), tempfile.TemporaryDirectory() as work:
                self.work = pathlib.Path(work)
                have = dict(list(RIGHT.items())[:1])
                done, files = self.merge(have, RIGHT, wrong)
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(1, done.stderr.count("\n"), done.stderr)
                self.assertEqual(have, files)


if __name__ == "__main__":
    unittest.main()
