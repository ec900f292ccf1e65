"""TLS towards other servers: what nginx needs for it where it really passes requests on by TLS.

nginx: ngx_http_proxy_set_ssl and its twins in grpc, uwsgi and stream, called from their merge functions.
"""

from collections.abc import Iterable
from typing import Final

from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import AnySetting
from driftscan.nginx.loadtest.library import FileKind, TlsLibrary
from driftscan.nginx.servers import Server
from driftscan.nginx.upstreams import Upstream

_MODULES: Final = ("proxy_pass", "uwsgi_pass", "grpc_pass")
"""The order in which nginx merges them."""


def check(servers: Iterable[Server], upstreams: Iterable[Upstream], library: TlsLibrary) -> None:
    """Every place of these servers that passes requests on by TLS, module after module."""
    ours = {id(server) for server in servers}
    places = [place for place in upstreams if place.tls and id(place.server) in ours]
    for place in sorted(places, key=lambda place: _MODULES.index(place.side.passing)):
        _check(place, library)


def _check(place: Upstream, library: TlsLibrary) -> None:
    """One place, in the order of ngx_http_proxy_set_ssl."""
    prefix = place.side.passing.removesuffix("_pass")

    def setting(name: str) -> AnySetting:
        return place[place.side.declarations[f"{prefix}_ssl_{name}"]]

    def at(found: AnySetting) -> Location:
        return next(iter(found.places), place.at)

    library.ciphers(setting("ciphers"), place.at)
    certificate, key = setting("certificate"), setting("certificate_key")
    if certificate.known and key.known and certificate.value:
        if not key.value:
            text = f'no "{prefix}_ssl_certificate_key" is defined for certificate "{certificate.value}"'
            library.notes.refuse(text, at(certificate), placed=False)
        elif "$" not in f"{certificate.value}{key.value}":
            library.file(str(certificate.value), at(certificate), FileKind.CERTIFICATE)
            library.file(str(key.value), at(key), FileKind.KEY)
    verify, trusted = setting("verify"), setting("trusted_certificate")
    if verify.value is True and trusted.known:
        if not trusted.value:
            text = f"no {prefix}_ssl_trusted_certificate for {prefix}_ssl_verify"
            library.notes.refuse(text, at(verify), placed=False)
        library.one(trusted, place.at, FileKind.AUTHORITIES)
        library.one(setting("crl"), place.at, FileKind.CRL)
    if not place.by_variable:
        library.commands(setting("conf_command"))
