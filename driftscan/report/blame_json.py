"""`driftscan blame` as a JSON document."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from msgspec.structs import replace

from driftscan import __version__
from driftscan.drift import beginnings
from driftscan.drift.beginnings import Added, Changed, Found, FromStart, Learned, NotKnown
from driftscan.drift.blame import Blame, Blamed, Whose
from driftscan.drift.changes import DefaultServerChanged, NameMoved
from driftscan.drift.settings import met_side
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.drift.written import Written
from driftscan.report import blame_document as document
from driftscan.report import records
from driftscan.report.encoding import encoded
from driftscan.report.sources import origin_word
from driftscan.tls.endpoints import Endpoint


def render(
    found: Blame, revision: str, told: Iterable[tuple[Endpoint, Sequence[Blamed]]], version: str = __version__
) -> str:
    """The document for what is told of these endpoints; `revision` is what was asked for."""
    state = found.state
    return encoded(
        document.Blame(
            revision=revision,
            commit=found.commit,
            commits=found.commits,
            shallow=found.shallow,
            platform=records.platform(state.platform),
            load=records.load(state.load),
            blamed=[
                document.BlamedEndpoint(
                    str(endpoint.socket.address),
                    endpoint.name,
                    records.server(server_subject(endpoint.server, state)),
                    {blamed.directive: _blamed(blamed, state) for blamed in settings},
                )
                for endpoint, settings in told
            ],
            gaps=[records.gap(gap) for gap in state.gaps],
            version=version,
        )
    )


def _blamed(blamed: Blamed, state: State) -> document.Blamed:
    met = blamed.met
    at, more = records.places(met.setting.origin)
    return document.Blamed(
        records.value(met.value) if met.known else None,
        origin_word(met.setting.origin) if met.known else "unknown",
        at,
        more,
        met_side(met, state).decided_by,
        records.split(met.value) if met.known else None,
        met.reason,
        since=_since(blamed.since),
        lines=[_line(line, whose) for whose, line in blamed.lines],
    )


def _since(since: beginnings.Since) -> document.Since:
    told = document.Since(
        how="not-known",
        commit=None,
        before=None,
        what=None,
        by_upgrade=False,
        beside=[],
        lost=None,
        unread=[document.Unread(_lost(unread.lost), unread.found.id) for unread in since.unread],
        renamed=[document.Renamed(renamed.name, renamed.until.id) for renamed in since.formerly],
        brought=[commit.id for commit in since.brought],
        refused=since.refused is not None,
        loads_with=since.refused.until.id if since.refused is not None and since.refused.until is not None else None,
    )
    match since.beginning:
        case FromStart(commit):
            return replace(told, how="history-begins", commit=records.commit(commit, None))
        case Added(commit, previous, what):
            return replace(told, how="added", commit=records.commit(commit, previous), what=what.value)
        case Changed(commit, previous, before, by_upgrade, beside):
            words = [_word(change) for change in beside]
            made, was = records.commit(commit, previous), records.side(before)
            return replace(told, how="changed", commit=made, before=was, by_upgrade=by_upgrade, beside=words)
        case Learned(commit, previous, taken):
            made, value = records.commit(commit, previous), None if taken is None else records.side(taken)
            return replace(told, how="versions-learned", commit=made, before=value)
        case Found(commit, previous, lost):
            return replace(told, how="readable-again", commit=records.commit(commit, previous), lost=_lost(lost))
        case NotKnown(lost):
            return replace(told, lost=_lost(lost))
        case _:
            assert_never(since.beginning)


def _lost(lost: beginnings.Lost) -> document.Lost:
    return document.Lost(
        records.commit(lost.commit, lost.previous),
        None if lost.before is None else records.side(lost.before),
        None if lost.gap is None else records.gap(lost.gap),
    )


def _word(change: NameMoved | DefaultServerChanged) -> str:
    return "name-moved" if isinstance(change, NameMoved) else "default-server-changed"


def _line(line: Written, whose: Whose) -> document.Line:
    made = None if line.version is None else records.commit(line.version.commit, line.version.previous)
    return document.Line(records.place(line.at), whose.value, made, line.from_start)
