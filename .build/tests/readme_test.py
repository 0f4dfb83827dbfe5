# SPDX-License-Identifier: Apache-2.0
"""The examples in the READMEs of the project and of the bindings are files that the tests compile and run.

A block that follows the comment <!-- file: PATH --> must be that file without its licence line. One that follows
<!-- part of: PATH --> has only lines of that file, paragraph by paragraph and in order, indented or not. In the project's
README every block of code has one of these comments. Links must lead to files.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = {"java", "c", "python", "cpp", "rust", "go", "js"}
LONGEST = 15  # lines of code


def unindented(text):
    return "\n".join(line.strip() for line in text.splitlines())


def blocks(kind, text):
    return re.findall(rf"<!-- {kind}: (\S+) -->\n+```(\w+)\n(.*?)```\n", text, re.DOTALL)


def check(readme):
    """The problems of a document, and the languages of its examples."""
    problems, seen = [], set()
    text = readme.read_text(encoding="utf-8")
    for path, language, block in blocks("file", text):
        licence, _, code = (ROOT / path).read_text(encoding="utf-8").partition("\n")
        if "SPDX-License-Identifier" not in licence:
            problems.append(f"{path} does not begin with its licence line")
        if block != code:
            problems.append(f"its copy of {path} differs from the file")
        if len([line for line in code.splitlines() if line.strip()]) > LONGEST:
            problems.append(f"{path} has more than {LONGEST} lines of code")
        seen.add(language)
    for path, language, block in blocks("part of", text):
        code, end = unindented((ROOT / path).read_text(encoding="utf-8")), 0
        for paragraph in unindented(block).strip().split("\n\n"):
            at = code.find(paragraph, end)
            if at < 0:
                problems.append(f"{path} does not have, in this order:\n{paragraph}")
            end = at + len(paragraph)
        seen.add(language)
    for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        if not (readme.parent / path).exists():
            problems.append(f"it links to {path}, which is not there")
    return [f"{readme.relative_to(ROOT)}: {problem}" for problem in problems], seen


problems, seen = check(ROOT / "README.md")
text = (ROOT / "README.md").read_text(encoding="utf-8")
all_blocks = re.findall(rf"^```({'|'.join(sorted(EXAMPLES))})$", text, re.MULTILINE)
commented = re.findall(r"<!-- (?:file|part of): \S+ -->\n+```", text)
if len(all_blocks) != len(commented):
    problems.append(f"README.md has {len(all_blocks)} blocks of code, but says of {len(commented)} which file they are from")
problems += [f"README.md has no {language} example that is a file" for language in sorted(EXAMPLES - seen)]
for other in [ROOT / "native/conformance/README.md", ROOT / "java/exactloss-spark/README.md", *ROOT.glob("native/bindings/README.md"),
              *ROOT.glob("native/bindings/*/README.md")]:
    problems += check(other)[0]

print("\n".join(problems))
sys.exit(bool(problems))
