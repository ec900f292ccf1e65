"""`make deb`: driftscan for Debian, with a Python of its own, so that no other package can take anything away from it.

    /opt/driftscan              a virtual environment: driftscan and the libraries it is written with
    /opt/driftscan/python       its interpreter, with the standard library and the shared libraries
    /usr/bin/driftscan          the command

An upgrade of the distribution replaces Python and OpenSSL, and would leave an environment of theirs without either.
What remains outside is glibc, where a program runs with every later release too, and git, which is called as a command.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from archive import Package, debian_version, pack
from documents import write_documents, write_manual
from interpreter import ENVIRONMENT, Bundle, copy_interpreter
from libraries import SYSTEM, glibc, missing

HERE: Final = Path(__file__).parent
CHECKOUT: Final = HERE.parent.parent
TOOLS: Final = ("dpkg-deb", "git", "ldd", "patchelf")
IMPORT_ALL: Final = """\
import importlib, pkgutil, driftscan
for found in pkgutil.walk_packages(driftscan.__path__, "driftscan."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
for name in ("click", "crossplane", "cryptography.x509", "git", "jinja2", "msgspec", "pathspec"):
    importlib.import_module(name)
with open("/proc/self/maps") as maps:
    print(*sorted({line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}), sep="\\n")
"""
"""Imports all there is, and prints which shared libraries that loaded."""


def main() -> None:
    """Build the package from the checkout that this file is in."""
    parser = argparse.ArgumentParser(description="Build driftscan as a package for Debian.")
    parser.add_argument("output", type=Path, help="the directory it is written to")
    output = parser.parse_args().output
    if absent := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise SystemExit(f"{', '.join(absent)} not found; install it (apt-get install dpkg git libc-bin patchelf)")
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "root").resolve()
        try:
            print(pack(root, stage(root), output))
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{error.cmd[0]} failed; what it said stands above\n{error.stderr or ''}") from None


def stage(root: Path) -> Package:
    """Lay out in `root` all that the package installs, try it out there, and say what package it is."""
    bundle = copy_interpreter(root)
    _install(bundle.packages)
    _install_command(root)
    if outside := [*missing(root, bundle.prefix / "lib"), *_loaded_from_outside(bundle)]:
        raise SystemExit("\n".join(["this could be gone after an upgrade of the distribution:", *outside]))
    package = Package(
        debian_version(tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]),
        _said("dpkg", "--print-architecture"),
        _maintainer(),
        glibc(root),
        _moment(),
    )
    write_documents(bundle, package, CHECKOUT)
    write_manual(bundle)
    _compile(root)
    return package


def _install(packages: Path) -> None:
    """Have pip install driftscan and its libraries, without the notes it makes for itself: dpkg keeps the books."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    subprocess.run([*pip, "--target", packages, CHECKOUT], check=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for name in ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json"):
        for note in packages.glob(f"*.dist-info/{name}"):
            note.unlink()


def _install_command(root: Path) -> None:
    command = root / ENVIRONMENT / "bin/driftscan"
    shutil.copyfile(HERE / "driftscan.sh", command)
    command.chmod(0o755)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/driftscan").symlink_to(f"/{ENVIRONMENT}/bin/driftscan")


def _loaded_from_outside(bundle: Bundle) -> list[str]:
    loaded = [Path(path) for path in bundle.run(IMPORT_ALL).splitlines()]
    return [
        f"{path} was loaded"
        for path in loaded
        if not path.is_relative_to(bundle.root) and not SYSTEM.fullmatch(path.name)
    ]


def _compile(root: Path) -> None:
    """Compile every module now, for good: a program that root runs shall not write into /opt by itself."""
    options = ("-q", "-s", root, "-p", "/", "--invalidation-mode", "unchecked-hash")
    # The order of a set in a compiled module is that of its hashes.
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    subprocess.run([sys.executable, "-m", "compileall", *options, root / ENVIRONMENT], check=True, env=environment)


def _maintainer() -> str:
    """Who builds it, by the variables of Debian's own tools, or else who made the last commit."""
    name, address = os.environ.get("DEBFULLNAME"), os.environ.get("DEBEMAIL")
    return f"{name} <{address}>" if name and address else _said("git", "log", "-1", "--format=%an <%ae>")


def _moment() -> datetime:
    """When the source was made, so that building it again makes the same package."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or _said("git", "log", "-1", "--format=%ct")
    return datetime.fromtimestamp(int(seconds), UTC)


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    main()
