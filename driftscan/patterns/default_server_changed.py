"""Another server became the default server of a socket.

Symptom:
    Visitors who ask for the address itself, or for a name that no server has, get another site's certificate
    (NET::ERR_CERT_COMMON_NAME_INVALID, SSL_ERROR_BAD_CERT_DOMAIN). Settings that only the default server decides
    change for every site of the socket, although no site was touched.

Cause:
    When no `listen` says `default_server`, the first server that nginx reads is the default one, and files matched
    by an include are read in byte order of their names. A new file that sorts first, a renamed one, or a removed one
    changes it. The default server's curves, session cache, ticket keys and early data, and until nginx 1.29.2 its
    `ssl_protocols`, are those of every name on the socket, and session tickets need both servers.

Before:
    server { listen 443 ssl; server_name main.example; ssl_certificate main.pem; }

After:
    server { listen 443 ssl; server_name added-in-an-earlier-file.example; ssl_certificate added.pem; }
    server { listen 443 ssl; server_name main.example; ssl_certificate main.pem; }

Remedy:
    Say which server is meant: `listen 443 ssl default_server;` in one server, on each address (`[::]:443` has a
    default server of its own), best in a server that belongs to no site, with `ssl_reject_handshake on;`
    (nginx 1.19.4 or later).

References:
    https://nginx.org/en/docs/http/request_processing.html
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
    https://github.com/NixOS/nixpkgs/issues/71548
"""

from collections.abc import Iterator

from driftscan.drift.changes import DefaultServerChanged
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.history.platform import Platform
from driftscan.nginx.directives.base import AnyDeclaration, Decider, fact
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_REJECT_HANDSHAKE
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import covers, differ, is_host, own_certificate, sent_by
from driftscan.tls.endpoints import ANY_OTHER_NAME, Endpoint

PATTERN = Pattern(
    category=Category.WRONG_CERTIFICATE,
    severity=Severity.HIGH,
    messages={
        "settings": "The default server of {socket} was {before} and is now {after}: {settings} changed for the names "
        "on this socket.",
        "both": "The default server of {socket} was {before} and is now {after}: {settings} changed for the names on "
        "this socket, and visitors without a name, or with an unknown one, get another certificate.",
        "certificate": "The default server of {socket} was {before} and is now {after}: visitors without a name, or "
        "with an unknown one, get another certificate.",
    },
    visitors={
        "settings": "everybody on {socket}, whatever name they ask for, as far as {settings} concerns them",
        "both": "everybody on {socket}, as far as {settings} concerns them; clients that send no name, such as health "
        "checks and old programs, get the certificate of {after}",
        "certificate": "those who ask {socket} for its address, or for a name that no server has, and clients that "
        "send no name, such as health checks and old programs",
    },
    remedies={
        "": "If {after} is not meant to be it ({place}), write `default_server` on the listen of {socket} in the "
        "server that is, and in no other. Then the order of files does not count.",
    },
    symptoms=(
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "ERR_SSL_PROTOCOL_ERROR",
        "curl: (60) SSL: no alternative certificate subject name matches target host name",
    ),
    affects="every nginx; which settings follow the default server depends on the version",
    also=("default-server-changed-by-order",),
)

_SERIOUS = frozenset({"ssl_protocols", "ssl_ecdh_curve", "ssl_session_tickets", "ssl_early_data"})
"""Settings for want of which somebody cannot connect, or which somebody can abuse."""
_FOR_EVERYBODY = {Decider.DEFAULT_SERVER, Decider.TICKETS, Decider.SESSION_CACHE}


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each socket whose new default server makes a difference to somebody."""
    for change in transition.changes:
        if not isinstance(change, DefaultServerChanged):
            continue
        old = transition.before.tls_sockets[change.subject.socket]
        new = transition.after.tls_sockets[change.subject.socket]
        settings = [
            declaration.name
            for declaration in COMPARED[new.family].values()
            if _decides_for_all(declaration, transition.after.platform) and _differs(old, new, declaration)
        ]
        # A socket with no second server has nobody else to decide for.
        settings = settings if len(new.servers) > 1 else []
        # That it refuses handshakes is told by default-server-refuses, and that it has no certificate by others too.
        sends = new.default[SSL_REJECT_HANDSHAKE].value is not True and bool(new.default[SSL_CERTIFICATE].value)
        answers = sends and (_other_certificate(old, new) or _differs(old, new, SSL_REJECT_HANDSHAKE))
        if not settings and not answers:
            continue
        severities = [_of_settings(settings)] if settings else []
        severities += [_of_certificate(change, old, new, transition.after)] if answers else []
        depends = any(len(COMPARED[new.family][name].decider) > 1 for name in settings)
        yield Hit(
            change.subject,
            (new.listen_of(new.default).at,),
            (
                ("socket", str(change.subject)),
                ("before", str(change.before)),
                ("after", str(change.after)),
                ("settings", ", ".join(settings)),
                ("place", str(new.listen_of(new.default).at)),
            ),
            max(severities),
            frozenset({Need.NGINX} if depends else ()),
            "both" if settings and answers else "settings" if settings else "certificate",
        )


def _of_settings(settings: list[str]) -> Severity:
    return Severity.HIGH if _SERIOUS.intersection(settings) else Severity.MEDIUM


def _of_certificate(change: DefaultServerChanged, old: Socket, new: Socket, after: State) -> Severity:
    """How bad another certificate is for those who send no name.

    Some of them want the site that was the default server, and its certificate was right for them.
    """
    # Only where it goes on as a site; what becomes of one that is taken away is another breakage.
    names = [name for name in old.default.names if is_host(name) and new.names.find(name) is not None]
    if not any(is_host(name) for name in new.default.names) and change.explicit_after:
        return Severity.LOW  # A server that belongs to no site was made the default one, as it should be.
    if not names:
        return Severity.MEDIUM
    sent = sent_by(Endpoint(new, ANY_OTHER_NAME, new.default), after.config.named) or ()
    held = [own for file in sent if (own := own_certificate(file)) is not None]
    if held and all(covers(own, name) for own in held for name in names):
        return Severity.LOW
    return Severity.MEDIUM if change.explicit_after else Severity.HIGH


def _decides_for_all(declaration: AnyDeclaration, platform: Platform) -> bool:
    return fact(declaration.decider, platform) in _FOR_EVERYBODY


def _other_certificate(old: Socket, new: Socket) -> bool:
    """Whether another certificate is sent; one that was only moved, with its directory, is the same as far as seen."""
    was, now = old.default[SSL_CERTIFICATE].value or (), new.default[SSL_CERTIFICATE].value or ()
    return _differs(old, new, SSL_CERTIFICATE) and differ(was, now)


def _differs(old: Socket, new: Socket, declaration: AnyDeclaration) -> bool:
    was, now = old.default[declaration], new.default[declaration]
    return was.known and now.known and was.value != now.value
