"""The JSON document of `driftscan doctor`; it is part of the published schema."""

from typing import Literal

from msgspec import Struct

VerdictWord = Literal["ok", "warning", "fails"]


class DoctorCheck(Struct, frozen=True):
    """One thing that was looked at."""

    about: str
    verdict: VerdictWord
    found: str
    cure: str | None
    """A command that mends it; null where nothing is to be mended."""


class Doctor(Struct, frozen=True, kw_only=True):
    """`driftscan doctor`: whether everything that driftscan needs is there and right."""

    schema: Literal["driftscan/1"] = "driftscan/1"
    directory: str
    works: bool
    """Nothing fails; there may be warnings."""
    checks: list[DoctorCheck]
    unexamined: list[str]
    """What was not looked at, because something that it rests on fails."""
    version: str
