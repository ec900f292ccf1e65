"""What is in force in one state, as rows: sockets, and the settings that clients meet at each name."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum

from driftscan.drift.scan import judge_state
from driftscan.drift.socket_settings import means_something
from driftscan.drift.state import State
from driftscan.drift.subjects import (
    ConfigurationSubject,
    EndpointSubject,
    FileSubject,
    ServerSubject,
    SocketSubject,
    Subject,
    UpstreamSubject,
    ZoneSubject,
    server_subject,
)
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import AnyDeclaration, Decider
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.hsts import HSTS
from driftscan.nginx.directives.values import show
from driftscan.nginx.sockets import Socket
from driftscan.patterns.catalogue import catalogue
from driftscan.report.clients import described, handshakes, selection
from driftscan.report.findings import OPEN, Fate, Told, finding_row, group
from driftscan.report.pages import EffectiveReport, EndpointRow, SettingRow, SocketRow
from driftscan.report.printable import all_printable
from driftscan.report.sources import origin_word, source
from driftscan.report.subjects import compact
from driftscan.report.wording import decision, gap_row, load_lines, platform_row
from driftscan.tls.endpoints import Endpoint


class Detail(Enum):
    """Which settings of an endpoint are told."""

    CHOSEN = "chosen"
    """What somebody wrote, and the ones that everybody asks about."""
    EVERYTHING = "everything"


_ASKED_ABOUT = frozenset(
    {
        "ssl_certificate",
        "ssl_protocols",
        "ssl_ciphers",
        "ssl_prefer_server_ciphers",
        "ssl_ecdh_curve",
        "ssl_session_tickets",
        "ssl_session_cache",
        "http2",
        HSTS.name,
    }
)


def build_effective(
    state: State,
    title: str,
    endpoints: Iterable[Endpoint] | None = None,
    directives: Iterable[str] | None = None,
    detail: Detail = Detail.CHOSEN,
) -> EffectiveReport:
    """The settings in force, every string of it printable.

    Args:
        state: What is asked about.
        title: What it is called, for people.
        endpoints: The ones that are wanted; all of them when nobody chose.
        directives: The ones that are wanted, by name; when given, all of these are told.
        detail: How much is told when no directives are chosen.
    """
    lives = judge_state(state, tuple(entry.matcher for entry in catalogue()))
    endpoints = None if endpoints is None else tuple(endpoints)
    if endpoints is not None:
        lives = tuple(life for life in lives if _concerns(life.finding.hit.subject, endpoints, state))
    told = group(Told(life, OPEN) for life in lives)
    wanted = None if directives is None else frozenset(directives)
    rows = tuple(_endpoints(state, state.endpoints.values() if endpoints is None else endpoints, wanted, detail))
    report = EffectiveReport(
        title,
        platform_row(state.platform),
        load_lines(state.load),
        tuple(_socket(socket, state) for socket in state.sockets if socket.ssl),
        rows,
        tuple(finding_row(rows, state.platform, Fate()) for rows in told),
        tuple(gap_row(gap) for gap in state.gaps),
        tuple(_common(rows)),
    )
    return all_printable(report)


FEW = 3


def _common(rows: Sequence[EndpointRow]) -> Iterator[SettingRow]:
    """What more than half of all endpoints share, of the directives that are told of every one."""
    if len(rows) < FEW:
        return
    told: dict[str, list[SettingRow]] = {}
    for row in rows:
        for setting in row.settings:
            told.setdefault(setting.directive, []).append(setting)
    for settings in told.values():
        setting, times = Counter(settings).most_common(1)[0]
        if len(settings) == len(rows) and 2 * times > len(rows):
            yield setting


def declarations_of(version: NginxVersion, endpoint: Endpoint) -> Iterator[AnyDeclaration]:
    """The directives that an nginx of this version knows and that mean something at the endpoint, by name."""
    for _, declaration in sorted(COMPARED[endpoint.server.family].items()):
        if means_something(declaration, endpoint.socket, version):
            yield declaration


def _concerns(subject: Subject, endpoints: Sequence[Endpoint], state: State) -> bool:
    """Whether what a finding is about has to do with one of these endpoints, or with all there are."""
    servers = {server_subject(one, state).key for endpoint in endpoints for one in (endpoint.server, endpoint.default)}
    match subject:
        case ServerSubject():
            return subject.key in servers
        case EndpointSubject() | UpstreamSubject():
            return subject.server.key in servers
        case SocketSubject(socket):
            return socket in {endpoint.socket.address for endpoint in endpoints}
        case ZoneSubject() | ConfigurationSubject() | FileSubject():
            return True


def _socket(socket: Socket, state: State) -> SocketRow:
    listen = socket.explicit_default
    options = [word for word, is_on in (("http2", socket.http2), ("proxy_protocol", socket.proxy_protocol)) if is_on]
    return SocketRow(
        str(socket.address),
        socket.ssl,
        ", ".join(options),
        str(server_subject(socket.default, state)),
        str(socket.listen_of(socket.default).at if listen is None else listen.at),
        "read first, no listen says default_server" if listen is None else "listen says default_server",
    )


def _endpoints(
    state: State, endpoints: Iterable[Endpoint], wanted: frozenset[str] | None, detail: Detail
) -> Iterator[EndpointRow]:
    """Endpoints where clients meet the same, together."""
    groups: dict[tuple[tuple[SettingRow, ...], str, tuple[tuple[str, str], ...], str, str], list[EndpointSubject]] = {}
    for endpoint in endpoints:
        server = server_subject(endpoint.server, state)
        subject = EndpointSubject(endpoint.socket.address, endpoint.name, server)
        rows = tuple(
            setting_row(endpoint, declaration, state)
            for declaration in declarations_of(state.platform.nginx.version, endpoint)
            if is_wanted(declaration, endpoint, wanted, detail)
        )
        clients = tuple((kind, described(got)) for kind, got in handshakes(endpoint, state).items())
        own = state.endpoints.get((endpoint.socket.address, endpoint.name)) is endpoint
        selected = "" if own else selection(endpoint)
        groups.setdefault((rows, selected, clients, str(server), str(server.at)), []).append(subject)
    for (rows, selected, clients, server_name, place), subjects in groups.items():
        yield EndpointRow(compact(subjects), server_name, place, rows, selected, clients)


def is_wanted(declaration: AnyDeclaration, endpoint: Endpoint, wanted: frozenset[str] | None, detail: Detail) -> bool:
    """Whether a directive is told of an endpoint."""
    if wanted is not None:
        return declaration.name in wanted
    if detail is Detail.EVERYTHING or declaration.name in _ASKED_ABOUT:
        return True
    settled = endpoint.server.settled() | endpoint.default.settled()
    return declaration.name in settled


def setting_row(endpoint: Endpoint, declaration: AnyDeclaration, state: State) -> SettingRow:
    """What a directive says at an endpoint, and who says so."""
    met = endpoint.in_force(declaration, state.platform)
    places = tuple(map(str, met.setting.places))
    is_own = endpoint.server is endpoint.default and met.decider is Decider.DEFAULT_SERVER
    default = str(server_subject(endpoint.default, state))
    decided_by = "" if is_own else decision(met.decider, default)
    return SettingRow(
        declaration.name,
        show(met.value) if met.known else "not known",
        origin_word(met.setting.origin) if met.known else "unknown",
        places,
        source(met.setting.origin),
        decided_by,
        met.reason or "",
    )
