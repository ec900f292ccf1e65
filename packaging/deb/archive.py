"""Makes one file for dpkg of what was laid out: the same bytes, whenever and by whomever it is made."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

NAME: Final = "driftscan"
REVISION: Final = 1
"""Of the packaging, for one and the same version of driftscan."""
SCRIPTS: Final = Path(__file__).parent / "DEBIAN"
"""What dpkg runs when it removes the package."""

_CONTROL: Final = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: git (>= 1:2.30), libc6 (>= {glibc}), libgcc-s1
Recommends: etckeeper
Suggests: nginx
Section: admin
Priority: optional
Description: tells what changed in nginx TLS, whom it hits and what mends it
 Reads the git history that etckeeper keeps of /etc, computes what nginx does
 before and after each commit, and reports the changes that reach clients:
 which visitors are hit, since when, why it breaks, and what mends it.
 .
 It brings its own Python and needs none of the system. Nothing is installed
 below /etc; "driftscan hook install" makes it run after every commit.
"""


@dataclass(frozen=True, slots=True)
class Package:
    """What dpkg is told of the package."""

    version: str
    architecture: str
    maintainer: str
    glibc: str
    moment: datetime
    """When its source was made, which is the time of every file in it."""

    def __str__(self) -> str:
        return f"{NAME}_{self.version}_{self.architecture}.deb"


def pack(root: Path, package: Package, output: Path) -> Path:
    """Write the package that installs what lies in `root`, and return where it is."""
    control = root / "DEBIAN"
    text = _control(root, package)
    sums = [f"{_digest(path)}  {path.relative_to(root)}\n" for path in _files(root)]
    shutil.copytree(SCRIPTS, control)
    (control / "control").write_text(text)
    (control / "md5sums").write_text("".join(sums))
    moment = int(package.moment.timestamp())
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or _is_program(path) else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)
    output.mkdir(parents=True, exist_ok=True)
    built = output / str(package)
    command = ("dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, built)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SOURCE_DATE_EPOCH": str(moment)})
    return built


def debian_version(version: str) -> str:
    """The version as dpkg orders it: a tilde stands before what comes before a release."""
    return f"{re.sub(r'(?<=[0-9])[.]?(?=(a|b|rc|dev)[0-9])', '~', version)}-{REVISION}"


def _control(root: Path, package: Package) -> str:
    return _CONTROL.format(
        name=NAME,
        version=package.version,
        architecture=package.architecture,
        maintainer=package.maintainer,
        size=_installed_size(root),
        glibc=package.glibc,
    )


def _installed_size(root: Path) -> int:
    """In KiB as dpkg-gencontrol counts it: a file by the KiB it has begun, anything else as one."""
    sizes = (path.lstat().st_size if path.is_file() and not path.is_symlink() else 1 for path in root.rglob("*"))
    return sum(-(-size // 1024) for size in sizes)


def _is_program(path: Path) -> bool:
    # Some modules of Python's library are scripts as well, for a Python that is somewhere else.
    return bool(path.stat().st_mode & 0o100) and path.suffix != ".py"


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())


def _digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
