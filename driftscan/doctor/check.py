"""One answer of `driftscan doctor`."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from driftscan.errors import DriftscanError

ETC: Final = Path("/etc")


class Verdict(Enum):
    """Whether something is as it should be."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it could, or somebody should know."""
    FAILS = "fails"
    """driftscan, or a part of it, cannot do its work."""

    @property
    def symbol(self) -> str:
        """One character of ASCII, which every terminal and mail shows."""
        return {"ok": "+", "warning": "!", "fails": "x"}[self.value]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what was found."""

    about: str
    verdict: Verdict
    found: str
    """One line for people."""
    cure: str = ""
    """A command that can be pasted into a shell; every check that is not ok has one."""


def ok(about: str, found: str) -> Check:
    """It is as it should be."""
    return Check(about, Verdict.OK, found)


def warning(about: str, found: str, cure: str) -> Check:
    """It works, and somebody should know."""
    return Check(about, Verdict.WARNING, found, cure)


def fails(about: str, found: str, cure: str) -> Check:
    """It does not work."""
    return Check(about, Verdict.FAILS, found, cure)


def guarded(about: str, work: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks, or one that fails where they do not come to an end: the others still do."""
    try:
        yield from work()
    except DriftscanError as error:
        yield fails(about, str(error), cure_in(str(error), "driftscan --show-config"))
    except OSError as error:
        where = "" if error.filename is None else f"{Path(error.filename)}: "
        yield fails(about, f"{where}{error.strerror or error}", "sudo driftscan doctor")
    except Exception as error:
        found = f"this check did not come to an end ({type(error).__name__}: {error}), which is a bug of driftscan"
        yield fails(about, found, "driftscan --version  # please report it with the line above")


def cure_in(message: str, otherwise: str) -> str:
    """The command that a message of ours names; they stand between backticks."""
    commands = re.findall(r"`([^`]+)`", message)
    return commands[0] if commands else otherwise


def option(directory: Path) -> str:
    """How a command is told of a directory; nothing for the one that it takes by itself."""
    return "" if directory == ETC else f" -C {shlex.quote(str(directory))}"
