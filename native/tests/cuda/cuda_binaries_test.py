#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What nvcc makes of the kernels, looked at without a GPU: cuda_binaries_test.py NVCC FOLDER-OF-THE-KERNELS

- the committed PTX is what this nvcc writes, where it is the nvcc that the PTX names
- ptxas takes the committed PTX, in the old version that it is labelled with, for every architecture
- for every architecture the kernels compile without a warning, a spill or local memory, in at most 64 registers
- the binaries load predictions and store gradients by 128 bits, apart from the kernel that takes elements one by one
Exits with 77, and the reason, where there is no nvcc.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
MOST_REGISTERS = 64
WIDTHS = {4: "32", 5: "64", 6: "128"}
# The low 12 bits of an instruction of sm_75 and later, by address mode.
OPCODES = {0x381: "LDG", 0x981: "LDG", 0x386: "STG", 0x986: "STG", 0x983: "LDL", 0x387: "STL"}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def memory_instructions(cubin):
    """For each kernel of a binary, how many there are of each kind: LDG.128, say."""
    start, = struct.unpack_from("<Q", cubin, 40)
    count, names_index = struct.unpack_from("<HH", cubin, 60)
    sections = [struct.unpack_from("<IIQQQQIIQQ", cubin, start + 64 * i) for i in range(count)]
    names = cubin[sections[names_index][4]:][:sections[names_index][5]]
    found = {}
    for section in sections:
        name = names[section[0]:names.index(b"\0", section[0])].decode()
        if name.startswith(".text."):
            kinds = found[name.removeprefix(".text.exactloss_")] = collections.Counter()
            for offset in range(section[4], section[4] + section[5], 16):
                low, high = struct.unpack_from("<QQ", cubin, offset)
                if kind := OPCODES.get(low & 0xfff):
                    kinds[f"{kind}.{WIDTHS.get(high >> 9 & 7, 'narrow')}"] += 1
    return found


def check_architecture(nvcc, source, architecture, work):
    """The line for an architecture, and what is wrong with it."""
    cubin = work / f"{architecture}.cubin"
    report = run(nvcc, "-std=c++17", "-Werror", "all-warnings", f"-arch=sm_{architecture}", "-cubin", "-Xptxas",
                 "-v,-warn-spills,-warn-lmem-usage", "-o", cubin, source / "kernels.cu")
    run(nvcc, f"-arch=sm_{architecture}", "-cubin", "-o", work / f"{architecture}.ptx.cubin", source / "kernels.ptx")
    registers = [int(n) for n in re.findall(r"Used (\d+) registers", report)]
    frames = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", report)
    kernels = memory_instructions(cubin.read_bytes())
    wrong = []
    if len(registers) != len(kernels) or len(kernels) != 6 or max(registers) > MOST_REGISTERS:
        wrong.append(f"{len(kernels)} kernels with registers {registers}")
    if any(frame != ("0", "0", "0") for frame in frames) or len(frames) < len(kernels):
        wrong.append(f"stack frames and spills {frames}")
    for name, kinds in kernels.items():
        if any(kind.startswith(("LDL", "STL")) for kind in kinds):
            wrong.append(f"{name} uses local memory: {dict(kinds)}")
        if name != "elements" and (kinds["STG.128"] == 0 or kinds["LDG.128"] == 0):
            wrong.append(f"{name} has no loads or stores of 128 bits: {dict(kinds)}")
    loads = sum(kinds["LDG.128"] for kinds in kernels.values())
    line = (f"sm_{architecture}: registers {' '.join(map(str, sorted(registers)))}, no spill, no local memory, "
            f"{loads} loads of 128 bits")
    return line, [f"sm_{architecture}: {w}" for w in wrong]


def check_ptx(nvcc, source, work):
    """Whether the committed PTX is current; what is wrong with it."""
    committed = (source / "kernels.ptx").read_text(encoding="utf-8")
    made_with = re.search(r"with nvcc ([\d.]+);", committed)[1]
    version = re.search(r"release .*, V([\d.]+)", run(nvcc, "--version"))[1]
    if made_with != version:
        print(f"kernels.ptx is of nvcc {made_with}, and this is {version}: whether it is current is not compared")
        return []
    run(source / "make_ptx.sh", nvcc, work / "kernels.ptx")
    if (work / "kernels.ptx").read_text(encoding="utf-8") != committed:
        return ["kernels.ptx is not what the sources give: run make_ptx.sh"]
    print("kernels.ptx is current")
    return []


def main(nvcc, folder):
    if not nvcc:
        print("skipped: there is no nvcc")
        return 77
    source = pathlib.Path(folder)
    known = run(nvcc, "--list-gpu-code")
    architectures = [a for a in ARCHITECTURES if re.search(rf"\bsm_{a}\b", known)]
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        wrong = check_ptx(nvcc, source, work)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for line, problems in pool.map(lambda a: check_architecture(nvcc, source, a, work), architectures):
                print(line)
                wrong += problems
    for problem in wrong:
        print(f"FAILED: {problem}")
    print(f"{len(architectures)} of {len(ARCHITECTURES)} architectures: {' '.join(map(str, architectures))}")
    return 1 if wrong or not architectures else 0


sys.exit(main(*sys.argv[1:]))
