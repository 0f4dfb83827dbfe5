# SPDX-License-Identifier: Apache-2.0
"""What a public Maven repository asks of each module that is published, and what users find in the modules.

    published_modules.py REPOSITORY VERSION PLATFORM...

REPOSITORY is the folder of a Maven repository to which "build.sh install" has put the modules, and each PLATFORM, such as
linux-x86_64, is one whose libraries they must have.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

MODULES = {"exactloss": "jar", "exactloss-cuda": "jar", "exactloss-micrometer": "jar", "exactloss-arrow": "jar",
           "exactloss-spark": "jar", "exactloss-bom": "pom"}
AUTOMATIC_MODULES = {"exactloss-spark": "io.github.exactloss.spark"}  # of what is no module: the name for those that are
CUDA_PLATFORMS = {"linux-x86_64", "linux-aarch64"}
LIBRARY = {"linux": "lib{}.so", "macos": "lib{}.dylib", "windows": "{}.dll"}
NATIVE = "META-INF/native/"

repository, version, *platforms = sys.argv[1:]
group = pathlib.Path(repository, "io/github/exactloss")
problems = []


def check(condition, problem):
    if not condition:
        problems.append(problem)


def path(module, end):
    return group / module / version / f"{module}-{version}{end}"


def names(module, end):
    with zipfile.ZipFile(path(module, end)) as jar:
        return jar.namelist()


def manifest(module):
    with zipfile.ZipFile(path(module, ".jar")) as jar:
        return jar.read("META-INF/MANIFEST.MF").decode()


def text(element, name):
    """The text of the element at a path of names, or "" if there is none."""
    return (element.findtext("/".join(f"{{*}}{part}" for part in name.split("/"))) or "").strip()


def files(folder):
    """The libraries in a jar."""
    return {name for name in folder if name.startswith(NATIVE) and not name.endswith("/")}


def check_pom(module, packaging):
    pom = ElementTree.parse(path(module, ".pom")).getroot()
    for name in ("name", "description", "url", "licenses/license/name", "licenses/license/url", "developers/developer/name",
                 "developers/developer/url", "scm/connection", "scm/developerConnection", "scm/url"):
        check(text(pom, name), f"{module}: its POM has no {name}")
    check(text(pom, "packaging") in (packaging, "" if packaging == "jar" else None), f"{module}: it is no {packaging}")
    check(text(pom, "version") == version, f"{module}: its POM has the version {text(pom, 'version')}")
    tags = {element.tag.rpartition("}")[2] for element in pom}
    check(not tags & {"parent", "build", "repositories", "profiles"}, f"{module}: its POM is for builders: {tags}")
    source = path(module, ".pom").read_text(encoding="utf-8").replace("${project.version}", version)
    for word in ("${", "<scope>test", "SNAPSHOT"):
        check(word not in source, f"{module}: its POM has {word}")
    return pom


def check_files(module):
    bill = json.loads(path(module, "-cyclonedx.json").read_text(encoding="utf-8"))
    check(bill["metadata"]["component"]["name"] == module, f"{module}: its bill of materials is that of another")
    sources, pages = names(module, "-sources.jar"), names(module, "-javadoc.jar")
    check(any(name.endswith("package-info.java") for name in sources), f"{module}: no sources")
    check("index.html" in pages, f"{module}: no documentation")
    check(not any("internal" in page for page in pages), f"{module}: internal packages have pages")
    if module in AUTOMATIC_MODULES:
        line = f"Automatic-Module-Name: {AUTOMATIC_MODULES[module]}"
        check(line in manifest(module).splitlines(), f"{module}: its manifest has no {line}")
    else:
        check("module-info.class" in names(module, ".jar"), f"{module}: it is no Java module")


for module, packaging in MODULES.items():
    pom = check_pom(module, packaging)
    if packaging == "jar":
        check_files(module)
    else:
        managed = {(text(entry, "artifactId"), text(entry, "classifier"))
                   for entry in pom.iter("{http://maven.apache.org/POM/4.0.0}dependency")}
        wanted = {(name, "") for name in MODULES if name != module}
        wanted |= {("exactloss-cuda", platform) for platform in CUDA_PLATFORMS}
        check(managed == wanted, f"{module}: it lists {managed}")

core = names("exactloss", ".jar")
check("META-INF/LICENSE" in core, "exactloss: no licence")
wanted = {f"{NATIVE}{platform}/{LIBRARY[platform.split('-')[0]].format('exactloss')}" for platform in platforms}
check(files(core) == wanted, f"exactloss: its libraries are {files(core)}, and should be {wanted}")
check(not files(names("exactloss-cuda", ".jar")), "exactloss-cuda: a library is in the jar without a classifier")
for platform in CUDA_PLATFORMS:
    if platform in platforms:
        library = files(names("exactloss-cuda", f"-{platform}.jar"))
        check(library == {f"{NATIVE}{platform}/libexactloss_cuda.so"}, f"exactloss-cuda, {platform}: it has {library}")
    else:
        check(not path("exactloss-cuda", f"-{platform}.jar").exists(), f"exactloss-cuda: an empty jar for {platform}")

for source in ("Loss.java", "internal/bindings/exactloss_h.java"):
    check(f"io/github/exactloss/{source}" in names("exactloss", "-sources.jar"), f"exactloss: no source {source}")
for module in ("exactloss", "exactloss-cuda"):
    with zipfile.ZipFile(path(module, ".jar")) as jar:
        metadata = json.loads(
            jar.read(f"META-INF/native-image/io.github.exactloss/{module}/reachability-metadata.json"))
    check(len(metadata["foreign"]["downcalls"]) > 10, f"{module}: too few downcalls for native-image: {metadata}")
    check({"glob": f"{NATIVE}**"} in metadata["resources"], f"{module}: native-image leaves out the libraries")

print("\n".join(problems))
sys.exit(bool(problems))
