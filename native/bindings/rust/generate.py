#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the declarations of exactloss-sys from exactloss.h.

Usage: generate.py [--check] HEADER BINDINGS

With --check nothing is written, and the exit status is 1 if BINDINGS is not what would be written. The header is read
by its form: one constant a line, structs of plain fields, and functions that begin with EXACTLOSS_API. A line of code
that has another form is an error.
"""

import pathlib
import re
import sys

TYPES = {
    "int": "i32", "int32_t": "i32", "int64_t": "i64", "uint64_t": "u64", "float": "f32", "double": "f64",
    "char": "u8", "void": "c_void",
}
SIZES = {"EXACTLOSS_ACCUMULATOR_SIZE", "EXACTLOSS_ACCUMULATOR_MAX_BYTES"}  # all other constants are C's int
WIDTH = 120
PREFIX = """// SPDX-License-Identifier: Apache-2.0
// Written by generate.py from exactloss.h. Do not edit.

use core::ffi::c_void;
"""


def rust_type(c_type):
    base, stars = re.fullmatch(r"((?:const )?\w+) ?(\*?)", c_type.strip()).groups()
    const, name = base.startswith("const "), base.split()[-1]
    return ("*const " if const else "*mut ") * bool(stars) + TYPES.get(name, name)


def doc(comment, indent=""):
    """A comment of C as one of Rust; its columns are kept, as text."""
    lines = [re.sub(r"^ \* ?", "", line).rstrip() for line in comment[2:-2].splitlines()]
    lines = ["```text", *lines[1:-1], "```"] if len(lines) > 1 else [lines[0].strip()]
    return "".join(f"{indent}/// {line}".rstrip() + "\n" for line in lines)


def constant(name, value, comment):
    # An expression that Rust writes as it is, without the parentheses of a negative number.
    rust = "usize" if name in SIZES else "i32"
    return (doc(comment) if comment else "") + f"pub const {name}: {rust} = {value.strip('()')};\n"


def struct(name, fields, comment):
    text = doc(comment) if comment else ""
    text += f"#[repr(C)]\n#[derive(Clone, Copy, Debug)]\npub struct {name} {{\n"
    for line in fields.strip().splitlines():
        c_type, field, length, remark = re.fullmatch(
            r"\s*(\w+) (\w+)(?:\[(.+)\])?;\s*(/\*.*\*/)?", line).groups()
        rust = f"[{TYPES[c_type]}; {length}]" if length else TYPES.get(c_type, c_type)
        text += (doc(remark, "    ") if remark else "") + f"    pub {field}: {rust},\n"
    return text + "}\n"


def function(result, name, parameters, comment):
    rust = []
    for parameter in re.split(r",\s*", parameters):
        if parameter != "void":
            c_type, parameter = re.fullmatch(r"(.*?[ *])(\w+)", parameter).groups()
            rust.append(f"{parameter}: {rust_type(c_type)}")
    end = f") -> {rust_type(result)};"
    line = f"    pub fn {name}(" + ", ".join(rust) + end
    if len(line) > WIDTH:
        line = f"    pub fn {name}(\n" + "".join(f"        {parameter},\n" for parameter in rust) + f"    {end}"
    return (doc(comment, "    ") if comment else "") + line + "\n"


def generate(header):
    body = header[header.index("/* ---"):header.index("#ifdef __cplusplus\n}")]
    patterns = [
        r"(?P<comment>/\*(?:(?!\*/).)*\*/)\n",
        r"#define (?P<constant>EXACTLOSS_\w+) (?P<value>\S+)[ ]*(?P<remark>/\*[^\n]*\*/)?\n",
        r"typedef struct (?P<struct>\w+) \{\n(?P<fields>[^}]*)\} (?P=struct);\n",
        r"EXACTLOSS_API (?P<result>[\w ]+\*?)(?P<function>exactloss_\w+)\((?P<parameters>[^)]*)\);\n",
        r"\n",
    ]
    constants, structs, functions = [], [], []
    position, comment = 0, None
    while position < len(body):
        for pattern in patterns:
            match = re.compile(pattern, re.DOTALL).match(body, position)
            if match:
                break
        else:
            raise SystemExit(f"exactloss.h has a line of an unknown form: {body[position:].splitlines()[0]!r}")
        position = match.end()
        found = match.groupdict()
        if found.get("constant"):
            constants.append(constant(found["constant"], found["value"], found["remark"] or comment))
        elif found.get("struct"):
            structs.append(struct(found["struct"], found["fields"], comment))
        elif found.get("function"):
            functions.append(function(found["result"], found["function"], found["parameters"], comment))
        comment = found.get("comment")
    externs = 'extern "C" {\n' + "\n".join(functions) + "}\n"
    return "\n".join([PREFIX, "".join(constants), "\n".join(structs), externs])


check = sys.argv[1:2] == ["--check"]
if len(sys.argv) != 3 + check:
    raise SystemExit(__doc__)
header_file, bindings_file = map(pathlib.Path, sys.argv[1 + check:])
text = generate(header_file.read_text(encoding="utf-8"))
if not check:
    bindings_file.write_text(text, encoding="utf-8")
elif text != bindings_file.read_text(encoding="utf-8"):
    raise SystemExit(f"{bindings_file} is not what exactloss.h says: run generate.py {header_file} {bindings_file}")
