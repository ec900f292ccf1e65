"""How often our model was right: every recorded row is compared, and is right, wrong, or more than it can know."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from driftscan.drift.state import State, build_state
from driftscan.history.directory import Directory
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Node
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.loadtest import Load, Message
from driftscan.nginx.servers import Server
from driftscan.tls import handshake
from driftscan.tls.handshake import Client, Handshake, meet
from tests.nginx.trees import platform
from tests.oracle import pki
from tests.oracle.scenarios import LIBRARY, MAIN, Loaded, Met, Outcome, Said, Scenario, Visit

CURRENT = frozenset({Protocol.TLS12, Protocol.TLS13})
"""What a client offers that is not told otherwise."""


class Verdict(StrEnum):
    """How a prediction compares with what was recorded."""

    RIGHT = "right"
    UNKNOWN = "cannot know"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Row:
    """One prediction."""

    version: NginxVersion
    kind: str
    """The column of the table that it counts in."""
    verdict: Verdict
    where: str
    name: str
    """Which row of the file it is: `load`, `client 2`."""
    recorded: str
    predicted: str

    def __str__(self) -> str:
        place = f"{self.where}, {self.name}, nginx {self.version}"
        return f"{place}: {self.recorded} was recorded, {self.predicted} is predicted"


LOAD, REFUSAL, WARNINGS, CLIENT = "load", "reason", "warnings", "client"


def score(scenario: Scenario, tree: Path) -> Iterator[Row]:
    """Every prediction for a scenario that is written below `tree`, in the order of the file."""
    states = states_of(tree, scenario.loads)
    for version, recorded in scenario.loads.items():
        yield from _load_rows(scenario, version, recorded, states[version].load, tree)
    written: dict[str, str] = {}
    for number, visit in enumerate(scenario.visits, start=1):
        if visit.reloaded != written:
            scenario.write(tree, visit.reloaded)
            written = {**visit.reloaded}
            states = states_of(tree, visit.met)
        for version, met in visit.met.items():
            found = meet(states[version], visit.host, visit.port, client(visit.words))
            row = f"client {number}"
            excused = scenario.excuse(version, row) is not None
            verdict = Verdict.UNKNOWN if excused else _client_verdict(visit, met, found)
            yield Row(version, CLIENT, verdict, scenario.name, row, str(met), _shown(found))


def states_of(tree: Path, versions: Iterable[NginxVersion]) -> dict[NginxVersion, State]:
    """What the model makes of a directory, by release."""
    config = resolve(Directory.open(tree), Sources(), Layout(str(tree), (MAIN,)))
    return {
        version: build_state(config, replace(platform(str(version), LIBRARY), family="debian")) for version in versions
    }


def _load_rows(scenario: Scenario, version: NginxVersion, recorded: Loaded, found: Load, tree: Path) -> Iterator[Row]:
    unknown = found.ok is None or scenario.excuse(version, LOAD) is not None
    verdict = Verdict.UNKNOWN if unknown else _judged(right=found.ok == recorded.ok)
    first = None if found.refusal is None else said(found.refusal, tree)
    doubts = "; ".join(doubt.reason for doubt in found.doubts)
    predicted = {True: "ok", False: f"refused {first}", None: f"unknown ({doubts})"}[found.ok]
    words = f"refused {recorded.refusal}" if recorded.refusal else "ok"
    yield Row(version, LOAD, verdict, scenario.name, LOAD, words, predicted)
    if verdict is not Verdict.RIGHT:
        return
    if recorded.refusal is not None:
        yield Row(version, REFUSAL, _judged(right=first == recorded.refusal), scenario.name, REFUSAL, words, predicted)
    elif recorded.warnings or found.warnings:
        warned = tuple(said(warning, tree) for warning in found.warnings)
        texts = _listed(recorded.warnings), _listed(warned)
        yield Row(version, WARNINGS, _judged(right=warned == recorded.warnings), scenario.name, WARNINGS, *texts)


def said(message: Message, tree: Path) -> Said:
    """A predicted message as the scenarios write it."""
    text = message.text.replace(f"{tree}/{pki.FOLDER}", "{pki}").replace(str(tree), "{dir}").partition(" (SSL: ")[0]
    return Said(message.level, text, message.at if message.placed else None)


def _listed(messages: Iterable[Said]) -> str:
    return "; ".join(map(str, messages)) or "nothing"


def _judged(*, right: bool) -> Verdict:
    return Verdict.RIGHT if right else Verdict.WRONG


def client(words: Mapping[str, str]) -> Client:
    """The client that a fixture describes, as the model knows clients."""
    protocols = frozenset({Protocol(words["protocol"])}) if "protocol" in words else CURRENT
    alpn = tuple(words["alpn"].split(",")) if "alpn" in words else ()
    return Client(
        words.get("sni"), protocols, words.get("ciphers"), alpn, words.get("groups"), words.get("tickets") != "no"
    )


_OUTCOMES = {
    Outcome.COMPLETES: handshake.Outcome.COMPLETE,
    Outcome.REFUSED: handshake.Outcome.REFUSED,
    Outcome.PLAIN: handshake.Outcome.PLAIN,
    Outcome.CLOSED: handshake.Outcome.UNREACHABLE,
}


def _client_verdict(visit: Visit, recorded: Met, found: Handshake) -> Verdict:
    if found.outcome is handshake.Outcome.UNKNOWN:
        return Verdict.UNKNOWN
    if recorded.outcome is Outcome.NEEDS_TLS:
        speaks_tls = found.outcome in {handshake.Outcome.COMPLETE, handshake.Outcome.REFUSED}
        return _judged(right=speaks_tls)
    if found.outcome is not _OUTCOMES[recorded.outcome]:
        return Verdict.WRONG
    if recorded.outcome is not Outcome.COMPLETES:
        return Verdict.RIGHT
    predicted = facts(found)
    verdicts = {_fact_verdict(name, value, predicted) for name, value in _compared(visit, recorded)}
    return next((verdict for verdict in (Verdict.WRONG, Verdict.UNKNOWN) if verdict in verdicts), Verdict.RIGHT)


def _compared(visit: Visit, recorded: Met) -> Iterator[tuple[str, str]]:
    for name, value in recorded.facts.items():
        # A request for another host is answered by another server than that of the handshake.
        if not (name == "answers" and "host" in visit.words):
            yield name, value


def _fact_verdict(name: str, value: str, predicted: dict[str, str]) -> Verdict:
    if name not in predicted:
        return Verdict.UNKNOWN
    return _judged(right=predicted[name] == value)


def facts(found: Handshake) -> dict[str, str]:
    """What the model knows of a handshake, in the words of the scenarios."""
    known = {"alpn": found.alpn or "none"}
    if found.certificate is not None:
        stem = PurePosixPath(found.certificate).stem
        known["certificate"] = pki.NAMES.get(stem, stem)
    if found.protocol is not None:
        known["protocol"] = str(found.protocol)
    if found.client_certificate is not None:
        known["client-certificate"] = "asked" if found.client_certificate else "not-asked"
    if found.ticket is not None:
        known["ticket"] = "issued" if found.ticket else "none"
    answer = None if found.server is None else _answer(found.server)
    if answer is not None:
        known["answers"] = answer
    return known


def _answer(server: Server) -> str | None:
    """The name that a server tells everybody: its first `return`, wherever it stands."""
    for node in _inside(server.block):
        if node.name == "return" and node.args[-1].startswith("name="):
            return node.args[-1].removeprefix("name=").split()[0]
    return None


def _inside(nodes: Iterable[Node]) -> Iterator[Directive]:
    for node in nodes:
        if isinstance(node, Directive):
            yield node
            yield from _inside(node.inside())


def _shown(found: Handshake) -> str:
    words = (found.outcome, *(f"{name}={value}" for name, value in facts(found).items()), f"({found.why})")
    return " ".join(map(str, words))


def table(rows: Iterable[Row], kinds: tuple[str, ...]) -> str:
    """By release and in all: how many rows of each kind were right, unknown and wrong."""
    counted: dict[tuple[NginxVersion | None, str, Verdict], int] = {}
    versions = set()
    for row in rows:
        versions.add(row.version)
        for version in (row.version, None):
            counted[version, row.kind, row.verdict] = counted.get((version, row.kind, row.verdict), 0) + 1
    columns = [(kind, verdict) for kind in kinds for verdict in Verdict]
    head = " " * 8 + "".join(f"{kind:>{3 * _WIDTH}}" for kind in kinds)
    lines = [head, f"{'nginx':8}" + "".join(f"{verdict:>{_WIDTH}}" for _, verdict in columns)]
    for version in (*sorted(versions), None):
        cells = "".join(f"{counted.get((version, *column), 0):{_WIDTH}}" for column in columns)
        lines.append(f"{'all' if version is None else str(version):8}{cells}")
    for kind in kinds:
        total = sum(counted.get((None, kind, verdict), 0) for verdict in Verdict)
        if total:
            shares = ", ".join(f"{counted.get((None, kind, each), 0) / total:.1%} {each}" for each in Verdict)
            lines.append(f"{kind}: {total} rows, {shares}")
    return "\n".join(lines)


_WIDTH = 13


def share(rows: Iterable[Row], verdict: Verdict) -> float:
    """How much of all rows is judged so."""
    verdicts = [row.verdict for row in rows]
    return verdicts.count(verdict) / len(verdicts)
