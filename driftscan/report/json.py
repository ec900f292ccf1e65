"""JSON documents of version 1, the ones that the published schema describes."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, structs

from driftscan import __version__
from driftscan.drift.findings import FindingState, Life
from driftscan.drift.patches import Patch
from driftscan.drift.scan import Comparison, Outcome, Step, judge_state
from driftscan.drift.settings import met_side
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.drift.suspects import Incident
from driftscan.history.commit import Commit, CommitId
from driftscan.nginx.config import Gap
from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.report import document, entries, records
from driftscan.report.check import Checked
from driftscan.report.clients import handshakes, selection
from driftscan.report.effective import declarations_of
from driftscan.report.encoding import encoded
from driftscan.report.findings import NO_PATCHES
from driftscan.report.lives import Lives
from driftscan.report.rows import Request
from driftscan.report.sources import origin_word
from driftscan.report.suspects import SuspectRow
from driftscan.site.suppressions import Suppression
from driftscan.tls.endpoints import Endpoint


def log(outcome: Outcome, request: Request) -> str:
    """A history: `log`, `show` and `report`."""
    lives = Lives(outcome)
    previous = {step.commit.id: step.previous for step in outcome.steps}
    ran = None if outcome.state is None else outcome.state.platform
    return encoded(
        document.Log(
            repository=document.Repository(request.path, request.head),
            range=document.Range(
                request.range_line,
                None if request.since is None else request.since.isoformat(),
                None if request.until is None else request.until.isoformat(),
                outcome.commits,
                outcome.read,
                len(outcome.steps),
                outcome.shallow,
                list(request.filters),
            ),
            steps=[_step(step, lives, previous) for step in reversed(outcome.steps)],
            open=[records.finding(life, _open_state(life), ran, patches=request.patches) for life in outcome.open],
            suppressed=[
                document.Suppressed(records.finding(found.life, _open_state(found.life), ran), _decision(found.by))
                for found in request.decided.suppressed
            ],
            expired=[_decision(found) for found in request.decided.over],
            gaps=[records.gap(gap) for gap in outcome.gaps],
            version=request.version,
        )
    )


def comparison(compared: Comparison, before: str, after: str, version: str = __version__) -> str:
    """Two states, called `before` and `after` by whoever asks."""
    was, now = compared.before, compared.after
    news = [records.finding(life, FindingState.INTRODUCED, now.platform) for life in compared.introduced]
    over = [records.finding(life, FindingState.RESOLVED, was.platform) for life in compared.resolved]
    return encoded(
        document.Diff(
            before=document.Side(before, records.platform(was.platform)),
            after=document.Side(after, records.platform(now.platform)),
            changes=[records.change(change) for change in compared.changes],
            findings=[*news, *over],
            gaps=_gaps_changed(compared.opened, compared.closed),
            version=version,
        )
    )


def effective(
    state: State,
    endpoints: Iterable[Endpoint] | None = None,
    directives: Iterable[str] | None = None,
    version: str = __version__,
) -> str:
    """The settings in force; every directive that this nginx knows, unless some are chosen."""
    wanted = None if directives is None else frozenset(directives)
    chosen = state.endpoints.values() if endpoints is None else endpoints
    lives = judge_state(state, tuple(entry.matcher for entry in catalogue()))
    return encoded(
        document.Effective(
            platform=records.platform(state.platform),
            load=records.load(state.load),
            sockets=[
                document.Socket(
                    str(socket.address),
                    socket.ssl,
                    socket.http2,
                    socket.proxy_protocol,
                    str(server_subject(socket.default, state)),
                    socket.explicit_default is not None,
                    records.place(socket.listen_of(socket.default).at),
                )
                for socket in state.sockets
            ],
            endpoints=[_endpoint(endpoint, state, wanted) for endpoint in chosen],
            files=[records.file(named, state.config.modes) for named in state.config.named.values()],
            open=[records.finding(life, FindingState.INTRODUCED, state.platform) for life in lives],
            gaps=[records.gap(gap) for gap in state.gaps],
            version=version,
        )
    )


def check(checked: Checked, version: str = __version__) -> str:
    """What is wrong in one state."""
    state = checked.state
    return encoded(
        document.Check(
            state=checked.name,
            platform=records.platform(state.platform),
            load=records.load(state.load),
            baseline=UNSET if checked.baseline is None else checked.baseline.name,
            open=[_checked(life, checked, checked.patches) for life in checked.decided.open],
            suppressed=[
                document.Suppressed(_checked(found.life, checked), _decision(found.by))
                for found in checked.decided.suppressed
            ],
            expired=[_decision(found) for found in checked.decided.over],
            gaps=[records.gap(gap) for gap in checked.gaps],
            version=version,
        )
    )


def _checked(life: Life, checked: Checked, patches: Mapping[str, Patch] = NO_PATCHES) -> entries.Finding:
    found = records.finding(life, FindingState.INTRODUCED, checked.state.platform, patches=patches)
    return structs.replace(found, baseline=checked.news_of(life) or UNSET)


def patterns(known: Iterable[KnownBreakage], version: str = __version__) -> str:
    """The catalogue, or a part of it."""
    return encoded(
        document.Patterns(
            patterns=[
                document.Pattern(
                    entry.id,
                    entry.title,
                    entries.SEVERITY_WORDS[entry.pattern.severity - 1],
                    entry.pattern.category.value,
                    entry.pattern.affects,
                    list(entry.pattern.symptoms),
                    dict(entry.sections),
                    list(entry.references),
                    list(entry.pattern.also),
                    dict(entry.pattern.visitors),
                    dict(entry.pattern.remedies),
                )
                for entry in known
            ],
            version=version,
        )
    )


def _step(step: Step, lives: Lives, previous: dict[CommitId, Commit | None]) -> document.Step:
    findings = []
    for event in step.findings:
        life = lives.whole(event.life)
        before_resolved = None if life.resolved is None else previous.get(life.resolved.id)
        findings.append(records.finding(life, event.state, step.platform, before_resolved))
    return document.Step(
        records.commit(step.commit, step.previous),
        records.platform(step.platform),
        [records.change(change) for change in step.changes],
        findings,
        _gaps_changed(step.opened, step.closed),
        list(step.paths),
        step.loads,
        None if step.merged_by is None else step.merged_by.id,
    )


def _decision(found: Suppression) -> document.Suppression:
    return document.Suppression(
        found.pattern, found.until.isoformat(), found.owner, found.reason, records.place(found.at)
    )


def _open_state(life: Life) -> FindingState:
    return FindingState.INTRODUCED if life.times == 1 else FindingState.RETURNED


def _gaps_changed(opened: Sequence[Gap], closed: Sequence[Gap]) -> list[entries.GapChanged]:
    return [
        *(records.gap_changed("opened", gap) for gap in opened),
        *(records.gap_changed("closed", gap) for gap in closed),
    ]


def _endpoint(endpoint: Endpoint, state: State, wanted: frozenset[str] | None) -> document.EndpointSettings:
    settings = {}
    for declaration in declarations_of(state.platform.nginx.version, endpoint):
        if wanted is not None and declaration.name not in wanted:
            continue
        met = endpoint.in_force(declaration, state.platform)
        at, more = records.places(met.setting.origin)
        settings[declaration.name] = entries.InForce(
            records.value(met.value) if met.known else None,
            origin_word(met.setting.origin) if met.known else "unknown",
            at,
            more,
            met_side(met, state).decided_by,
            records.split(met.value) if met.known else None,
            met.reason,
        )
    return document.EndpointSettings(
        str(endpoint.socket.address),
        endpoint.name,
        records.server(server_subject(endpoint.server, state)),
        settings,
        selection(endpoint),
        [records.client(kind, got) for kind, got in handshakes(endpoint, state).items()],
    )


def suspects(rows: Iterable[SuspectRow], incident: Incident, symptom: str | None, version: str = __version__) -> str:
    """The changes before an incident, ranked."""
    return encoded(
        document.Suspects(
            at=incident.at.isoformat(),
            symptom=symptom,
            server=incident.server,
            suspects=[
                document.Suspect(
                    rank=row.rank,
                    score=round(row.score, 4),
                    commit=None if row.commit is None else row.commit.id,
                    committed=None if row.commit is None else row.commit.time.iso,
                    not_before=row.commit.not_before.iso if row.commit and row.commit.not_before else None,
                    who=None if row.commit is None else row.commit.who,
                    began=row.began or None,
                    pattern=row.pattern or None,
                    severity=row.severity or None,
                    fingerprint=row.fingerprint or None,
                    because=row.because,
                    hits=row.who,
                    visitors=row.visitors,
                    changes=list(row.changes),
                    why=list(row.why),
                    remedy=row.remedy,
                    beside=list(row.beside),
                )
                for row in rows
            ],
            version=version,
        )
    )
