"""What stands below /usr/share: the manual, the completions, and whose work the package holds under which licence."""

import gzip
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Final

from archive import NAME, Package
from interpreter import Bundle

SHARE: Final = Path("usr/share")
HERE: Final = Path(__file__).parent
COMPLETIONS: Final = {
    "bash": "bash-completion/completions/driftscan",
    "zsh": "zsh/vendor-completions/_driftscan",
    "fish": "fish/vendor_completions.d/driftscan.fish",
}
_LICENCE: Final = re.compile(r"(licen[cs]e|copying|copyright|notice)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's work that is in the package."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        title = f"{self.name} {self.version}"
        return "\n\n".join([f"{title}\n{'=' * len(title)}\nLicence: {self.licence}", *self.texts])


def write_manual(bundle: Bundle) -> None:
    """The manual page and the completions, as driftscan itself prints them."""
    share = bundle.root / SHARE
    manual = bundle.run("import runpy; runpy.run_module('driftscan.cli.manual', run_name='__main__')")
    _write_compressed(share / "man/man1/driftscan.1.gz", manual)
    for shell, place in COMPLETIONS.items():
        _write(share / place, bundle.run("from driftscan.cli import main; main()", "completion", shell))


def write_documents(bundle: Bundle, package: Package, checkout: Path) -> None:
    """What Debian wants to be told of every package, and what people read first."""
    share = bundle.root / SHARE
    directory = share / "doc" / NAME
    parts = [_own_part(checkout, package), _python_part(bundle), *_library_parts(bundle), *_package_parts(bundle)]
    copyright_file = "\n\n\n".join([(HERE / "copyright").read_text().strip(), *(str(part) for part in parts)])
    changelog = (
        f"{NAME} ({package.version}) unstable; urgency=medium\n\n  * Built from its source.\n\n"
        f" -- {package.maintainer}  {format_datetime(package.moment)}\n"
    )
    _write(directory / "copyright", f"{copyright_file}\n")
    _write(directory / "README.Debian", (HERE / "README.Debian").read_text())
    _write_compressed(directory / "README.md.gz", (checkout / "README.md").read_text())
    _write_compressed(directory / "changelog.Debian.gz", changelog)
    _write(share / "lintian/overrides" / NAME, (HERE / "lintian-overrides").read_text())


def _own_part(checkout: Path, package: Package) -> Part:
    texts = tuple(_text(path) for path in sorted(checkout.glob("LICEN[CS]E*")))
    return Part(NAME, package.version, "see below" if texts else "its source names none; ask its authors", texts)


def _python_part(bundle: Bundle) -> Part:
    (text,) = bundle.prefix.glob("lib/python3.*/LICENSE.txt")
    return Part("Python", platform.python_version(), "PSF-2.0 and those below", (_text(text),))


def _library_parts(bundle: Bundle) -> Iterator[Part]:
    """The shared libraries, by the packages of the system that they are from; Python's own is Python's."""
    origins = [path for name, path in bundle.libraries.items() if not name.startswith("libpython")]
    for name, version in sorted({_owner(path) for path in origins}):
        yield Part(name, version, "see below", (_text(Path("/usr/share/doc", name, "copyright")),))


def _owner(library: Path) -> tuple[str, str]:
    # What is in /lib is also in /usr/lib, and dpkg knows it by one of the two names.
    paths = {str(library), str(library.resolve())}
    for path in sorted(paths | {path.removeprefix("/usr") for path in paths}):
        found = subprocess.run(["dpkg-query", "--search", path], check=False, capture_output=True, text=True).stdout
        if found:
            shown = ["dpkg-query", "--show", "--showformat=${Package} ${Version}", found.partition(": ")[0]]
            name, version = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.split()
            return name, version
    raise SystemExit(f"{library} is of no package, so its licence is not known; build with the Python of the system")


def _package_parts(bundle: Bundle) -> Iterator[Part]:
    """The Python packages, as their own descriptions have it."""
    for directory in sorted(bundle.packages.glob("*.dist-info"), key=lambda path: path.name.lower()):
        metadata = PathDistribution(directory).metadata
        if metadata["Name"] == NAME:
            continue
        classified = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier", []) if "License" in line]
        names = [metadata[field] for field in ("License-Expression", "License") if field in metadata] + classified
        # Some write the whole text where a name is meant.
        licence = next((name for name in names if "\n" not in name), "see below")
        files = sorted(path for path in directory.rglob("*") if path.is_file() and _LICENCE.search(path.name))
        yield Part(metadata["Name"], metadata["Version"], licence, tuple(_text(path) for path in files))


def _text(file: Path) -> str:
    return file.read_text("utf-8", "replace").strip()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _write_compressed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
