"""A patch as replacements of regions, which editors apply by themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from driftscan.report.sarif_log import ArtifactContent, Region, Replacement

_HUNK = re.compile(r"@@ -(?P<start>\d+)(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_NO_NEWLINE = "\\"
"""How the line begins that says that the one before has no newline at its end."""


@dataclass(slots=True)
class _Run:
    """Lines that go and lines that come at one place."""

    start: int
    """The number of the first old line that goes; with none, of the line that the new ones come before."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    is_over: bool = False
    """Whether a line has followed that stays."""

    def put(self, sign: str, text: str) -> list[str]:
        """Take a line; where it was put."""
        if sign == " ":
            self.is_over = True
            return [text]
        lines = self.old if sign == "-" else self.new
        lines.append(text)
        return lines

    def replacement(self) -> Replacement:
        """The same as a region and its new text.

        Whole lines end where the next one begins. Behind a last line without newline there is no next one.
        """
        end = Region(self.start, 1, self.start + len(self.old), 1)
        if self.old and not self.old[-1].endswith("\n"):
            end = Region(self.start, 1, self.start + len(self.old) - 1, len(self.old[-1]) + 1)
        return Replacement(end, ArtifactContent("".join(self.new)) if self.new else None)


def replacements(diff: str) -> Iterator[tuple[str, list[Replacement]]]:
    """For each file of a unified diff its path, and what is replaced in it, in the order of its lines."""
    files: list[tuple[str, list[_Run]]] = []
    last: list[str] = []
    at = old = new = 0
    for line in diff.split("\n")[:-1]:
        sign, text = line[:1], f"{line[1:]}\n"
        if sign == _NO_NEWLINE:
            last[-1] = last[-1].removesuffix("\n")
        elif old or new:
            # What is inside a hunk is told by its counts: a line that goes may look like a header.
            runs = files[-1][1]
            if sign == " " or not runs or runs[-1].is_over:
                runs.append(_Run(at))
            last = runs[-1].put(sign, text)
            at, old, new = at + (sign != "+"), old - (sign != "+"), new - (sign != "-")
        elif (hunk := _HUNK.match(line)) is not None:
            old, new = int(hunk["old"] or 1), int(hunk["new"] or 1)
            # A hunk without old lines names the line that it comes behind.
            at = int(hunk["start"]) + (old == 0)
            files[-1][1].append(_Run(at))
        elif line.startswith("--- "):
            # Behind a name with a space in it, a tab says where the name ends.
            files.append((line.removeprefix("--- a/").removesuffix("\t"), []))
    for path, runs in files:
        yield path, [run.replacement() for run in runs if run.old or run.new]
