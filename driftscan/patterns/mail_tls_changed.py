"""A mail port speaks TLS otherwise than before, or than mail programs expect of it.

Symptom:
    Mail programs hang and give up after a minute, or say `wrong version number`, SSL_ERROR_RX_RECORD_TOO_LONG or that
    the server offers no STARTTLS. Some send passwords in clear without a word. `nginx -t` passes.

Cause:
    Mail programs decide by the port: 993, 995 and 465 begin with a TLS handshake, and 143, 110, 587 and 25 with a
    greeting, after which STARTTLS may follow. `ssl` on the `listen` makes the first kind; `starttls on` or `only`
    offers or demands the second. A port of one kind that became the other is of no use to anybody.

Before:
    http { server { listen 80; } }
    mail { server { listen 993 ssl; protocol imap; ssl_certificate a.pem; ssl_certificate_key a.key; } }

After:
    http { server { listen 80; } }
    mail { server { listen 993; protocol imap; ssl_certificate a.pem; ssl_certificate_key a.key; } }

Remedy:
    `listen 993 ssl;`, `listen 995 ssl;` and `listen 465 ssl;` for the ports that begin with TLS; `starttls on;` or
    `only`, and no ssl, for 143, 110 and 587. Check with `openssl s_client -connect HOST:993` and
    `openssl s_client -starttls imap -connect HOST:143`.

References:
    https://nginx.org/en/docs/mail/ngx_mail_ssl_module.html#starttls
    https://nginx.org/en/docs/mail/ngx_mail_core_module.html#listen
    https://www.rfc-editor.org/rfc/rfc8314
    https://github.com/Mailu/Mailu/issues/804
"""

from collections.abc import Iterator
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject
from driftscan.drift.unread import hidden
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.mail_ssl import STARTTLS
from driftscan.nginx.edits import Edit
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.HIGH,
    messages={
        "no-tls": "{socket} is a port that begins with TLS, and does not speak it: its listen does not say ssl.",
        "tls": "{socket} is a port that begins in clear, and speaks TLS from the first byte: its listen says ssl.",
        "began": "{socket} began in clear, and speaks TLS from the first byte now.",
        "ended": "{socket} spoke TLS from the first byte, and begins in clear now.",
        "no-starttls": "{socket} offered STARTTLS and does not any more.",
        "only": "{socket} demands STARTTLS now, and let clients log in without it before.",
    },
    visitors={
        "no-tls": "every mail program that is set to SSL/TLS on this port",
        "tls": "every mail program on this port, whether set to STARTTLS or to no encryption",
        "began": "every mail program that is set to STARTTLS, or to no encryption, on this port",
        "ended": "every mail program that is set to SSL/TLS on this port",
        "no-starttls": "mail programs that are set to STARTTLS on this port; others send passwords in clear",
        "only": "mail programs and devices that are set to no encryption on this port",
    },
    remedies={
        "no-tls": "Put ssl on the listen at {place}.",
        "tls": "Take ssl off the listen at {place} and write starttls on; the port that begins with TLS is {other}.",
        "began": "Take ssl off the listen at {place}, or change every mail program that uses {socket}.",
        "ended": "Put ssl back on the listen at {place}, or change every mail program that uses {socket}.",
        "no-starttls": "Put starttls on, or only, back into the server at {place}.",
        "only": "Tell those who use {socket} without encryption, or write starttls on at {place} until they have "
        "changed.",
    },
    symptoms=(
        "wrong version number",
        "SSL_ERROR_RX_RECORD_TOO_LONG",
        "[SSL: WRONG_VERSION_NUMBER] wrong version number",
        "STARTTLS extension not supported by server",
        "Unable to establish TLS connection with the server",
        "IMAP server does not support STARTTLS",
        "didn't found STARTTLS in server response, trying anyway",
    ),
    affects="every nginx with the mail module",
    also=("mail-tls-change",),
)
_BEGINS_WITH_TLS: Final = {143: 993, 110: 995, 587: 465, 25: 465}
"""By the port that begins in clear: the one for the same that begins with TLS (RFC 8314)."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each mail socket that changed its ways, or is new and not what its port stands for."""
    before, after = transition.before, transition.after
    unread = hidden(before, after)
    known = {socket.address: socket for socket in before.sockets if socket.family is Family.MAIL}
    for new in after.sockets:
        if new.family is not Family.MAIL or new.default.at.path in unread:
            continue
        found = _judged(known.get(new.address), new)
        if found is not None:
            yield _hit(new, *found)


def _judged(old: Socket | None, new: Socket) -> tuple[str, Severity] | None:
    """Which sentence tells what became of a socket, and how bad it is; `None` where nothing did."""
    port = new.address.port
    if old is None or old.ssl is not new.ssl:
        if port in _BEGINS_WITH_TLS.values():
            return None if new.ssl else ("no-tls", Severity.HIGH)
        if port in _BEGINS_WITH_TLS:
            return ("tls", Severity.HIGH) if new.ssl else None
        return None if old is None else ("began" if new.ssl else "ended", Severity.HIGH)
    was, now = old.default[STARTTLS], new.default[STARTTLS]
    if new.ssl or not (was.known and now.known) or was.value == now.value:
        return None
    if now.value == "off":
        return "no-starttls", Severity.HIGH
    return ("only", Severity.MEDIUM) if now.value == "only" else None


def _hit(new: Socket, variant: str, severity: Severity) -> Hit:
    listen = new.listen_of(new.default).at
    places = (*(new.default[STARTTLS].places if variant == "only" else ()), listen)
    facts = [("socket", str(new.address)), ("place", str(places[0]))]
    if variant == "tls":
        facts.append(("other", str(_BEGINS_WITH_TLS[new.address.port])))
    needs = {Need.CLIENTS} if variant in {"began", "ended", "only"} else set()
    return Hit(SocketSubject(new.address), places, tuple(facts), severity, frozenset(needs), variant)


def mended(state: State, hit: Hit) -> bool:
    """The socket is gone, or as it was, or as its port demands."""
    socket = _found(state, hit)
    if socket is None:
        return True
    match hit.variant:
        case "no-tls" | "ended":
            return socket.ssl
        case "tls" | "began":
            return not socket.ssl
        case "only":
            return socket.ssl or socket.default[STARTTLS].value != "only"
        case _:
            return socket.ssl or socket.default[STARTTLS].value != "off"


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The word on the line, where the port demands it."""
    socket = _found(state, hit)
    if socket is not None and hit.variant in {"no-tls", "ended"}:
        yield from with_parameters([socket.listen_of(socket.default)], lambda _: True, "ssl")


def _found(state: State, hit: Hit) -> Socket | None:
    return next(
        (one for one in state.sockets if one.family is Family.MAIL and SocketSubject(one.address) == hit.subject), None
    )
