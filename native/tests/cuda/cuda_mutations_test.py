#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts bugs into the kernels and the host code of the CUDA library, one at a time: each must make a test fail.

    cuda_mutations_test.py SOURCE CC CXX PROGRAM WORK

SOURCE   the folder native
PROGRAM  cuda_operations_test, which finds the library and the fake driver by LD_LIBRARY_PATH
WORK     a folder to build in
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

from mutations import BEYOND, HOST, KERNELS

CORE = ("accumulator.c", "api_status.c", "exact_quotient.c", "exact_sum.c", "losses/losses.c", "totals.c", "types.c")
TIME_LIMIT = 60  # of a test in which threads wait for each other without the executor noticing


class Bench:
    """What is the same for all mutations: compilers, folders and the objects of the fake driver."""

    def __init__(self, source, cc, cxx, program, work):
        self.source, self.cc, self.cxx, self.program = pathlib.Path(source), cc, cxx, program
        self.tests = self.source / "tests/cuda"
        self.work = pathlib.Path(work)
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.compile_cxx(["-O2"], [self.tests / "executor.cpp"], self.work / "executor.o")
        self.compile_cxx(["-O2"], [self.tests / "fake_driver.cpp"], self.work / "fake_driver.o")
        self.build_driver(self.source / "src", self.work)  # for the mutations of the host code

    def run(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"this command failed: {' '.join(map(str, command))}\n{done.stderr}")

    def compile_cxx(self, options, inputs, output, *includes):
        kind = ["-c"] if str(output).endswith(".o") else ["-shared"]
        self.run(self.cxx, "-std=c++20", "-fPIC", "-w", "-ffp-contract=off", "-fvisibility=hidden", *options,
                 *[f"-I{folder}" for folder in includes], *kind, *inputs, "-o", output)

    def build_driver(self, source, folder):
        """A fake driver of the kernels' source below a folder."""
        self.compile_cxx(["-O1"], [self.tests / "kernels_from_source.cpp", self.work / "executor.o",
                                   self.work / "fake_driver.o"], folder / "libcuda.so.1",
                         self.tests / "shim", self.tests, source / "cuda")

    def build_library(self, source, folder):
        cuda = source / "cuda"
        self.run(self.cc, "-std=c11", "-O1", "-fPIC", "-w", "-ffp-contract=off", "-fvisibility=hidden", "-shared",
                 "-DEXACTLOSS_BUILD", f'-DEXACTLOSS_CUDA_IMAGE="{cuda}/kernels.ptx"', f"-I{self.source}/include",
                 f"-I{source}", *sorted(cuda.glob("*.c")), *[source / name for name in CORE],
                 f"-Wl,--version-script={cuda}/exactloss_cuda.map", "-ldl", "-lpthread",
                 "-o", folder / "libexactloss_cuda.so.1")

    def test(self, *folders):
        """The line with which the test fails; empty where it passes."""
        environment = os.environ | {"LD_LIBRARY_PATH": ":".join(map(str, folders)), "EXACTLOSS_MAX_ISA": "portable"}
        try:
            done = subprocess.run([self.program, "quick"], env=environment, capture_output=True, text=True,
                                  errors="replace", timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            return "no end"
        lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
        return "" if done.returncode == 0 else lines[-1]

    def try_mutation(self, number, mutation, is_host):
        """The line with which a test has found a mutation; empty where none has."""
        _, name, text, instead = mutation
        folder = self.work / str(number)
        shutil.copytree(self.source / "src", folder / "src")
        path = folder / "src/cuda" / name
        content = path.read_text(encoding="utf-8")
        if content.count(text) != 1:
            sys.exit(f"{name} has {content.count(text)} times, and not once: {text}")
        path.write_text(content.replace(text, instead), encoding="utf-8")
        if is_host:
            self.build_library(folder / "src", folder)
        else:
            self.build_driver(folder / "src", folder)
        found = self.test(folder, self.work)
        shutil.rmtree(folder)
        return found


def main(source, cc, cxx, program, work):
    bench = Bench(source, cc, cxx, program, work)
    if found := bench.test(bench.work):
        sys.exit(f"FAILED: without any mutation: {found}")
    mutations = [(m, False) for m in KERNELS + BEYOND] + [(m, True) for m in HOST]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: bench.try_mutation(job[0], *job[1]), enumerate(mutations)))
    killed, failed = 0, 0
    for (mutation, _), found in zip(mutations, results):
        is_beyond = mutation in BEYOND
        is_wrong = bool(found) == is_beyond
        killed += bool(found)
        failed += is_wrong
        print(f"{'FAILED' if is_wrong else 'ok'}: {mutation[0]}: {found[:110] or 'not noticed'}")
    print(f"{killed} of {len(mutations)} mutations killed; {len(BEYOND)} are beyond the reach of a processor")
    shutil.rmtree(bench.work)
    return failed != 0 or killed < 20


sys.exit(main(*sys.argv[1:]))
