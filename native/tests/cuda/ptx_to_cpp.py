#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Translates PTX, as nvcc writes it, into C++ that the executor runs: ptx_to_cpp.py FILE.ptx > FILE.cpp

A register becomes a variable, an instruction a statement with the same rounding and the same wrap-around. What isn't
known here is an error: nothing is skipped.
"""

import re
import sys

TYPES = {f"{kind}{bits}": f"{name}{bits}_t"
         for kind, name in (("s", "int"), ("u", "uint"), ("b", "uint")) for bits in (8, 16, 32, 64)}
TYPES |= {"f32": "float", "f64": "double", "pred": "bool"}
SPECIAL = {"%tid.x": "executor::thread", "%ctaid.x": "executor::block", "%nctaid.x": "executor::blocks"}
OPERATORS = {"add": "+", "sub": "-", "and": "&", "or": "|", "xor": "^"}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
               "lo": "<", "ls": "<=", "hi": ">", "hs": ">="}
UNORDERED = {"ltu": ">=", "leu": ">", "gtu": "<=", "geu": "<", "neu": "=="}  # which are true for NaN: the opposite's


class Unknown(Exception):
    pass


class Kernel:
    """One .entry: the text of its parameters and of its body."""

    def __init__(self, name, parameters, body, shared):
        self.name, self.body, self.shared = name, body, shared
        self.parameter, self.size = re.fullmatch(r"\.param \.align 8 \.b8 (\w+)\[(\d+)\]", parameters.strip()).groups()

    def value(self, operand, kind):
        """An operand as an expression of the type that an instruction names."""
        ctype = TYPES[kind]
        if operand.startswith("!"):
            return f"!{self.value(operand[1:], kind)}"
        if operand in SPECIAL:
            return f"ptx::get<{ctype}>({SPECIAL[operand]})"
        if match := re.fullmatch(r"0[fF]([0-9A-Fa-f]{8})", operand):
            return f"ptx::get<{ctype}>(uint32_t(0x{match[1]}u))"
        if match := re.fullmatch(r"0[dD]([0-9A-Fa-f]{16})", operand):
            return f"ptx::get<{ctype}>(uint64_t(0x{match[1]}ull))"
        if re.fullmatch(r"-?(0x[0-9A-Fa-f]+|\d+)U?", operand):
            return f"static_cast<{ctype}>({int(operand.rstrip('U'), 0) % 2**64}ull)"
        if operand in self.shared:
            return f"ptx::get<{ctype}>(uint32_t({self.shared[operand]}))"
        if re.fullmatch(r"[a-z]+\d+", operand):
            return f"ptx::get<{ctype}>({operand})"
        raise Unknown(f"operand {operand}")

    def put(self, register, kind, expression):
        return "" if register == "_" else f"ptx::put({register}, static_cast<{TYPES[kind]}>({expression}));"

    def address(self, operand, space):
        base, offset = re.fullmatch(r"\[(\w+)(?:\+(-?\d+))?\]", operand).groups()
        offset = offset or "0"
        if space == "param":
            assert base == self.parameter, operand
            return f"(static_cast<char *>(const_cast<void *>(job)) + {offset})"
        if space == "shared":
            return f"shared_at({self.value(base, 'u32')} + ({offset}))"
        return f"ptx::global({self.value(base, 'u64')} + ({offset}))"

    def statement(self, opcode, operands):
        """The C++ of an instruction."""
        parts = opcode.split(".")
        kind = parts[-1]
        handler = getattr(self, f"do_{parts[0]}", None)
        if parts[0] in OPERATORS:
            handler = self.do_operator
        if handler is None:
            raise Unknown(opcode)
        return handler(parts, kind, operands)

    # ---- moves and memory

    def do_mov(self, _, kind, o):
        if o[0].startswith("{"):
            low, high = split(o[0][1:-1])
            half = f"b{int(kind[1:]) // 2}"
            whole = self.value(o[1], kind)
            return (self.put(low, half, whole) +
                    self.put(high, half, f"{whole} >> {half[1:]}"))
        if o[1].startswith("{"):
            low, high = split(o[1][1:-1])
            half, ctype = f"b{int(kind[1:]) // 2}", TYPES[kind]
            return self.put(o[0], kind, f"{ctype}({self.value(low, half)}) | "
                                        f"static_cast<{ctype}>({ctype}({self.value(high, half)}) << {half[1:]})")
        return self.put(o[0], kind, self.value(o[1], kind))

    def do_ld(self, parts, kind, o):
        space = only(parts, ("param", "global", "shared"))
        known(parts[1:-1], {space, "cs", "v2", "v4"})
        registers = split(o[0][1:-1]) if o[0].startswith("{") else [o[0]]
        loads = "".join(f"ptx::put_loaded({r}, at[{i}]);" for i, r in enumerate(registers))
        return f"const auto *at = ptx::memory<{TYPES[kind]}>({self.address(o[1], space)}, {len(registers)}); {loads}"

    def do_st(self, parts, kind, o):
        space = only(parts, ("global", "shared"))
        known(parts[1:-1], {space, "cs", "v2", "v4"})
        registers = split(o[1][1:-1]) if o[1].startswith("{") else [o[1]]
        stores = "".join(f"at[{i}] = {self.value(r, kind).replace('get<', 'get_stored<')};"
                         for i, r in enumerate(registers))
        return f"auto *at = ptx::memory<{TYPES[kind]}>({self.address(o[0], space)}, {len(registers)}); {stores}"

    def do_cvta(self, _, kind, o):
        return self.put(o[0], kind, self.value(o[1], kind))

    def do_atom(self, parts, kind, o):
        return self.put(o[0], kind, self.addition(parts, kind, o[1], o[2]))

    def do_red(self, parts, kind, o):
        return self.addition(parts, kind, o[0], o[1]) + ";"

    def addition(self, parts, kind, address, addend):
        """The old value, of an atomic addition."""
        if parts[1] not in ("global", "shared") or parts[2] != "add" or kind not in ("u32", "u64"):
            raise Unknown(".".join(parts))
        word = f"ptx::memory<{TYPES[kind]}>({self.address(address, parts[1])}, 1)"
        return f"executor::atomic_add({word}, {self.value(addend, kind)})"

    # ---- arithmetic

    def do_operator(self, parts, kind, o):
        known(parts[1:-1], {"rn"} if kind[0] == "f" else set())
        if kind[0] == "f" and parts[1] != "rn":
            raise Unknown(".".join(parts))  # which could be contracted
        wrapping = "u" + kind[1:] if kind[0] == "s" else kind
        expression = f"{self.value(o[1], wrapping)} {OPERATORS[parts[0]]} {self.value(o[2], wrapping)}"
        return self.put(o[0], wrapping, expression)

    def do_mul(self, parts, kind, o):
        return self.multiply(parts, kind, o, None)

    def do_mad(self, parts, kind, o):
        return self.multiply(parts, kind, o, o[3])

    def multiply(self, parts, kind, o, addend):
        if parts[1] == "rn" and addend is None and kind[0] == "f":
            return self.put(o[0], kind, f"{self.value(o[1], kind)} * {self.value(o[2], kind)}")
        if parts[1:-1] == ["wide"]:
            wide = f"{kind[0]}{2 * int(kind[1:])}"
            product = f"{TYPES[wide]}({self.value(o[1], kind)}) * {TYPES[wide]}({self.value(o[2], kind)})"
            return self.put(o[0], wide, product + (f" + {self.value(addend, wide)}" if addend else ""))
        if parts[1:-1] == ["hi"] and addend is None and kind in ("s32", "u32"):
            wide = f"{kind[0]}64"
            product = f"{TYPES[wide]}({self.value(o[1], kind)}) * {TYPES[wide]}({self.value(o[2], kind)})"
            return self.put(o[0], kind, f"({product}) >> 32")
        if parts[1:-1] == ["lo"]:
            wrapping = "u" + kind[1:]
            product = f"{self.value(o[1], wrapping)} * {self.value(o[2], wrapping)}"
            return self.put(o[0], wrapping, product + (f" + {self.value(addend, wrapping)}" if addend else ""))
        raise Unknown(".".join(parts))

    def do_fma(self, parts, kind, o):
        known(parts[1:-1], {"rn"})
        return self.put(o[0], kind, f"std::fma({', '.join(self.value(x, kind) for x in o[1:])})")

    def do_div(self, parts, kind, o):
        if parts[1:-1] != ["rn"]:
            raise Unknown(".".join(parts))
        return self.put(o[0], kind, f"{self.value(o[1], kind)} / {self.value(o[2], kind)}")

    def do_rcp(self, parts, kind, o):
        if parts[1:-1] != ["rn"]:
            raise Unknown(".".join(parts))
        return self.put(o[0], kind, f"1 / {self.value(o[1], kind)}")

    def do_neg(self, _, kind, o):
        if kind[0] == "f":
            return self.put(o[0], kind, f"-{self.value(o[1], kind)}")
        return self.put(o[0], "u" + kind[1:], f"0 - {self.value(o[1], 'u' + kind[1:])}")

    def do_not(self, _, kind, o):
        return self.put(o[0], kind, f"{'!' if kind == 'pred' else '~'}{self.value(o[1], kind)}")

    def do_min(self, _, kind, o):
        return self.least(kind, o, "<")

    def do_max(self, _, kind, o):
        return self.least(kind, o, ">")

    def least(self, kind, o, comparison):
        if kind[0] == "f":
            raise Unknown(f"min or max of {kind}")
        a, b = self.value(o[1], kind), self.value(o[2], kind)
        return self.put(o[0], kind, f"{a} {comparison} {b} ? {a} : {b}")

    def do_shl(self, _, kind, o):
        return self.put(o[0], kind, f"ptx::shift_left({self.value(o[1], kind)}, {self.value(o[2], 'u32')})")

    def do_shr(self, _, kind, o):
        return self.put(o[0], kind, f"ptx::shift_right({self.value(o[1], kind)}, {self.value(o[2], 'u32')})")

    def do_bfi(self, _, kind, o):
        return self.put(o[0], kind, f"ptx::insert_bits({self.value(o[1], kind)}, {self.value(o[2], kind)}, "
                                    f"{self.value(o[3], 'u32')}, {self.value(o[4], 'u32')})")

    def do_prmt(self, parts, kind, o):
        known(parts[1:-1], set())
        return self.put(o[0], kind, f"ptx::permute({', '.join(self.value(x, kind) for x in o[1:])})")

    def do_popc(self, _, kind, o):
        return self.put(o[0], "u32", f"__builtin_popcount({self.value(o[1], kind)})")

    def do_setp(self, parts, kind, o):
        if len(parts) != 3:
            raise Unknown(".".join(parts))
        a, b = self.value(o[1], kind), self.value(o[2], kind)
        if parts[1] in UNORDERED and kind[0] == "f":
            return self.put(o[0], "pred", f"!({a} {UNORDERED[parts[1]]} {b})")
        return self.put(o[0], "pred", f"{a} {COMPARISONS[parts[1]]} {b}")

    def do_selp(self, _, kind, o):
        return self.put(o[0], kind, f"{self.value(o[3], 'pred')} ? {self.value(o[1], kind)} : {self.value(o[2], kind)}")

    def do_cvt(self, parts, kind, o):
        to, source, mode = parts[-2], kind, parts[1:-2]
        if (to, source, mode) == ("f32", "f16", []):
            return self.put(o[0], "f32", f"ptx::half_to_float({self.value(o[1], 'b16')})")
        if (to, source, mode) == ("f16", "f32", ["rn"]):
            return self.put(o[0], "b16", f"ptx::float_to_half({self.value(o[1], 'f32')})")
        if (to, source, mode) not in (("f64", "f32", []), ("f32", "f64", ["rn"])):
            known(mode, set())
            if "f" in to + source:
                raise Unknown(".".join(parts))
            low = self.value(o[1], source).replace("get<", "get_stored<")  # bits of a register that may be wider
            return self.put(o[0], to, f"static_cast<{TYPES[to]}>({low})")
        return self.put(o[0], to, f"static_cast<{TYPES[to]}>({self.value(o[1], source)})")

    # ---- control

    def do_bra(self, _, __, o):
        return f"goto {o[0]};"

    def do_ret(self, *_):
        return "return;"

    def do_bar(self, parts, _, o):
        if parts[1:] != ["sync"] or o != ["0"]:
            raise Unknown(".".join(parts))
        return "executor::barrier();"

    def do_shfl(self, parts, kind, o):
        known(parts[1:], {"sync", "down", "b32"})
        value, distance, clamp, mask = (self.value(x, "u32") for x in o[1:])
        return self.put(o[0].split("|")[0], kind, f"ptx::shuffle_down({mask}, {value}, {distance}, {clamp})")

    def translate(self):
        """The function that runs the kernel as one thread."""
        lines = [f"static void run_{self.name}(const void *job) {{"]
        for declaration in re.findall(r"\.reg \.(\w+) (\w+)<(\d+)>;", self.body):
            kind, name, count = declaration
            names = ", ".join(f"{name}{i} = {{}}" for i in range(1, int(count)))
            lines.append(f"    {TYPES[kind]} {names};")
        body = re.sub(r"\.reg [^;]*;|\.pragma [^;]*;", "", self.body)
        body = re.sub(r"^(\w+):", r"\1:;", body, flags=re.M)
        body = re.sub(r"\{ (cvt[^;{}]*);\}", r"\1;", body)  # nvcc sets inline assembly in braces
        for text in filter(None, (line.strip() for line in body.split(";"))):
            lines.append("    " + self.line(text))
        return "\n".join(lines + ["}"])

    def line(self, text):
        if text.endswith(":"):
            return text + ";"
        guard, opcode, operands = re.fullmatch(r"(?:@(!?\w+) )?([\w.]+) ?(.*)", text, re.S).groups()
        try:
            statement = self.statement(opcode, split(operands))
        except (Unknown, AssertionError, AttributeError, KeyError, ValueError) as error:
            sys.exit(f"ptx_to_cpp.py: no translation of \"{text}\": {error}")
        return f"if ({self.value(guard, 'pred')}) {{ {statement} }}" if guard else f"{{ {statement} }}"


def split(operands):
    """The operands between commas that are in no braces or brackets."""
    return [o.strip() for o in re.findall(r"(?:\{[^}]*\}|\[[^\]]*\]|[^,{\[])+", operands)]


def only(parts, names):
    (found,) = [part for part in parts if part in names]
    return found


def known(modifiers, names):
    unknown = set(modifiers) - names
    if unknown:
        raise Unknown(" ".join(unknown))


def main(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"//[^\n]*", "", file.read())
    shared, offset = {}, 0
    for align, name, size in re.findall(r"\.shared \.align (\d+) \.b8 (\w+)\[(\d+)\];", text):
        offset = -(-offset // int(align)) * int(align)
        shared[name] = offset
        offset += int(size)
    if ".func" in text or re.search(r"^\.(global|const|local)", text, re.M):
        sys.exit("ptx_to_cpp.py: functions and variables outside shared memory are not known here")
    kernels = [Kernel(*found, shared) for found in
               re.findall(r"\.entry (\w+)\(\s*(.*?)\s*\)[^{]*\{\n(.*?)\n\}\n", text, re.S)]
    if not kernels or len(kernels) != text.count(".entry"):
        sys.exit(f"ptx_to_cpp.py: {len(kernels)} of {text.count('.entry')} kernels in {path} can be read")
    print('#include "kernel_table.h"\n#include "ptx_runtime.h"\n')
    print(f"alignas(16) static char shared_memory[{offset}] EXECUTOR_SHARED;")
    print("static char *shared_at(uint32_t offset) {\n"
          "    if (offset >= sizeof shared_memory) {\n        executor::fail(\"an access outside shared memory\");\n"
          "    }\n    return shared_memory + offset;\n}\n")
    print("\n\n".join(kernel.translate() for kernel in kernels))
    print("\nconst kernel_entry kernel_table[] = {")
    for kernel in kernels:
        print(f'    {{"{kernel.name}", {kernel.size}, run_{kernel.name}}},')
    print("};\nconst size_t kernel_count = sizeof kernel_table / sizeof *kernel_table;")


main(sys.argv[1])
