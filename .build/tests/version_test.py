# SPDX-License-Identifier: Apache-2.0
"""Maven and the README know no other version than CMake's.

    version_test.py VERSION
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACES = {
    "java/pom.xml": r"<revision>(.*?)</revision>",
    "README.md": r"<artifactId>exactloss</artifactId>\s*<version>(.*?)</version>",
}

version = sys.argv[1]
problems = []
for path, pattern in PLACES.items():
    found = re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"))
    if found != [version]:
        problems.append(f"{path} has the version {', '.join(found) or 'nowhere'}, and CMakeLists.txt {version}")

print("\n".join(problems))
sys.exit(bool(problems))
