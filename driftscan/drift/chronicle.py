"""What a walk over the history sees and does not keep: upgrades, renewals, protocols in force, and pictures."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from driftscan.drift.changes import SettingChanged
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Finding, FindingEvent, FindingState, Fingerprint, Life
from driftscan.drift.renewed import renewed
from driftscan.drift.socket_settings import SocketSetting, socket_setting, told_by
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject, ServerSubject, SocketSubject, Subject, server_subject
from driftscan.drift.watcher import Watcher
from driftscan.history.certbot import order
from driftscan.history.commit import Commit, CommitId
from driftscan.history.platform import Evidence, Known, Platform, T
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CONF_COMMAND, SSL_PROTOCOLS, SSL_REJECT_HANDSHAKE
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.listen import Address, Transport
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.negotiation import Unknown, enabled


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A program of the host that a commit proves to have another version."""

    commit: Commit
    previous: Commit | None
    """The commit before."""
    program: str
    """`nginx`, `certbot`, or what the TLS library calls itself: `OpenSSL`, `LibreSSL`."""
    before: str | None
    """`None` where nothing proved a version before; with its name where another library took the place of one."""
    after: str
    """Of certbot it may be a range, as its files tell it: `1.28.0 to 4.2.0`."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """A certificate that is another one from a commit on, under the name that servers have for it."""

    commit: Commit
    previous: Commit | None
    """The commit before."""
    certificate: str
    """Its path on the host."""
    servers: tuple[ServerSubject, ...]
    """Those that speak TLS with it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The protocols in force from a commit on."""

    since: Commit
    servers: Mapping[str, tuple[str, ...]]
    """By server, as it is shown, the versions that a client meets who asks for one of its names, oldest first:
    `TLSv1.2`, `TLSv1.3`; empty where they are not known. The entry of a default server is for clients that send no
    name. A server whose sockets have different protocols has an entry for each, `SERVER on ADDRESS`, and one that
    refuses every handshake has none. Over TCP; QUIC has TLS 1.3 and nothing else."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The socket that one finding is about, over the life of the finding."""

    before: SocketSetting | None
    """Before the commit that introduced it; `None`: no such socket then, or no commit introduced it."""
    during: SocketSetting
    """After that commit, or at the start of what was examined."""
    after: SocketSetting | None
    """After the commit that resolved it; `None` while it is open, and where the socket went with it."""


@dataclass(frozen=True, slots=True)
class Chronicle:
    """What was collected, oldest first."""

    start: State | None
    """The state that the walk began with; `None` when it began with the history."""
    upgrades: tuple[Upgrade, ...]
    renewals: tuple[Renewal, ...]
    policies: tuple[Policy, ...]
    """A new one only where it differs from the one before."""
    pictures: Mapping[tuple[Fingerprint, CommitId | None], Picture]
    """By finding and the commit that introduced it; `None`: it was there at the start."""


@dataclass(slots=True)
class Witness(Watcher):
    """Watches one scan. Of all the states that it is told of, it keeps the first one only."""

    _start: State | None = None
    _upgrades: list[Upgrade] = field(default_factory=list)
    _renewals: list[Renewal] = field(default_factory=list)
    _policies: list[Policy] = field(default_factory=list)
    _pictures: dict[tuple[Fingerprint, CommitId | None], Picture] = field(default_factory=dict)
    _loads: bool = False
    """Whether nginx would load the newest state, so that the last policy is that of it."""

    @property
    def chronicle(self) -> Chronicle:
        """What was seen so far."""
        return Chronicle(
            self._start, tuple(self._upgrades), tuple(self._renewals), tuple(self._policies), dict(self._pictures)
        )

    def walked(self, commit: Commit, previous: Commit | None, was: Platform, now: Platform) -> None:
        """Keep what a commit proves to have been upgraded."""
        self._upgrades.extend(Upgrade(commit, previous, *upgrade) for upgrade in _upgrades(was, now))

    def began(self, state: State, commit: Commit, lives: Sequence[Life], *, earlier: bool) -> None:
        """Keep the first state, if the commit that left it is not walked itself."""
        self._start = state if earlier else None
        self._enact(state, commit)
        self._picture(state, lives)

    def judged_anew(self, state: State, commit: Commit, lives: Sequence[Life]) -> None:
        """Correct what is in force: no commit made it so."""
        self._enact(state, self._policies[-1].since if self._policies and self._loads else commit)
        self._picture(state, lives)

    def stepped(
        self, transition: Transition, commit: Commit, previous: Commit | None, events: Sequence[FindingEvent]
    ) -> None:
        """Keep the certificates that are new, the protocols if they are others, and a picture of each finding."""
        after = transition.after
        for found in renewed(transition.before, after):
            servers = tuple(server_subject(server, after) for server in found.servers)
            self._renewals.append(Renewal(commit, previous, found.host_path, servers))
        if _may_change_protocols(transition):
            self._enact(after, commit)
        for event in events:
            mark = _mark(event.life)
            if event.state is not FindingState.RESOLVED:
                during = _where(event.finding, after)
                if during is not None:
                    self._pictures[mark] = Picture(_same(during, transition.before), during, None)
            elif mark in self._pictures:
                picture = self._pictures[mark]
                self._pictures[mark] = replace(picture, after=_same(picture.during, after))

    def _enact(self, state: State, since: Commit) -> None:
        """A state is in force since a commit. What nginx refuses never is: it goes on with what it had."""
        self._loads = state.load.ok is not False
        if not self._loads:
            return
        if self._policies and self._policies[-1].since == since:
            self._policies.pop()
        servers = _protocols(state)
        if servers != (self._policies[-1].servers if self._policies else {}):
            self._policies.append(Policy(since, servers))

    def _picture(self, state: State, lives: Sequence[Life]) -> None:
        """Findings that no commit introduced."""
        for life in lives:
            if life.introduced is None and _mark(life) not in self._pictures:
                during = _where(life.finding, state)
                if during is not None:
                    self._pictures[_mark(life)] = Picture(None, during, None)


def _mark(life: Life) -> tuple[Fingerprint, CommitId | None]:
    return life.finding.fingerprint, None if life.introduced is None else life.introduced.id


# ---------------------------------------------------------------------- upgrades


def _upgrades(was: Platform, now: Platform) -> Iterator[tuple[str, str | None, str]]:
    """The programs with another version: their names, and the versions before and after."""
    if _is_replaced(was.nginx, now.nginx):
        yield "nginx", _proved(was.nginx), str(now.nginx.version)
    if now.library is not None and _is_replaced(was.library, now.library):
        family = now.library.version.family
        before = _proved(was.library)
        yield family, before and before.removeprefix(f"{family} "), str(now.library.version).removeprefix(f"{family} ")
    if now.certbot is not None and _is_replaced(was.certbot, now.certbot) and _is_later(was.certbot, now.certbot):
        yield "certbot", _proved(was.certbot), now.certbot.version


def _is_replaced(was: Known[T] | None, now: Known[T] | None) -> bool:
    """Whether another version is proved to run now. Of a first one, only a package line tells since when it does."""
    if now is None or not now.evidence.is_of_host:
        return False
    if was is None or not was.evidence.is_of_host:
        return now.evidence is Evidence.PACKAGE
    return was.version != now.version


def _proved(known: Known[T] | None) -> str | None:
    return None if known is None or not known.evidence.is_of_host else str(known.version)


def _is_later(was: Known[str] | None, now: Known[str]) -> bool:
    """Whether one certbot cannot be the other: a narrower range is no upgrade, and an old file that comes back neither.

    Only packages are known to go back to an older one.
    """
    if was is None:
        return True
    (oldest, newest), (first, last) = _range(was.version), _range(now.version)
    return first > newest or (last < oldest and now.evidence is Evidence.PACKAGE)


def _range(releases: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The oldest and the newest of `1.28.0 to 4.2.0`, `5.0.0 or later`, or one release."""
    numbers = [order(number) for number in re.findall(r"\d+(?:\.\d+)+", releases)]
    return numbers[0], (math.inf,) if releases.endswith("or later") else numbers[-1]


# ---------------------------------------------------------------------- protocols

_DECIDE: Final = frozenset(
    declaration.name for declaration in (SSL_PROTOCOLS, SSL_CONF_COMMAND, SSL_CERTIFICATE, SSL_REJECT_HANDSHAKE)
)
"""The settings that the protocols in force depend on."""


def _may_change_protocols(transition: Transition) -> bool:
    before, after = transition.before, transition.after
    return (
        before.platform.versions != after.platform.versions
        or before.load.ok is not after.load.ok
        or before.gaps != after.gaps
        or any(not isinstance(change, SettingChanged) or change.directive in _DECIDE for change in transition.changes)
    )


def _protocols(state: State) -> Mapping[str, tuple[str, ...]]:
    """The protocols in force, as :class:`Policy` has them. The security level of the library is not looked at."""
    met: dict[str, dict[Address, tuple[str, ...]]] = {}
    seen: set[tuple[Address, int]] = set()
    for at in state.endpoints.values():
        place = at.socket.address
        if place.transport is Transport.TCP and (place, id(at.server)) not in seen:
            seen.add((place, id(at.server)))
            spoken = _spoken(at, state.platform)
            if spoken is not None:
                met.setdefault(str(server_subject(at.server, state)), {}).setdefault(place, spoken)
    found: dict[str, tuple[str, ...]] = {}
    for server, places in met.items():
        if len(set(places.values())) == 1:
            found[server] = next(iter(places.values()))
        else:
            found.update({f"{server} on {place}": spoken for place, spoken in places.items()})
    return found


def _spoken(at: Endpoint, platform: Platform) -> tuple[str, ...] | None:
    """The versions, oldest first; `()` where they are not known, `None` where there are none at all."""
    if not has_context(at.default) or at.in_force(SSL_REJECT_HANDSHAKE, platform).value is True:
        return None
    try:
        protocols = enabled(at, platform)
    except Unknown:
        return ()
    return tuple(protocol.value for protocol in Protocol if protocol in protocols) or None


# ---------------------------------------------------------------------- pictures


def _where(finding: Finding, state: State) -> SocketSetting | None:
    """The socket that shows a finding, with the first directive that it is about."""
    subject = finding.hit.subject
    for directive in told_by(finding, state):
        settings = (socket_setting(state, address, directive) for address in _addresses(subject))
        shown = max(filter(None, settings), key=lambda setting: _shows(subject, setting), default=None)
        if shown is not None:
            return shown
    return None


def _same(shown: SocketSetting, state: State) -> SocketSetting | None:
    return socket_setting(state, shown.socket.socket, shown.directive)


def _addresses(subject: Subject) -> tuple[Address, ...]:
    match subject:
        case ServerSubject():
            return subject.sockets
        case EndpointSubject() | SocketSubject():
            return (subject.socket,)
        case _:
            return ()


def _shows(subject: Subject, setting: SocketSetting) -> tuple[bool, bool]:
    """How well a socket shows what is wrong with a server: best where it is at odds with another default server."""
    default, *others = setting.said
    own = next((said for said in others if subject in said.servers), None)
    return own is not None and own.value != default.value, own is not None
