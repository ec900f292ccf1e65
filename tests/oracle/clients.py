"""Clients of a real nginx, made with Python's own TLS: many a second, where openssl(1) takes a process for each."""

import contextlib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftscan.nginx.directives.values import Protocol
from driftscan.tls.handshake import Client, Handshake, Outcome
from tests.oracle.server import PATIENCE

_VERSIONS = {Protocol.TLS12: ssl.TLSVersion.TLSv1_2, Protocol.TLS13: ssl.TLSVersion.TLSv1_3}
_CERTIFICATE_REQUEST, _NEW_TICKET = 13, 4
"""Types of handshake messages (RFC 8446, B.3)."""
_HANDSHAKE = 22
"""The content type of handshake messages."""
BOTH = frozenset(_VERSIONS)
WEB = ("h2", "http/1.1")
CLIENTS = (
    Client(protocols=frozenset({Protocol.TLS12}), alpn=WEB),
    Client(protocols=BOTH, alpn=WEB),
    Client(protocols=BOTH),
    Client(protocols=BOTH, alpn=("http/1.1",)),
    Client(protocols=frozenset({Protocol.TLS13}), alpn=WEB),
    Client(protocols=BOTH, alpn=("imap", "acme-tls/1")),
    Client(protocols=frozenset({Protocol.TLS12}), ciphers="ECDHE-RSA-AES128-GCM-SHA256"),
    Client(protocols=frozenset({Protocol.TLS12}), ciphers="aECDSA", alpn=("http/1.1",)),
    Client(protocols=frozenset({Protocol.TLS12}), ciphers="kRSA:DHE"),
    Client(protocols=BOTH, groups="secp384r1"),
    Client(protocols=frozenset({Protocol.TLS12}), groups="prime256v1", tickets=False),
)
"""All of them name ECDSA before RSA, and none sends a certificate."""
ASKED = (None, "a.test", "b.test", "c.b.test", "www.a.test", "www.b.x", "d.test", "nobody.invalid", "B.TEST", "xxc")
"""The names that clients ask for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client met; `None` where there was nothing of the kind."""

    outcome: Outcome
    alert: bool = False
    """It was told so by TLS."""
    certificate: str | None = None
    """The name of its file, without ending."""
    protocol: str | None = None
    alpn: str | None = None
    client_certificate: bool | None = None
    ticket: bool | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect: a host and port, or the path of a unix socket."""

    host: str
    port: int

    def connect(self) -> socket.socket:
        """A connection."""
        if not self.host.startswith("unix:"):
            return socket.create_connection((self.host.strip("[]"), self.port), timeout=PATIENCE)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        try:
            connection.connect(self.host.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection


@dataclass
class _Watch:
    """The handshake messages that came in."""

    seen: set[int] = field(default_factory=set)

    def __call__(
        self, _connection: object, direction: str, _version: object, content: int, kind: int, _data: bytes
    ) -> None:
        if direction == "read" and content == _HANDSHAKE:
            self.seen.add(int(kind))


def names_of(pki: Path) -> Mapping[bytes, str]:
    """The names of certificates' files by the certificates."""
    return {ssl.PEM_cert_to_DER_cert(file.read_text()): file.stem for file in sorted(pki.glob("*.crt"))}


def ask(address: Address, client: Client, names: Mapping[bytes, str], request: bytes) -> Answer:
    """What a client meets, and a ticket if one comes before the end of the answer to a request."""
    watch = _Watch()
    try:
        connection = address.connect()
    except OSError:
        return Answer(Outcome.UNREACHABLE)
    try:
        with _context(client, watch).wrap_socket(connection, server_hostname=client.sni) as tls:
            certificate = names[tls.getpeercert(binary_form=True) or b""]
            with contextlib.suppress(OSError):
                tls.sendall(request)
                while request and tls.recv(65536):
                    pass
            return Answer(
                Outcome.COMPLETE,
                certificate=certificate,
                protocol=tls.version(),
                alpn=tls.selected_alpn_protocol(),
                client_certificate=_CERTIFICATE_REQUEST in watch.seen,
                # With TLS 1.3 it comes after the handshake.
                ticket=_NEW_TICKET in watch.seen if request or tls.version() == Protocol.TLS12 else None,
            )
    except ssl.SSLError as error:
        plain = error.reason in {"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG"}
        return Answer(Outcome.PLAIN if plain else Outcome.REFUSED, alert="ALERT" in (error.reason or ""))
    except OSError:
        return Answer(Outcome.REFUSED)
    finally:
        connection.close()


def _context(client: Client, watch: _Watch) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    versions = sorted(_VERSIONS[protocol] for protocol in client.protocols)
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    # It may meet a certificate with a short key.
    context.set_ciphers(f"{client.ciphers or 'DEFAULT'}:@SECLEVEL=0")
    if client.alpn:
        context.set_alpn_protocols(list(client.alpn))
    if client.groups is not None:
        context.set_ecdh_curve(client.groups)
    if not client.tickets:
        context.options |= ssl.OP_NO_TICKET
    context._msg_callback = watch  # type: ignore[attr-defined]
    return context


def differs(predicted: Handshake, met: Answer) -> str | None:
    """In what a client met something else than was predicted; `None` where nothing that is known differs."""
    if predicted.outcome is Outcome.UNKNOWN:
        return None
    # Who is not spoken to in TLS may also find the connection closed, but without a word of TLS.
    closed = predicted.outcome is Outcome.PLAIN and met.outcome is Outcome.REFUSED and not met.alert
    if predicted.outcome is not met.outcome:
        return None if closed else "outcome"
    if predicted.outcome is not Outcome.COMPLETE:
        return None
    expected = {
        "certificate": None if predicted.certificate is None else Path(predicted.certificate).resolve().stem,
        "protocol": None if predicted.protocol is None else str(predicted.protocol),
        "client_certificate": predicted.client_certificate,
        "ticket": predicted.ticket,
    }
    if predicted.alpn != met.alpn:
        return "alpn"
    found = {name: getattr(met, name) for name in expected}
    return next(
        (name for name, value in expected.items() if None not in {value, found[name]} and found[name] != value), None
    )
