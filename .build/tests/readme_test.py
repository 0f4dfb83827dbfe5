# SPDX-License-Identifier: Apache-2.0
"""The README's examples are the files that the tests compile and run.

A block that follows the comment <!-- file: PATH --> must be that file without its licence line. One that follows
<!-- part of: PATH --> has only lines of that file, paragraph by paragraph and in order, indented or not. Every block of
code has one of these comments.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = {"java", "c", "python"}
LONGEST = 15  # lines of code



def unindented(text):
    return "\n".join(line.strip() for line in text.splitlines())


problems, seen = [], set()
text = (ROOT / "README.md").read_text(encoding="utf-8")
for path, language, block in re.findall(r"<!-- file: (\S+) -->\n+```(\w+)\n(.*?)```\n", text, re.DOTALL):
    licence, _, code = (ROOT / path).read_text(encoding="utf-8").partition("\n")
    if "SPDX-License-Identifier" not in licence:
        problems.append(f"{path} does not begin with its licence line")
    if block != code:
        problems.append(f"README.md's copy of {path} differs from the file")
    if language in ("java", "c") and len([line for line in code.splitlines() if line.strip()]) > LONGEST:
        problems.append(f"{path} has more than {LONGEST} lines of code")
    seen.add(language)
for path, language, block in re.findall(r"<!-- part of: (\S+) -->\n+```(\w+)\n(.*?)```\n", text, re.DOTALL):
    code, end = unindented((ROOT / path).read_text(encoding="utf-8")), 0
    for paragraph in unindented(block).strip().split("\n\n"):
        at = code.find(paragraph, end)
        if at < 0:
            problems.append(f"{path} does not have, in this order:\n{paragraph}")
        end = at + len(paragraph)
    seen.add(language)
blocks = re.findall(rf"^```({'|'.join(sorted(EXAMPLES))})$", text, re.MULTILINE)
commented = re.findall(r"<!-- (?:file|part of): \S+ -->\n+```", text)
if len(blocks) != len(commented):
    problems.append(f"README.md has {len(blocks)} blocks of code, but says of {len(commented)} which file they are from")
problems += [f"README.md has no {language} example that is a file" for language in sorted(EXAMPLES - seen)]
for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
    if not (ROOT / path).exists():
        problems.append(f"README.md links to {path}, which is not there")

print("\n".join(problems))
sys.exit(bool(problems))
