"""Since when each value is in force and who wrote its line, worded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from driftscan.drift.beginnings import (
    Added,
    Appearance,
    Beginning,
    Changed,
    Found,
    FromStart,
    Learned,
    Lost,
    NotKnown,
    Since,
)
from driftscan.drift.blame import Blame, Blamed, Whose
from driftscan.drift.changes import DefaultServerChanged, NameMoved, Side
from driftscan.drift.subjects import EndpointSubject, endpoint_subject, server_subject
from driftscan.drift.written import Written
from driftscan.history.commit import Commit
from driftscan.nginx.directives.base import Decider
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.values import show
from driftscan.report.effective import Detail, declarations_of, is_wanted, setting_row
from driftscan.report.pages import SettingRow
from driftscan.report.pieces import Subjects
from driftscan.report.printable import all_printable
from driftscan.report.rows import CommitRow, GapRow, PlatformRow
from driftscan.report.sources import source
from driftscan.report.structure import grouped
from driftscan.report.subjects import compact
from driftscan.report.wording import commit_row, gap_row, load_lines, moment, platform_row, some
from driftscan.tls.endpoints import Endpoint

FEW = 3


@dataclass(frozen=True, slots=True)
class BlamedRow:
    """A value that clients meet, and who wrote it."""

    setting: SettingRow
    why: tuple[str, ...]
    """What was before, and what else there is to know about its beginning; a sentence each."""
    lines: tuple[str, ...]
    """The lines that say so, each with who wrote it; for a default which nginx has it."""


@dataclass(frozen=True, slots=True)
class SinceRow:
    """The values that clients meet since one commit."""

    commit: CommitRow | None
    """`None` where none can be named."""
    why: str
    """What the commit brought as a whole, or why none can be named; may be empty beside a commit."""
    values: tuple[BlamedRow, ...]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Names and sockets where all of that is the same."""

    subjects: Subjects
    server: str
    place: str
    sinces: tuple[SinceRow, ...]
    """The newest first, and those without a commit at the end."""


@dataclass(frozen=True, slots=True)
class BlameReport:
    """The answer of `driftscan blame`."""

    title: str
    platform: PlatformRow
    load: tuple[str, ...]
    places: tuple[PlaceRow, ...]
    gaps: tuple[GapRow, ...]


def asked(
    found: Blame, endpoints: Iterable[Endpoint], wanted: frozenset[str] | None, detail: Detail
) -> tuple[tuple[Endpoint, tuple[Blamed, ...]], ...]:
    """What is told of each endpoint: the directives that `effective` tells of it."""
    version = found.state.platform.nginx.version
    return tuple(
        (
            endpoint,
            tuple(
                found.of(endpoint, declaration)
                for declaration in declarations_of(version, endpoint)
                if is_wanted(declaration, endpoint, wanted, detail)
            ),
        )
        for endpoint in endpoints
    )


def build_blame(found: Blame, title: str, told: Iterable[tuple[Endpoint, tuple[Blamed, ...]]]) -> BlameReport:
    """The report, every string of it printable."""
    state = found.state
    groups: dict[tuple[tuple[SinceRow, ...], str, str], list[EndpointSubject]] = {}
    for endpoint, blamed in told:
        server = server_subject(endpoint.server, state)
        key = tuple(_sinces(found, endpoint, blamed)), str(server), str(server.at)
        groups.setdefault(key, []).append(endpoint_subject(endpoint, state))
    places = tuple(
        PlaceRow(compact(subjects), server, place, rows) for (rows, server, place), subjects in groups.items()
    )
    gaps = tuple(gap_row(gap) for gap in state.gaps)
    return all_printable(BlameReport(title, platform_row(state.platform), load_lines(state.load), places, gaps))


def _sinces(found: Blame, endpoint: Endpoint, blamed: Iterable[Blamed]) -> Iterator[SinceRow]:
    """The values by their beginnings."""

    def beginning(one: Blamed) -> tuple[int, CommitRow | None, str]:
        begun = one.since.beginning
        commit, previous = _named(begun)
        row = None if commit is None else commit_row(commit, previous)
        whole = "; ".join(filter(None, [_as_a_whole(begun, found), _refused(one.since)]))
        return found.place_of(commit), row, whole

    groups = grouped(blamed, beginning)
    for place, row, why in sorted(groups, key=lambda key: (-key[0], key[2])):
        yield SinceRow(row, why, tuple(_value_row(found, endpoint, one) for one in groups[place, row, why]))


def _value_row(found: Blame, endpoint: Endpoint, blamed: Blamed) -> BlamedRow:
    setting = setting_row(endpoint, COMPARED[endpoint.server.family][blamed.directive], found.state)
    commit, _ = _named(blamed.since.beginning)
    why = filter(None, _why(blamed, endpoint))
    return BlamedRow(setting, tuple(why), tuple(_lines(blamed, setting, commit, found)))


def _named(beginning: Beginning) -> tuple[Commit | None, Commit | None]:
    """The commit since which it is so, with the one before."""
    match beginning:
        case Added() | Changed():
            return beginning.commit, beginning.previous
        case FromStart() | Learned() | Found() | NotKnown():
            return None, None
        case _:
            assert_never(beginning)


def _as_a_whole(beginning: Beginning, found: Blame) -> str:
    """What a beginning says that is the same for every value."""
    match beginning:
        case FromStart(commit):
            return _start(commit, found)
        case Added(what=what):
            return {
                Appearance.SERVER: "the server came",
                Appearance.NAME: "the server began to answer for the name here",
                Appearance.SOCKET: "TLS came to this socket",
            }[what]
        case Changed():
            return ""
        case Learned() | Found():
            return "since when is not known"
        case NotKnown():
            return "not known"
        case _:
            assert_never(beginning)


def _why(blamed: Blamed, endpoint: Endpoint) -> Iterator[str]:
    """What a beginning says of this value alone."""
    since = blamed.since
    match since.beginning:
        case FromStart() | Added():
            pass
        case Changed(before=before, by_upgrade=by_upgrade, beside=beside):
            yield f"before: {_side(before)}"
            yield "nobody wrote it: another nginx or TLS library makes it so" if by_upgrade else ""
            for change in beside:
                yield _moved(change, blamed, endpoint)
        case Learned(commit, previous, before):
            taken = "" if before is None else f"; until then it was taken for {show(before.value)}"
            yield f"the commit of {_by(commit, previous)} tells more of the versions, and they decide{taken}"
        case Found(commit, previous, lost):
            yield f"it can be read since {_by(commit, previous)}; {_lost(lost)}"
        case NotKnown(lost):
            yield _lost(lost)
        case _:
            assert_never(since.beginning)
    yield from _notes(since)


def _start(commit: Commit, found: Blame) -> str:
    """The honest sentence where the history does not reach back far enough."""
    when = moment(commit.committed).text
    if found.shallow:
        return f"since {when} ({_short(commit)}), where the history is cut off, or before"
    return f"since the history begins, on {when} ({_short(commit)}), or before"


def _notes(since: Since) -> Iterator[str]:
    if since.brought:
        commits = [f"{_short(commit)} ({commit_row(commit, None).who})" for commit in since.brought]
        yield f"it is a merge; on the branch it was made by {some(commits, FEW)}"
    for renamed in since.formerly:
        yield f"the server was called {renamed.name} until {_short(renamed.until)}"
    for unread in since.unread:
        yield f"not known for a while, {_lost(unread.lost)}; the same again with {_short(unread.found)}"


def _refused(since: Since) -> str:
    """That nginx would not have loaded what the commit left, and until when."""
    if since.refused is None:
        return ""
    until = since.refused.until
    ends = "and still does" if until is None else f"until {_by(until, None)}"
    return f"nginx refused the configuration then, {ends}: what ran went on with what it had"


def _lost(lost: Lost) -> str:
    """From when on, and for which reason."""
    what = "" if lost.gap is None else f": {gap_row(lost.gap).text}"
    before = "nothing was known before" if lost.before is None else f"before that it was {_side(lost.before)}"
    return f"from {moment(lost.commit.committed).text} ({_short(lost.commit)}) on it was not{what}; {before}"


def _moved(change: NameMoved | DefaultServerChanged, blamed: Blamed, endpoint: Endpoint) -> str:
    """What else the commit did that may have made it so."""
    match change:
        case NameMoved(before=before, after=after):
            return f"the name moved from {before} ({before.at}) to {after} ({after.at})"
        case DefaultServerChanged(before=before, after=after):
            alone = {Decider.SNI_SERVER, Decider.HTTP_SERVER}
            if endpoint.name and blamed.met.decider in alone:
                return ""
            return f"the default server changed from {before} ({before.at}) to {after} ({after.at})"
        case _:
            assert_never(change)


def _side(side: Side) -> str:
    return f"{show(side.value)} ({source(side.origin)})"


def _short(commit: Commit) -> str:
    return commit_row(commit, None).short


def _by(commit: Commit, previous: Commit | None) -> str:
    row = commit_row(commit, previous)
    return f"{row.time.text} by {row.short} ({row.who})" + (f", {row.window}" if row.window else "")


def _lines(blamed: Blamed, setting: SettingRow, commit: Commit | None, found: Blame) -> Iterator[str]:
    own = [line for whose, line in blamed.lines if whose is Whose.DECIDER]
    if not own:
        yield setting.source
    for whose, label in _LABELS.items():
        lines = [line for of, line in blamed.lines if of is whose]
        for who, alike in grouped(lines, lambda line: _writer(line, commit, found)).items():
            inherited = " (inherited)" if setting.origin == "inherited" and whose is Whose.DECIDER else ""
            yield f"{label}{some([str(line.at) for line in alike], FEW)}{inherited}{who}"


_LABELS: Final = {
    Whose.DECIDER: "",
    Whose.DEFAULT_SERVER: "default server: ",
    Whose.SELECTED_SERVER: "this server: ",
}


def _writer(line: Written, commit: Commit | None, found: Blame) -> str:
    """Who wrote a line, with the comma before it."""
    version = line.version
    if version is None:
        return ""
    if line.from_start:
        begins = "is cut off" if found.shallow else "begins"
        return f", there where the history {begins}"
    if commit is not None and version.commit == commit:
        return ", written by the same commit"
    return f", written {_by(version.commit, version.previous)}"
