"""What a client can observe of an endpoint, worked out from the values that our model says are in force there.

Each function has the name of what it observes in the files of `matrix/`. What a handshake shows is taken from the
predicted handshake; everything else from `Endpoint.in_force`, with as much of OpenSSL 3.0 as the recorded cases need:
which suite and group it picks of two lists, when it can resume a session, and whether a client's chain is trusted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from driftscan.history.platform import Platform
from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.nginx.directives.values import Measure, Protocol
from driftscan.tls.endpoints import Endpoint, Split
from driftscan.tls.handshake import Handshake, Outcome
from tests.oracle.score import facts

SUITES = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")
"""Of TLS 1.3, in OpenSSL's order."""
GROUPS = ("X25519", "prime256v1", "X448", "secp521r1", "secp384r1")
"""In OpenSSL's order."""
_GROUP_NAMES = {"P-256": "prime256v1", "P-384": "secp384r1"}
ISSUERS = {"client-1": ("client-ca-1", 0), "client-2": ("client-ca-2", 0), "client-3": ("client-ca-1", 1)}
"""Of the clients' certificates: the authority that a chain ends with, and how many stand in between."""
REVOKED = {"client-ca-1.crl": "client-1"}
REFUSED = "refused"


class NotKnownError(Exception):
    """The model says that it cannot tell."""


@dataclass(frozen=True, slots=True)
class Question:
    """A client, and the endpoint that it meets."""

    endpoint: Endpoint
    platform: Platform
    words: Mapping[str, str]
    """The client, as in the files."""
    handshake: Handshake

    @property
    def tls13(self) -> bool:
        """Whether it can speak TLS 1.3 only, or will."""
        return self.words.get("protocol") == Protocol.TLS13

    def value(self, name: str) -> object:
        """What is in force of a directive.

        Raises:
            NotKnownError: the model does not know.
        """
        found = self.endpoint.in_force(DECLARATIONS[self.endpoint.default.family][name], self.platform)
        if not found.known:
            raise NotKnownError(name)
        return found.value

    def command(self, *names: str) -> str | None:
        """The argument of the last of these `ssl_conf_command`s."""
        commands = self.value("ssl_conf_command")
        assert commands is None or isinstance(commands, tuple)
        return next((argument for name, argument in reversed(commands or ()) if name in names), None)

    def file(self, name: str) -> str | None:
        """The name of the file that a directive names, without its directory."""
        found = self.value(name)
        path = found[0] if isinstance(found, tuple) else found
        return None if path is None else PurePosixPath(str(path)).name


Observe = Callable[[Question], str]


def observe(name: str, question: Question) -> str:
    """What the client sees.

    Raises:
        NotKnownError: the model cannot tell.
    """
    outcome = question.handshake.outcome
    if outcome is Outcome.UNKNOWN:
        raise NotKnownError(question.handshake.why)
    if outcome is not Outcome.COMPLETE:
        return str(outcome)
    return OBSERVATIONS[name](question)


def _fact(name: str) -> Observe:
    def fact(question: Question) -> str:
        known = facts(question.handshake)
        if name not in known:
            raise NotKnownError(name)
        return known[name]

    return fact


def _preferred(question: Question) -> bool:
    """Whether the server's order counts."""
    match question.command("Options"):
        case "ServerPreference":
            return True
        case "-ServerPreference":
            return False
        case _:
            value = question.value("ssl_prefer_server_ciphers")
    if isinstance(value, Split):
        value = value.default_server if question.tls13 else value.sni_server
    return value is True


def _pick(offered: Iterable[str], served: Iterable[str], *, by_server: bool) -> str:
    first, other = (served, [*offered]) if by_server else (offered, [*served])
    return next(each for each in first if each in other)


def _cipher(question: Question) -> str:
    by_server = _preferred(question)
    if question.tls13:
        offered = question.words["suites"].split(":") if "suites" in question.words else SUITES
        command = question.command("Ciphersuites")
        return _pick(offered, SUITES if command is None else command.split(":"), by_server=by_server)
    served = question.command("CipherString") or question.value("ssl_ciphers")
    lists = [text.split(":") for text in (question.words.get("ciphers"), str(served)) if text and "-" in text]
    # A list of groups of ciphers has all that the other one has, or the handshake would not be complete.
    return _pick(lists[0], lists[-1], by_server=by_server)


def _group(question: Question) -> str:
    if question.words.get("ciphers", "").startswith("DHE-"):
        parameters = question.file("ssl_dhparam")
        if parameters is None:
            raise NotKnownError("ssl_dhparam")
        return PurePosixPath(parameters).stem.replace("dh-", "ffdhe")
    served = question.command("Groups", "Curves") or str(question.value("ssl_ecdh_curve"))
    # In TLS 1.3 the client's first key share decides, where the server has its group at all.
    by_server = _preferred(question) and not question.tls13
    return _pick(_groups(question.words.get("groups")), _groups(served), by_server=by_server)


def _groups(text: str | None) -> tuple[str, ...]:
    if text in {None, "auto"}:
        return GROUPS
    return tuple(_GROUP_NAMES.get(name, name) for name in str(text).split(":"))


def _ticket(question: Question) -> str:
    issued = _fact("ticket")(question)
    if issued == "none" or not question.tls13:
        return issued
    tickets = question.value("ssl_session_tickets")
    # Under an off of the default server the other one's tickets are made all the same, though never taken back.
    return "stateful" if tickets is False else "stateless"


def _resumed(question: Question) -> str:
    cache, tickets = question.value("ssl_session_cache"), question.value("ssl_session_tickets")
    # What two servers disagree on works in neither's way.
    stores = isinstance(cache, SessionCache) and cache.stores
    if not question.tls13:
        return _yes(stores or (tickets is True and question.words.get("tickets") != "no"))
    return _yes(tickets is True or (tickets is False and stores))


def _session_id(question: Question) -> str:
    # Sent by the mode of the selected server, whoever stores the session.
    cache = question.endpoint.server[DECLARATIONS[question.endpoint.default.family]["ssl_session_cache"]].value
    return _yes(isinstance(cache, SessionCache) and cache.store != "off")


def _verified(question: Question) -> str:
    own = question.words["certificate"]
    authority, between = ISSUERS[own]
    trusted = {question.file("ssl_client_certificate"), question.file("ssl_trusted_certificate")}
    depth = question.value("ssl_verify_depth")
    revoked = REVOKED.get(question.file("ssl_crl") or "")
    return _yes(f"{authority}.crt" in trusted and isinstance(depth, int) and between <= depth and revoked != own)


def _amount(name: str, unit: int = 1, letter: str = "") -> Observe:
    def amount(question: Question) -> str:
        found = question.value(name)
        assert isinstance(found, Measure)
        return f"{found.amount // unit}{letter}"

    return amount


def _stem(name: str) -> Observe:
    return lambda question: PurePosixPath(str(question.file(name))).stem


def _yes(yes: bool) -> str:
    return "yes" if yes else "no"


OBSERVATIONS: Mapping[str, Observe] = {
    "outcome": lambda _question: "completes",
    "handshake": _fact("protocol"),
    "certificate": _fact("certificate"),
    "alpn": _fact("alpn"),
    "client-certificate": _fact("client-certificate"),
    "ticket": _ticket,
    "cipher": _cipher,
    "group": _group,
    "digest": lambda question: str(question.command("SignatureAlgorithms")).rpartition("+")[2],
    "lifetime": _amount("ssl_session_timeout"),
    "record": _amount("ssl_buffer_size", 1024, "k"),
    "ticket-key": _stem("ssl_session_ticket_key"),
    "authorities": _stem("ssl_client_certificate"),
    "resumed": _resumed,
    "session-id": _session_id,
    "status": lambda question: "400" if question.value("ssl_verify_client") == "on" else "200",
    "verified": _verified,
    "staple": lambda question: _yes(question.value("ssl_stapling") is True),
    "early-data": lambda question: "16384" if question.value("ssl_early_data") is True else "0",
}
"""By the name that the files have for it: what is seen where the handshake completes."""
