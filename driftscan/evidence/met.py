"""The places of a state where clients meet TLS, as patterns go through them, and the lines that decide there."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from driftscan.drift.changes import Scope, SettingChanged
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State, once
from driftscan.drift.subjects import EndpointSubject
from driftscan.evidence.underneath import underneath
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.versions import Library
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import AnyDeclaration, AnySetting, Default
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_CONF_COMMAND, has_client_hello_callback
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.listen import Transport
from driftscan.nginx.servers import Server
from driftscan.openssl.strange_names import StrangeName, strange_names
from driftscan.tls.coverage import sent_by
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.negotiation import Unknown, cipher_string
from driftscan.tls.offered import Offered, Versions, offered, versions

_CERTBOTS = "letsencrypt/"


@once
def places(state: State) -> tuple[Endpoint, ...]:
    """One endpoint for each server and each default server that it stands behind: what TLS makes of them is the same.

    TLS over TCP only: QUIC has TLS 1.3 and nothing else.
    """
    found: dict[tuple[int, int], Endpoint] = {}
    for at in state.endpoints.values():
        if at.socket.address.transport is Transport.TCP:
            found.setdefault((id(at.server), id(at.default)), at)
    return tuple(found.values())


def changed_endpoints(transition: Transition, directives: Iterable[str]) -> Iterator[tuple[Endpoint, Endpoint]]:
    """The endpoints, before and after, where one of these directives is another one for clients.

    One for all names of a server. Another nginx or TLS library may change what clients get without any of that.
    """
    before, after = transition.before, transition.after
    wanted = frozenset(directives)
    keys = [
        (change.subject.socket, change.subject.name)
        for change in transition.changes
        if isinstance(change, SettingChanged)
        and change.scope is Scope.IN_FORCE
        and change.directive in wanted
        and isinstance(change.subject, EndpointSubject)
    ]
    if before.platform.versions != after.platform.versions:
        keys = list(after.endpoints)
    seen: set[tuple[int, ...]] = set()
    for key in keys:
        old, new = before.endpoints.get(key), after.endpoints.get(key)
        if old is None or new is None or new.socket.address.transport is not Transport.TCP:
            continue
        mark = id(old.server), id(old.default), id(new.server), id(new.default)
        if mark not in seen:
            seen.add(mark)
            yield old, new


@once
def offer_at(state: State, at: Endpoint) -> Offered | None:
    """What an endpoint of a state offers; `None` where nobody can connect, or it cannot be told."""
    return offered(at, state.platform, state.config.named, underneath(state))


def versions_at(state: State, at: Endpoint) -> Versions | None:
    """What an endpoint of a state speaks; `None` where nobody can connect, or it cannot be told."""
    return versions(at, state.platform, underneath(state))


def certificate_places(state: State, at: Endpoint) -> tuple[Location, ...]:
    """The files of the tree that hold the certificates which an endpoint may send, where all of them could be read."""
    files = sent_by(at, state.config.named) or ()
    return tuple(Location(file.path, 1) for file in files if file.path is not None)


def strange_at(state: State, at: Endpoint) -> tuple[StrangeName, ...]:
    """The words in an endpoint's list of ciphers that no library knows; none where the list is not read."""
    try:
        return strange_names(cipher_string(at, state.platform))
    except Unknown:
        return ()


def cipher_lines(state: State, at: Endpoint) -> tuple[Location, ...]:
    """The line that has the list of ciphers in force: of a command, of `ssl_ciphers`, or the server without any."""
    commands = at.in_force(SSL_CONF_COMMAND, state.platform)
    value = commands.value if isinstance(commands.value, tuple) else ()
    if any(words and str(words[0]).lower() == "cipherstring" for words in value):
        return written_at(commands.setting, commands.server or at.server)
    met = at.in_force(SSL_CIPHERS, state.platform)
    return written_at(met.setting, met.server or at.server)


def worst(hits: Iterable[Hit]) -> Iterator[Hit]:
    """The worst hit about each subject: a server may stand behind several default servers."""
    found: dict[str, Hit] = {}
    for hit in hits:
        known = found.get(hit.subject.key)
        if known is None or (hit.severity or Severity.CRITICAL) > (known.severity or Severity.CRITICAL):
            found[hit.subject.key] = hit
    yield from found.values()


def decider_of(at: Endpoint, declaration: AnyDeclaration, platform: Platform) -> Server:
    """The server whose value of a directive clients meet."""
    return at.in_force(declaration, platform).server or at.default


def written_at(setting: AnySetting, server: Server) -> tuple[Location, ...]:
    """The lines of a directive, or the server that goes without it."""
    return setting.places or (server.at,)


def deciding_lines(
    transition: Transition, old: Endpoint, new: Endpoint, *declarations: AnyDeclaration
) -> tuple[Location, ...]:
    """The lines that decide what clients meet now, of those directives whose value they met another one of before.

    Where it is another value of none of them, but nginx or its library is another one, those of the first.
    """
    found: list[Location] = []
    for declaration in declarations:
        was = old.in_force(declaration, transition.before.platform)
        now = new.in_force(declaration, transition.after.platform)
        if was.value != now.value:
            found.extend(written_at(now.setting, now.server or new.server))
    if not found:
        now = new.in_force(declarations[0], transition.after.platform)
        found.extend(written_at(now.setting, now.server or new.server))
    return tuple(dict.fromkeys(found))


def of_library_alone(transition: Transition, old: Endpoint, new: Endpoint, *declarations: AnyDeclaration) -> bool:
    """Whether clients meet the same values of these directives, and what is different comes from the TLS library."""
    before, after = transition.before.platform, transition.after.platform
    return before.library != after.library and all(
        old.in_force(declaration, before).value == new.in_force(declaration, after).value
        for declaration in declarations
    )


def needs_nginx(at: Endpoint, platform: Platform, *declarations: AnyDeclaration) -> frozenset[Need]:
    """Whether the values in force would be others with another nginx: by its default, or by who decides."""
    early = platform.library is None or has_client_hello_callback(platform.library.version)
    for declaration in declarations:
        own, first = at.server[declaration], at.default[declaration]
        met = at.in_force(declaration, platform)
        elsewhere = len(declaration.decider) > 1 and has_context(at.server) and own.value != first.value
        if (elsewhere and early) or (isinstance(met.setting.origin, Default) and len(declaration.default) > 1):
            return frozenset({Need.NGINX})
    return frozenset()


def needs_library(platform: Platform) -> frozenset[Need]:
    """The need of what only a TLS library could tell, where none is known."""
    return frozenset({Need.LIBRARY} if platform.library is None else ())


_LIBRARIES: Final = tuple(
    Known(Library.parse(text), Evidence.ASSUMED, "an example of its branch")
    for text in ("1.0.2u", "1.1.0l", "1.1.1w", "3.0.13", "3.5.0", "LibreSSL 3.9.2")
)
"""One of each branch that nginx is built with."""


def on_every_library(state: State, at: Endpoint, holds: Callable[[Offered], bool]) -> bool:
    """Whether something is so of what an endpoint offers whichever library nginx has."""
    offers = (
        offered(at, replace(state.platform, library=library), state.config.named, underneath(state))
        for library in _LIBRARIES
    )
    return all(offer is not None and holds(offer) for offer in offers)


def listed(hit: Hit, fact: str) -> frozenset[str]:
    """The members of a list that is told as a fact."""
    return frozenset(dict(hit.facts).get(fact, "").replace(",", " ").split())


def told(hit: Hit, fact: str) -> str:
    """What a hit tells; empty when it does not."""
    return dict(hit.facts).get(fact, "")


def rewritten(setting: AnySetting, name: str, text: str) -> tuple[Edit, ...]:
    """One line with a directive in the place of all its lines; none where certbot keeps one of them up to date."""
    if any(is_certbots(place) for place in setting.places):
        return ()
    return tuple(Replace(place, name, "" if number else text) for number, place in enumerate(setting.places))


def is_certbots(place: Location) -> bool:
    """Whether a line is in a file that certbot replaces with newer ones as long as nobody edits it."""
    return place.path.startswith(_CERTBOTS)
