# SPDX-License-Identifier: Apache-2.0
"""Maven and the README have CMake's version, and no other.

    version_test.py VERSION
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACES = [  # each once
    ("java/pom.xml", r"<revision>(.*?)</revision>"),
    ("README.md", r"<artifactId>exactloss</artifactId>\s*<version>(.*?)</version>"),
    ("README.md", r"exactloss-(\d[\w.-]*?)\.jar"),
]

version = sys.argv[1]
problems = []
for path, pattern in PLACES:
    found = re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"))
    if found != [version]:
        problems.append(f"{path}: {pattern} finds {', '.join(found) or 'nothing'}, and CMakeLists.txt has {version}")

print("\n".join(problems))
sys.exit(bool(problems))
