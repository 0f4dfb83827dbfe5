# SPDX-License-Identifier: Apache-2.0
"""The PEP 517 backend of exactloss: packs a built C library into a wheel that fits every CPython 3.

The library's folder is EXACTLOSS_LIBRARY_FOLDER in the environment, or the setting "library". A backend of its own,
because the tools that make wheels know two kinds, pure Python and extensions of one version of Python. This one is of a
third kind, py3-none-<platform>, for which each needs a hook as long as this file, and a network to be installed from.
"""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent.parent
INCLUDE = ROOT / "native/include"
HEADERS = ("exactloss.h", "exactloss_view.h", "exactloss_dlpack.h", "exactloss_cuda.h")
LIBRARY, CUDA_LIBRARY, CALL_LIBRARY = "libexactloss.so.1", "libexactloss_cuda.so.1", "libexactloss_python.so"
HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Written by exactloss_build.py from the headers of the C library.\n"


def version():
    return re.search(r"^project\(exactloss VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M).group(1)


def platform_tag():
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def libraries(folder):
    """The C library, and CUDA's where it was built, by the names of their binary interface."""
    found = {name: folder / name for name in (LIBRARY, CUDA_LIBRARY) if (folder / name).exists()}
    if LIBRARY not in found:
        raise SystemExit(f"there is no {LIBRARY} in {folder}: build the C library, and give its folder in "
                         "EXACTLOSS_LIBRARY_FOLDER")
    return found


def constants():
    """The constants of the headers as a Python module."""
    names = {"LIBRARY": LIBRARY, "CUDA_LIBRARY": CUDA_LIBRARY, "CALL_LIBRARY": CALL_LIBRARY}
    lines = [f'{name} = "{value}"\n' for name, value in names.items()]
    for header in HEADERS:
        text = (INCLUDE / "exactloss" / header).read_text()
        for name, value in re.findall(r"^#define EXACTLOSS_(\w+) \(?(-?(?:0x)?[0-9A-Fa-f]+)\)?(?:\s|$)", text, re.M):
            lines.append(f"{name} = {value}\n")
    return HEAD + "".join(lines)


def compile_call(target):
    """Compiles call.c, which needs a C compiler and nothing of Python."""
    compiler = os.environ.get("CC", "cc").split()
    flags = os.environ.get("CFLAGS", "-O2").split()
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
    subprocess.run([*compiler, "-std=c11", *warnings, *flags, "-fPIC", "-fvisibility=hidden", "-shared",
                    f"-I{INCLUDE}", "-o", str(target), str(HERE / "call.c")], check=True)


def stage(folder, library_folder):
    """Puts the package's files into a folder, as they are installed."""
    package = folder / "exactloss"
    package.mkdir(parents=True)
    for source in sorted((HERE / "exactloss").iterdir()):
        if source.suffix == ".py" or source.name == "py.typed":
            (package / source.name).write_bytes(source.read_bytes())
    (package / "_constants.py").write_text(constants())
    for name, library in libraries(library_folder).items():
        (package / name).write_bytes(library.read_bytes())
    compile_call(package / CALL_LIBRARY)


def metadata():
    return (f"Metadata-Version: 2.1\nName: exactloss\nVersion: {version()}\n"
            "Summary: Exact losses, gradients and metrics of a binary classifier, at the speed of memory\n"
            "License: Apache-2.0\nRequires-Python: >=3.9\n"
            "Classifier: License :: OSI Approved :: Apache Software License\n"
            "Classifier: Programming Language :: Python :: 3\n"
            "Classifier: Programming Language :: Python :: Implementation :: CPython\n"
            "Classifier: Typing :: Typed\n"
            "Provides-Extra: numpy\nRequires-Dist: numpy; extra == 'numpy'\n"
            f"Description-Content-Type: text/markdown\n\n{(HERE / 'README.md').read_text()}")


def write_wheel(staged, target, tag):
    """Writes a wheel whose bytes depend on nothing but its content, and on SOURCE_DATE_EPOCH."""
    date = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "315532800")), 315532800))[:6]
    info = f"exactloss-{version()}.dist-info"
    files = {f"exactloss/{path.name}": path.read_bytes() for path in sorted((staged / "exactloss").iterdir())}
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: exactloss_build\nRoot-Is-Purelib: false\n"
                              f"Tag: {tag}\n").encode()
    files[f"{info}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = ""
    with zipfile.ZipFile(target, "w") as wheel:
        def add(name, content):
            entry = zipfile.ZipInfo(name, date)
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)

        for name, content in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(content)}\n"
            add(name, content)
        add(f"{info}/RECORD", (record + f"{info}/RECORD,,\n").encode())


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    library = (config_settings or {}).get("library") or os.environ.get("EXACTLOSS_LIBRARY_FOLDER")
    if not library:
        raise SystemExit("which C library? Give the folder that CMake built it in: EXACTLOSS_LIBRARY_FOLDER=FOLDER")
    tag = f"py3-none-{platform_tag()}"
    name = f"exactloss-{version()}-{tag}.whl"
    with tempfile.TemporaryDirectory() as folder:
        staged = pathlib.Path(folder) / "staged"
        stage(staged, pathlib.Path(library))
        write_wheel(staged, pathlib.Path(wheel_directory) / name, tag)
    return name


if __name__ == "__main__":
    # python3 exactloss_build.py LIBRARY_FOLDER DESTINATION: what package.sh runs.
    print(build_wheel(sys.argv[2], {"library": sys.argv[1]}))
