"""The files of trusted authorities that nginx opens, and what else of the host says about them."""

from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, UpstreamSubject, server_subject, upstream_subject
from driftscan.host.authority_names import entry_for, in_store
from driftscan.nginx.backends import declared
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CLIENT_CERTIFICATE, SSL_TRUSTED_CERTIFICATE, SSL_VERIFY_CLIENT
from driftscan.nginx.files import Presence


@dataclass(frozen=True, slots=True)
class Reference:
    """A file of authorities that a server, or a place that passes requests on, names."""

    path: str
    """On the host."""
    directive: str
    places: tuple[Location, ...]
    subject: ServerSubject | UpstreamSubject
    admits: bool
    """Whether it decides whose client certificates are accepted."""


def references(state: State) -> Iterator[Reference]:
    """The files of authorities of the system's own store that nginx opens when it loads."""
    for server in state.servers:
        if not state.tls_addresses(server):
            continue
        asks = server[SSL_VERIFY_CLIENT].value != "off"
        for declaration in (SSL_TRUSTED_CERTIFICATE, *((SSL_CLIENT_CERTIFICATE,) if asks else ())):
            setting = server[declaration]
            if setting.known and setting.value and in_store(setting.value):
                yield Reference(setting.value, declaration.name, setting.places, server_subject(server, state), asks)
    for place in state.upstreams:
        trusted = place[declared(place, "trusted_certificate")]
        verifies = place.speaks_tls and place[declared(place, "verify")].value is True
        if verifies and trusted.known and trusted.value and in_store(trusted.value):
            name = declared(place, "trusted_certificate").name
            yield Reference(trusted.value, name, trusted.places, upstream_subject(place, state), admits=False)


def is_missing(state: State, path: str) -> bool | None:
    """Whether a file that nginx names is not there; `None` where that is not known."""
    found = state.config.named.get(path)
    if found is None or found.presence is Presence.UNKNOWN:
        return None
    return found.presence is Presence.ABSENT


def selected(state: State, path: str) -> str | None:
    """The entry of ca-certificates.conf that makes a file of the store; `None` where no entry does."""
    authorities = state.host.authorities
    return None if authorities is None else entry_for(path, authorities.selected)


def deselected_at(state: State, path: str) -> tuple[Location, ...]:
    """The line that takes a file out of the store, where one says so."""
    authorities = state.host.authorities
    entry = None if authorities is None else entry_for(path, authorities.deselected)
    return () if authorities is None or entry is None else (authorities.deselected[entry],)
