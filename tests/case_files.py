"""A case is one readable file: what /etc was before a commit, what it is after it, and which findings that brings.

Prose, for people. Then sections, each up to the next one:

    -- both|before|after: PATH [-> TARGET] --    a file below /etc, or a link, in that tree (or in both); certificates
                                                 and keys in it are written as :mod:`tests.certificates` says
    -- before --, -- after --                    the message of that commit, when it matters
    -- platform --                               `nginx: 1.22.1`, `openssl: 1.0.2k` (or `openssl: LibreSSL 3.8.2`), and
                                                 `day: 2017-06-01` when the first commit is of another day than usual
    -- expect --                                 one finding a line, its columns two spaces apart

A line of `expect` is `PATTERN  SUBJECT  FILE:LINE`, where the place is the first line of evidence, and says that the
commit introduces the finding. With `-` in front of it the commit resolves it. A fourth column may hold words for what
else must be so: the severity, the certainty, and the variant of the message, in any order.

A case is played by making two real commits and walking them with the whole catalogue. `fires_*` introduces its own
pattern, `ends_*` resolves it, and `silent_*` changes something and does neither: it is a near miss.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from driftscan.drift.findings import FindingEvent, FindingState
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import Outcome, Scan, Step, finish
from driftscan.drift.state import State, build_state
from driftscan.history.observe import Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.versions import Library, NginxVersion
from driftscan.host.read import read_host
from driftscan.nginx.config import Directive, Location, Node
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.treeglob import TreeView
from tests import certificates
from tests.etc import Content, EtcHistory, Link

FOLDER = Path(__file__).parent / "cases"
HEADING = re.compile(r"-- (?:(?P<tree>both|before|after)(?:: (?P<path>\S+)(?: -> (?P<target>\S+))?)?|(?P<word>\w+)) --")


class Kind(StrEnum):
    """What a case promises, by the beginning of its file name."""

    FIRES = "fires"
    ENDS = "ends"
    SILENT = "silent"


class CaseError(Exception):
    """A case file that says nothing, or the wrong thing; the text names the file."""


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One line of `expect`."""

    state: str
    """`+` when the commit introduces it, `-` when it resolves it."""
    pattern: str
    subject: str
    at: str
    words: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        sign = "- " if self.state == "-" else ""
        return f"{sign}{self.pattern}  {self.subject}  /etc/{self.at}  {' '.join(sorted(self.words))}".rstrip()


@dataclass(frozen=True, slots=True)
class Case:
    """A case file, read."""

    file: Path
    before: Mapping[str, Content]
    after: Mapping[str, Content]
    messages: Mapping[str, str]
    options: Options
    expected: tuple[Expected, ...]
    day: str | None = None
    """Of the first commit, when it matters; the second one is of the day after."""

    @property
    def name(self) -> str:
        """`PATTERN/FILE`, as tests are called."""
        return f"{self.pattern}/{self.file.stem}"

    @property
    def pattern(self) -> str:
        """The pattern it belongs to: the folder's name."""
        return self.file.parent.name

    @property
    def kind(self) -> Kind:
        """What it promises."""
        return Kind(self.file.stem.partition("_")[0])

    def own(self, state: str) -> tuple[Expected, ...]:
        """What is expected of its own pattern."""
        return tuple(line for line in self.expected if (line.pattern, line.state) == (self.pattern, state))


def read_case(file: Path) -> Case:
    """The case in a file.

    Raises:
        CaseError: it breaks the grammar, or its `expect` is not what its name promises.
    """
    trees: dict[str, dict[str, Content]] = {"before": {}, "after": {}}
    messages: dict[str, str] = {}
    words: dict[str, str] = {}
    for heading, body in _sections(file):
        if heading["word"]:
            words[heading["word"]] = body
        elif heading["path"] is None:
            messages[heading["tree"]] = body
        else:
            if not heading["path"].startswith("/etc/"):
                raise CaseError(f"{file}: {heading['path']} is not below /etc")
            content = Link(heading["target"]) if heading["target"] else _expanded(file, body)
            for tree in ("before", "after") if heading["tree"] == "both" else (heading["tree"],):
                if trees[tree].setdefault(heading["path"].removeprefix("/etc/"), content) is not content:
                    raise CaseError(f"{file}: {heading['path']} is there twice {tree} the commit")
    if words.keys() - {"expect", "platform"} or "expect" not in words:
        raise CaseError(f"{file}: the sections must be trees, messages, platform and expect, not {sorted(words)}")
    expected = tuple(_expected(file, line) for line in words["expect"].splitlines() if line.strip())
    said = _platform(file, words.get("platform", ""))
    case = Case(file, trees["before"], trees["after"], messages, _options(said), tuple(expected), said.get("day"))
    _keep_promise(case)
    return case


def _keep_promise(case: Case) -> None:
    if case.kind is Kind.FIRES and not case.own("+"):
        raise CaseError(f"{case.file}: it must expect {case.pattern} to be introduced")
    if case.kind is Kind.ENDS and not case.own("-"):
        raise CaseError(f"{case.file}: it must expect {case.pattern} to be resolved")
    if case.kind is Kind.SILENT and (case.own("+") or case.own("-")):
        raise CaseError(f"{case.file}: it must not expect {case.pattern}")
    if case.before == case.after and not case.messages:
        raise CaseError(f"{case.file}: nothing changes in it, so it proves nothing")


def _expanded(file: Path, body: str) -> str:
    try:
        return certificates.expand(body)
    except ValueError as error:
        raise CaseError(f"{file}: {error}") from error


def _sections(file: Path) -> Iterator[tuple[re.Match[str], str]]:
    heading: re.Match[str] | None = None
    body: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        if (next_heading := HEADING.fullmatch(line)) is None:
            if line.startswith("-- "):
                raise CaseError(f"{file}: this is no heading: {line}")
            body.append(f"{line}\n")
            continue
        if heading is None and not "".join(body).strip():
            raise CaseError(f"{file}: it must begin with what it is about")
        if heading is not None:
            yield heading, "".join(body)
        heading, body = next_heading, []
    if heading is not None:
        yield heading, "".join(body)


def _expected(file: Path, line: str) -> Expected:
    columns = re.split(r" {2,}", line.removeprefix("- ").strip())
    if len(columns) not in {3, 4} or not re.fullmatch(r"/etc/\S+:\d+", columns[2]):
        raise CaseError(f"{file}: this is no finding: {line}")
    words = frozenset(columns[3].split()) if len(columns) == 4 else frozenset[str]()
    state = "-" if line.startswith("- ") else "+"
    return Expected(state, columns[0], columns[1], columns[2].removeprefix("/etc/"), words)


def _platform(file: Path, text: str) -> Mapping[str, str]:
    said = dict(re.split(r": *", line, maxsplit=1) for line in text.splitlines() if line.strip())
    if said.keys() - {"nginx", "openssl", "day"}:
        raise CaseError(f"{file}: the platform is nginx and openssl, and the day, not {sorted(said)}")
    return said


def _options(said: Mapping[str, str]) -> Options:
    return Options(
        NginxVersion.parse(said["nginx"]) if "nginx" in said else None,
        Library.parse(said["openssl"]) if "openssl" in said else None,
    )


@dataclass(frozen=True, slots=True)
class Staged:
    """A case as a history of two commits."""

    case: Case
    path: Path

    def play(self, catalogue: tuple[Matcher, ...]) -> Outcome:
        """Walk both commits with these patterns."""
        with Repository.open(self.path) as repository:
            observer = Observer(repository.read, self.case.options)
            return finish(Scan(repository, repository.select(Selection()), catalogue, observer))

    def states(self) -> Iterator[State]:
        """The state after each of the two commits, resolved with no knowledge of the other."""
        with Repository.open(self.path) as repository:
            observer = Observer(repository.read, self.case.options)
            for revision in repository.revisions(repository.select(Selection())):
                tree = repository.tree(revision.commit.id)
                yield build_state(
                    resolve(tree, Sources(), Layout()),
                    observer.at(revision),
                    host=read_host(TreeView(tree, Layout().root), tree.read, {}),
                    when=revision.commit.committed,
                )


def stage(case: Case, path: Path) -> Staged:
    """Make the two commits."""
    etc = EtcHistory(path)
    day = None if case.day is None else f"{case.day}T06:25:00+01:00"
    etc.commit(case.before, case.messages.get("before", "saving uncommitted changes in /etc prior to apt run"), day)
    gone: dict[str, Content] = dict.fromkeys(case.before.keys() - case.after.keys())
    next_day = None if day is None else f"{datetime.fromisoformat(day) + timedelta(days=1)}"
    etc.commit({**gone, **case.after}, case.messages.get("after", "daily autocommit"), next_day)
    return Staged(case, path)


def found(steps: tuple[Step, ...]) -> Iterator[tuple[Expected, FindingEvent]]:
    """What the steps said, in the words of `expect`."""
    for step in steps:
        for event in step.findings:
            finding = event.finding
            yield (
                Expected(
                    "-" if event.state is FindingState.RESOLVED else "+",
                    finding.pattern,
                    str(finding.hit.subject),
                    str(finding.hit.evidence[0]),
                    frozenset({str(finding.severity), finding.certainty.value, finding.hit.variant} - {""}),
                ),
                event,
            )


def complaints(case: Case, outcome: Outcome) -> list[str]:
    """What is not as the case says; nothing when all of it is."""
    said = sorted(line for line, _ in found(outcome.steps))
    wanted = sorted(case.expected)
    problems = [f"missing: {line}" for line in wanted if line not in said]
    problems += [f"not expected: {line}" for line in said if line not in wanted]
    if len(said) != len(wanted) and not problems:
        problems.append(f"{len(wanted)} findings are expected, there are {len(said)}")
    for line in wanted:
        match = next((other for other in said if other == line), None)
        if match is not None and not line.words <= match.words:
            problems.append(f"not as expected: {line}: it is {' '.join(sorted(match.words))}")
    if case.kind is Kind.SILENT and not any(step.changes for step in outcome.steps):
        problems.append("it is silent because nothing changes: make it a near miss")
    return problems


def directives(nodes: tuple[Node, ...]) -> Iterator[Directive]:
    """Every directive of a configuration, blocks before what is in them."""
    for node in nodes:
        if isinstance(node, Directive):
            yield node
            yield from directives(node.inside())


def holds_a_directive(at: Location, state: State, files: Mapping[str, Content]) -> bool:
    """Whether a place is a line of a file on which a directive of the configuration begins.

    Of a file that is no configuration of nginx, any line that it has; of a link, or a file that is gone, the first.
    """
    text = files.get(at.path)
    if at.path not in state.config.files and at.path not in {gap.path for gap in state.config.gaps}:
        return 0 < at.line <= (max(1, len(text.splitlines())) if isinstance(text, str) else 1)
    if not isinstance(text, str) or not 0 < at.line <= len(text.splitlines()):
        return False
    line = text.splitlines()[at.line - 1]
    return any(directive.at == at and directive.name in line for directive in directives(state.config.nodes))


def all_cases() -> tuple[Case, ...]:
    """Every case file."""
    return tuple(read_case(file) for file in sorted(FOLDER.glob("*/*.case")))
