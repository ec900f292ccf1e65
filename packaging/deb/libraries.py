"""Which shared libraries a program needs: the package brings them all, except the C library itself.

A program that was linked with an older glibc runs with every later one, so this part may stay with the system. All
other libraries change their names from release to release of a distribution, or vanish.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

SYSTEM: Final = re.compile(r"ld-linux.*|lib(c|m|dl|pthread|rt|util|resolv|gcc_s)\.so\.\d+")
"""The files of libc6, and of libgcc-s1, which libc6 itself depends on."""
BROUGHT: Final = re.compile(r"lib(python3\.\d+|z|expat|mpdec)\.so\..*")
"""What Python needs for the work of driftscan: itself, zlib, expat for XML and mpdec for `decimal`."""


def programs(tree: Path) -> list[Path]:
    """Every executable, library and extension module in `tree`."""
    return sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path))


def needed(program: Path) -> frozenset[str]:
    """The libraries that `program` names itself, without those that the system keeps."""
    return frozenset(name for name in _patchelf("--print-needed", program).split() if not SYSTEM.fullmatch(name))


def fits(program: Path) -> bool:
    """Whether all that `program` needs is brought along or stays with the system."""
    return all(BROUGHT.fullmatch(name) for name in needed(program))


def bring(origins: Iterable[Path], destination: Path) -> dict[str, Path]:
    """Copy what the programs at `origins` need into one directory, and what that needs in its turn.

    Returns:
        The name of each library, and where it was copied from.
    """
    found = {name: path for program in origins for name, path in _resolved(program) if BROUGHT.fullmatch(name)}
    for name, path in sorted(found.items()):
        shutil.copyfile(path, destination / name)
        (destination / name).chmod(0o644)
    return found


def look_first_in(program: Path, *directories: str) -> None:
    """Let `program`, and all that it loads, find libraries in `directories` before anywhere else.

    It is an RPATH and no RUNPATH: that of the executable holds for its extension modules as well, as far as these have
    no RUNPATH, and no LD_LIBRARY_PATH comes before it (ld.so(8)).
    """
    _patchelf("--force-rpath", "--set-rpath", ":".join(directories), program)


def look_nowhere_else(program: Path) -> None:
    """Let `program` find libraries where what loads it does: a Python from elsewhere may name where it was built."""
    _patchelf("--remove-rpath", program)


def missing(tree: Path, libraries: Path) -> list[str]:
    """What a program in `tree` needs and would only find outside of it, if at all."""
    return [
        f"{program.relative_to(tree)} needs {name}"
        for program in programs(tree)
        for name in sorted(needed(program))
        if not any((place / name).is_file() for place in _places(program, tree) or [libraries])
    ]


def glibc(tree: Path) -> str:
    """The oldest glibc that has every symbol the programs in `tree` name."""
    named = (found for program in programs(tree) for found in re.finditer(rb"\0GLIBC_2\.(\d+)", program.read_bytes()))
    return f"2.{max(int(found[1]) for found in named)}"


def _places(program: Path, tree: Path) -> list[Path]:
    """Where a program that says so itself finds libraries; what leads out of the tree is a place that is not there."""
    named = [Path(place.replace("$ORIGIN", str(program.parent))) for place in _search_path(program)]
    return [place if place.resolve().is_relative_to(tree.resolve()) else tree / "outside" for place in named]


def _search_path(program: Path) -> list[str]:
    return [place for place in _patchelf("--print-rpath", program).strip().split(":") if place]


def _resolved(program: Path) -> Iterator[tuple[str, Path]]:
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    for name, path in re.findall(r"^\s*(\S+) => (/\S+) \(", said, re.MULTILINE):
        yield name, Path(path)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _patchelf(*arguments: str | Path) -> str:
    command = ("patchelf", *(str(argument) for argument in arguments))
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
