#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The binary interface is the recorded one: constants, layouts of structs, prototypes, and the names that are exported.

Usage: abi_test.py RECORD HEADERS COMPILER [LIBRARY...]       compares
       abi_test.py --move RECORD HEADERS COMPILER             writes the record anew

Every C header of the folder HEADERS is looked at. The compiler preprocesses them, and compiles a program that prints
the constants and the layouts. LIBRARY is libexactloss.so or libexactloss_cuda.so: it must export what its headers
declare, and nothing else.
"""

import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# The binary interface where pointers have 64 bits, by headers. Written by abi_test.py.
#   constant NAME VALUE
#   struct NAME SIZE ALIGNMENT, and its fields: OFFSET SIZE DECLARATION
#   opaque NAME
#   function PROTOTYPE
"""


def output_of(command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


class Header:
    """What a header defines and declares itself."""

    def __init__(self, path, compiler):
        self.path, self.macros = path, []
        command = [compiler, "-std=c11", "-E", "-dD", str(path)]
        own, is_own = [], False
        for line in output_of(command).splitlines():
            marker = re.match(r'# (\d+) "(.*?)"', line)
            macro = re.match(r"#define (\w+) (\S.*)", line)
            if marker:
                is_own = marker[2] == str(path)
            elif macro and is_own:
                self.macros.append(macro[1])
            elif is_own and not line.startswith("#"):
                own.append(line)
        self.declarations = list(self.split(" ".join(own)))

    @staticmethod
    def split(text):
        """The declarations of a text, without the braces of extern "C", which C does not see."""
        depth, declaration = 0, ""
        for character in re.sub(r"\s+", " ", text):
            depth += {"{": 1, "}": -1}.get(character, 0)
            if character == ";" and depth == 0:
                yield declaration.strip()
                declaration = ""
            else:
                declaration += character

    def structs(self):
        """Pairs of a type and its fields: their names and declarations."""
        for declaration in self.declarations:
            match = re.fullmatch(r"(?:typedef )?(struct (\w+)) ?\{(.*)\} ?(\w*)", declaration)
            if match:
                fields = [field.strip() for field in match[3].split(";") if field.strip()]
                yield match[4] or match[1], [(self.name_of(field), field) for field in fields]

    @staticmethod
    def name_of(field):
        pointer_to_function = re.search(r"\(\*(\w+)\)\(", field)
        return pointer_to_function[1] if pointer_to_function else re.search(r"(\w+)(?:\[[^\]]*\])*$", field)[1]

    def opaque(self):
        for declaration in self.declarations:
            match = re.fullmatch(r"typedef struct (\w+) (\w+)", declaration)
            if match:
                yield match[2]

    def functions(self):
        """Pairs of a name and a prototype."""
        for declaration in self.declarations:
            match = re.fullmatch(r"(?!typedef )[\w ]+[ *](\w+)\([^{}]*\)", declaration)
            if match:
                yield match[1], declaration

    def check(self):
        """Every declaration is one of these."""
        known = len(list(self.structs())) + len(list(self.opaque())) + len(list(self.functions()))
        assert known == len(self.declarations), f"{self.path.name} has declarations that this test does not understand"

    def program(self):
        """Statements that print what the compiler knows."""
        for macro in self.macros:
            yield f'printf("constant {macro} %lld\\n", (long long)({macro}));'
        for name, fields in self.structs():
            yield f'printf("struct {name.split()[-1]} %zu %zu\\n", sizeof({name}), _Alignof({name}));'
            for field, declaration in fields:
                place = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
                yield f'printf("    %zu %zu {declaration}\\n", {place});'


def record_of(headers, compiler):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "abi.c"), pathlib.Path(folder, "abi")
        lines = ["#include <stddef.h>", "#include <stdio.h>", *(f'#include "{header.path}"' for header in headers),
                 "int main(void) {"]
        for header in headers:
            lines += [f'puts("\\n{header.path.name}");', *header.program()]
            lines += [f'puts("opaque {name}");' for name in header.opaque()]
            lines += [f'puts("function {prototype}");' for _, prototype in header.functions()]
        source.write_text("\n".join([*lines, "}", ""]), encoding="ascii")
        subprocess.run([compiler, "-std=c11", str(source), "-o", str(program)], check=True)
        return HEAD + output_of([str(program)])


def exported_names(library):
    return {line.split()[-1] for line in output_of(["nm", "-D", "--defined-only", library]).splitlines()}


def problems_of(record, headers, compiler, libraries):
    have, want = record_of(headers, compiler).splitlines(), record.read_text(encoding="ascii").splitlines()
    yield from difflib.unified_diff(want, have, str(record), "the headers", lineterm="")
    for library in libraries:
        is_cuda = "cuda" in pathlib.Path(library).name
        declared = {name for header in headers if ("cuda" in header.path.name) == is_cuda
                    for name, _ in header.functions()}
        exported = exported_names(library)
        yield from (f"{library} does not export {name}" for name in sorted(declared - exported))
        yield from (f"{library} exports {name}, which no header declares" for name in sorted(exported - declared))


def main():
    arguments = [a for a in sys.argv[1:] if a != "--move"]
    record, folder, compiler, *libraries = arguments
    headers = [Header(path, compiler) for path in sorted(pathlib.Path(folder).resolve().glob("*.h"))]
    for header in headers:
        header.check()
    if "--move" in sys.argv:
        pathlib.Path(record).write_bytes(record_of(headers, compiler).encode())
        return 0
    problems = list(problems_of(pathlib.Path(record), headers, compiler, libraries))
    if problems:
        print(*problems, sep="\n")
        print("Programs that were compiled for the recorded interface may not work with this one. If the change is meant,")
        print("see EXACTLOSS_ABI_VERSION in exactloss.h, and record it:")
        print(f"    {sys.executable} {sys.argv[0]} --move {record} {folder} {compiler}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
