"""A Python of the package's own: the interpreter that runs this, its standard library and what they need."""

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from libraries import bring, fits, look_first_in, look_nowhere_else

ENVIRONMENT: Final = Path("opt/driftscan")
"""Below the root: a virtual environment, with driftscan and the libraries it is written with."""
PREFIX: Final = ENVIRONMENT / "python"
"""Its interpreter, the standard library, and the shared libraries."""

_NAME: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
_LEFT_OUT: Final = (
    # Programs and tests, which nothing imports, and what extension modules are built with.
    *("ensurepip", "idlelib", "lib2to3", "pydoc_data", "tkinter", "turtle.py", "turtledemo", "venv"),
    *("test", "tests", "_test*.so", "_ctypes_test*.so", "_xxtest*.so", "xxlimited*.so", "config-*"),
    # What was added for the Python of the system.
    *("__pycache__", "dist-packages", "site-packages", "sitecustomize.py", "EXTERNALLY-MANAGED"),
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The Python in a tree that the package is made of, and what is installed for it."""

    root: Path
    libraries: dict[str, Path]
    """The shared libraries that were copied, each with the place it is from."""

    @property
    def prefix(self) -> Path:
        """Where it lies now."""
        return self.root / PREFIX

    @property
    def packages(self) -> Path:
        """Where pip is to install to."""
        return self.root / ENVIRONMENT / "lib" / _NAME / "site-packages"

    def run(self, code: str, *arguments: str) -> str:
        """What `code` prints here, where the environment does not work yet because it is not in its place."""
        start = f"import sys; sys.path.append({str(self.packages)!r})\n"
        command = (str(self.prefix / "bin" / _NAME), "-I", "-B", "-c", start + code, *arguments)
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def copy_interpreter(root: Path) -> Bundle:
    """Put a Python below `root` that needs nothing outside of it but the C library.

    Extension modules that need more are left out (`libraries.BROUGHT`): TLS, terminals and databases, none of which
    driftscan uses. The digests of `hashlib` are built in, and certificates are read by a package with its own OpenSSL.
    """
    prefix = root / PREFIX
    source = (Path(sys.base_prefix) / "bin" / _NAME).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(standard, prefix / "lib" / _NAME, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    modules = prefix / "lib" / _NAME / "lib-dynload"
    for module in modules.glob("*.so"):
        if fits(module):
            look_nowhere_else(module)
        else:
            module.unlink()
    program = prefix / "bin" / _NAME
    program.parent.mkdir()
    shutil.copyfile(source, program)
    program.chmod(0o755)
    originals = [standard / "lib-dynload" / module.name for module in sorted(modules.glob("*.so"))]
    libraries = bring([source, *originals], prefix / "lib")
    for name in libraries:
        look_nowhere_else(prefix / "lib" / name)
    # $ORIGIN is found by way of /proc, which a rescue shell may lack; the other place is not there before installation.
    look_first_in(program, "$ORIGIN/../lib", f"/{PREFIX}/lib")
    bundle = Bundle(root, libraries)
    _make_environment(bundle)
    return bundle


def _make_environment(bundle: Bundle) -> None:
    """What `python -m venv` would make if the interpreter were in its place already."""
    environment = bundle.root / ENVIRONMENT
    bundle.packages.mkdir(parents=True)
    (environment / "bin").mkdir()
    (environment / "bin/python").symlink_to(Path("../python/bin") / _NAME)
    (environment / "pyvenv.cfg").write_text(f"home = /{PREFIX}/bin\ninclude-system-site-packages = false\n")
