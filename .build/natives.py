#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the native libraries of several machines into one folder, the content of the Java jars.

    .build/natives.py NATIVES [FOLDER...]

NATIVES  the folder <platform>/<library> to add to; what is in it is checked too
FOLDER   one of the same form, that another machine made. Nothing is copied unless all of it is right.

Prints the platforms of NATIVES, one a line. A library is right if its format and processor are those of its platform and its
ABI is that of this source.
"""

import pathlib
import re
import shutil
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ELF, PE, MACH_O = "ELF", "PE", "Mach-O"
PROCESSORS = {  # by the numbers of each format
    (ELF, 62): "x86_64",
    (ELF, 183): "aarch64",
    (PE, 0x8664): "x86_64",
    (MACH_O, 0x01000007): "x86_64",
    (MACH_O, 0x0100000C): "aarch64",
}
FORMATS = {"linux": ELF, "windows": PE, "macos": MACH_O}
CORES = {"linux": "libexactloss.so", "windows": "exactloss.dll", "macos": "libexactloss.dylib"}
CUDA = "libexactloss_cuda.so"
PLATFORMS = ["linux-x86_64", "linux-aarch64", "linux-x86_64-musl", "linux-aarch64-musl", "windows-x86_64", "macos-aarch64",
             "macos-x86_64"]  # fmt: skip
CUDA_PLATFORMS = ["linux-x86_64", "linux-aarch64"]


class Wrong(Exception):
    """What is wrong with a folder or a file, and what to do about it."""


def abi_of(header):
    text = (ROOT / "native/include/exactloss" / header).read_text()
    return int(re.search(r"^#define EXACTLOSS_(?:CUDA_)?ABI_VERSION (\d+)$", text, re.M)[1])


# What each library has in it (the core a line that every format keeps, the other its ELF name), and the number there.
ABIS = {
    "exactloss": (rb"exactloss with ABI (\d+), version ", abi_of("exactloss.h")),
    "exactloss_cuda": (rb"libexactloss_cuda\.so\.(\d+)\0", abi_of("exactloss_cuda.h")),
}


def format_and_processor(content):
    """Of a library, by its header."""
    content = content.ljust(64, b"\0")
    if content[:5] == b"\x7fELF\x02" and content[5] == 1:
        return ELF, PROCESSORS.get((ELF, *struct.unpack_from("<H", content, 18)), "another processor")
    if content[:2] == b"MZ":
        (header,) = struct.unpack_from("<I", content, 0x3C)
        if content[header : header + 4] == b"PE\0\0" and len(content) >= header + 6:
            return PE, PROCESSORS.get((PE, *struct.unpack_from("<H", content, header + 4)), "another processor")
    if content[:4] == b"\xcf\xfa\xed\xfe":
        return MACH_O, PROCESSORS.get((MACH_O, *struct.unpack_from("<I", content, 4)), "another processor")
    raise Wrong("it is no 64-bit library of ELF, PE or Mach-O")


def check_library(platform, path):
    system, processor = platform.split("-")[:2]
    try:
        content = path.read_bytes()
        found = format_and_processor(content)
        if found != (FORMATS[system], processor):
            raise Wrong(f"it is {found[0]} for {found[1]}, and {platform} needs {FORMATS[system]} for {processor}")
        name = path.stem.removeprefix("lib")
        pattern, wanted = ABIS[name]
        abi = re.search(pattern, content)
        if abi is None:
            raise Wrong(f"it is not the library {name}")
        if int(abi[1]) != wanted:
            raise Wrong(f"its ABI is {int(abi[1])}, and that of this source {wanted}: build it anew from this source")
    except Wrong as wrong:
        raise Wrong(f"{path}: {wrong}") from None


def libraries(folder):
    """The right libraries of a folder, by platform and name."""
    found = {}
    if not folder.is_dir():
        raise Wrong(f"{folder} is no folder")
    for platform in sorted(folder.iterdir()):
        if platform.name not in PLATFORMS:
            raise Wrong(f"{platform} is no platform: a folder of libraries has only {', '.join(PLATFORMS)}")
        core = CORES[platform.name.split("-")[0]]
        for path in sorted(platform.iterdir()):
            if path.name != core and not (path.name == CUDA and platform.name in CUDA_PLATFORMS):
                raise Wrong(f"{path} is no library of {platform.name}, whose file is {core}")
            check_library(platform.name, path)
            found[platform.name, path.name] = path
        if (platform.name, core) not in found:
            raise Wrong(f"{platform} lacks {core}")
    return found


def merge(natives, folders):
    """Copies all libraries of the folders; returns those of `natives`."""
    have = libraries(natives)
    for folder in folders:
        more = libraries(folder)
        if not more:
            raise Wrong(f"{folder} is empty: it should have a folder for each platform")
        for key, path in more.items():
            other = have.setdefault(key, path)
            if other.read_bytes() != path.read_bytes():
                raise Wrong(f"{other} and {path} differ: leave one of them out")
    for (platform, name), path in have.items():
        target = natives / platform / name
        if path != target:
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
            target.chmod(0o755)
    return have


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    natives, *folders = map(pathlib.Path, sys.argv[1:])
    try:
        have = merge(natives, folders)
    except (Wrong, OSError) as problem:
        sys.exit(f"natives: {problem}")
    for platform in dict.fromkeys(platform for platform, _ in have):
        print(platform)


if __name__ == "__main__":
    main()
