"""What ends a run: exit codes, and errors that tell the user what to do.

Trouble in the *input* (a file that does not parse, an include that is missing) is never raised; it is a
:class:`~driftscan.nginx.config.Gap` that travels to the report. Only trouble with the *request* is raised.
"""

import sys
from enum import IntEnum


class ExitCode(IntEnum):
    """How a run ended, as documented in the README."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    REPOSITORY = 4
    BUG = 70


class DriftscanError(Exception):
    """The request cannot be carried out; the text is one line and names the cure."""

    exit_code = ExitCode.USAGE


class RepositoryError(DriftscanError):
    """The history cannot be read."""

    exit_code = ExitCode.REPOSITORY


def missing_package(error: BaseException) -> str | None:
    """What to say of a package that is gone, as after an upgrade of Python; `None`: it is something else."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package in {"", "driftscan"}:
        return None
    return f"the Python package {package} is gone; install driftscan anew for {sys.executable}"


def in_words(error: Exception) -> str:
    """Any error on a line: what is none of ours with its kind, which is what a report of a bug needs."""
    if isinstance(error, DriftscanError):
        return str(error)
    return missing_package(error) or f"{type(error).__name__}: {error}"
