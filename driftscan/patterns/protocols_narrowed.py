"""TLS versions were switched off, and the clients that have no newer ones cannot connect any more.

Symptom:
    Clients fail with the alert `protocol version` (70), or report a handshake failure, while everybody else works.
    nginx writes `unsupported protocol` to the error log at level info, so that most logs are silent, and `nginx -t`
    passes.

Cause:
    Client and server must have one version in common. Removing TLS 1.0 and 1.1 locks out clients from before about
    2013, removing TLS 1.2 everything that does not speak TLS 1.3. The list may shrink without a change of
    `ssl_protocols`: a new default server brings its own list (before nginx 1.29.2 it decides for every name of the
    socket), nginx 1.27.3 took TLS 1.0 and 1.1 out of the default, OpenSSL 3.0 speaks them at security level 0 only, and
    an OpenSSL before 1.1.1 leaves nothing of `ssl_protocols TLSv1.3;`.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.2; }

Remedy:
    Keep `ssl_protocols TLSv1.2 TLSv1.3;`: nearly every client in use speaks TLS 1.2. Log `$ssl_protocol` for some weeks
    before a version is taken away. Devices that cannot be replaced get an address or port of their own with the old
    versions (and `@SECLEVEL=0` at the end of its `ssl_ciphers` with OpenSSL 3), so that nobody else meets them.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols
    https://github.com/nginx/nginx/commit/ebd18ec1812bd6f3de54d9f9fc81563a0ec9f264
    https://github.com/certbot/certbot/commit/14e10f40e5cabc3377e49385871b347f5723c8b2
    https://github.com/TakahikoKawasaki/nv-websocket-client/issues/69
    https://github.com/opnsense/plugins/issues/3825
    https://github.com/karljohns0n/nginx-more/issues/35
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import rewritten, worst
from driftscan.evidence.spoken import Cause, Shift, decided, shifts, together, told_cause
from driftscan.nginx.directives.http_ssl import SSL_PROTOCOLS
from driftscan.nginx.directives.values import Protocol, show
from driftscan.nginx.edits import Edit
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.offered import MODERN, OLD, Versions

_WITHOUT_TLS12 = (
    "clients that speak nothing newer than TLS 1.1: Android up to 4.3, Internet Explorer up to 10, Safari up to 6, "
    "Java 6 and 7 as installed, and programs on OpenSSL before 1.0.1"
)

PATTERN = Pattern(
    category=Category.COMPATIBILITY,
    severity=Severity.CRITICAL,
    messages={
        "nothing-current": "{who} spoke {before} and now speaks {after}: no current client can connect.",
        "only-tls13": "{who} spoke {before} and now speaks {after}: clients without TLS 1.3 cannot connect.",
        "old": "{who} spoke {before} and now speaks {after}: clients without TLS 1.2 cannot connect.",
        "level": "{who} is not at security level 0 any more, and speaks {after} where it spoke {before}: "
        "clients without TLS 1.2 cannot connect.",
        "no-tls13": "{who} spoke {before} and now speaks {after}: nobody is locked out, but handshakes of "
        "TLS 1.2 take one more round trip.",
    },
    symptoms=(
        "alert protocol version",
        "tlsv1 alert protocol version",
        "SSL alert number 70",
        "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version",
        "SSL23_GET_SERVER_HELLO:tlsv1 alert protocol version",
        "javax.net.ssl.SSLException: Received fatal alert: protocol_version",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "ERR_SSL_VERSION_INTERFERENCE",
        "SSL_ERROR_UNSUPPORTED_VERSION",
        "SSL_ERROR_PROTOCOL_VERSION_ALERT",
        "Turn on TLS 1.0, TLS 1.1, and TLS 1.2 in Advanced settings",
        "unsupported protocol while SSL handshaking",
        "tls_early_post_process_client_hello:unsupported protocol",
        "version too low while SSL handshaking",
    ),
    affects="every nginx; which versions a library still speaks depends on it",
    visitors={
        "nothing-current": "every visitor",
        "only-tls13": "clients without TLS 1.3: Android up to 8, Safari up to 12.0, Internet Explorer, Java before "
        "8u261 and programs on OpenSSL before 1.1.1 or on the TLS of Windows 10",
        "old": _WITHOUT_TLS12,
        "level": _WITHOUT_TLS12,
        "no-tls13": "nobody; every visitor waits a little longer",
    },
    remedies={
        "nothing-current": "Have `ssl_protocols TLSv1.2 TLSv1.3;` in force for {server} again. What changed is "
        "{cause}.",
        "only-tls13": "Have `ssl_protocols TLSv1.2 TLSv1.3;` in force for {server} again, without a command that takes "
        "TLS 1.2 away. What changed is {cause}.",
        "old": "Nothing, if only browsers visit. What took the old versions away is {cause}: if old devices or "
        "programs need them, give those an address or port of their own that speaks them.",
        "level": "Nothing, if only browsers visit. If old devices or programs do, end the `ssl_ciphers` of {server} in "
        "`:@SECLEVEL=0` again ({cause}), best on an address or port of their own.",
        "no-tls13": "Have `ssl_protocols TLSv1.2 TLSv1.3;` in force for {server}. What changed is {cause}.",
    },
    also=("protocols-dropped-old-clients", "tls13-only", "tls13-dropped"),
)

_SEVERITIES = {
    "nothing-current": Severity.CRITICAL,
    "only-tls13": Severity.HIGH,
    "old": Severity.MEDIUM,
    "level": Severity.MEDIUM,
    "no-tls13": Severity.LOW,
}
_CURES = {
    "nothing-current": MODERN,
    "only-tls13": frozenset({Protocol.TLS12}),
    "old": frozenset({Protocol.TLS10}),
    "level": frozenset({Protocol.TLS10}),
    "no-tls13": frozenset({Protocol.TLS13}),
}
"""By variant: a version that is back when it is over."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose list of versions is in force and leaves some clients without any."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    after = transition.after
    for shift in shifts(transition):
        variant = _variant(shift.was, shift.now)
        if variant == "old" and shift.cause is Cause.LIBRARY:
            continue  # That is what library-replaced is about.
        if variant is not None:
            yield _hit(after, shift, "level" if (variant, shift.cause) == ("old", Cause.LEVEL) else variant)


def _hit(after: State, shift: Shift, variant: str) -> Hit:
    lost = shift.was.protocols - shift.now.protocols
    # Of TLS 1.0 and 1.1 it may be in doubt whether the library ever spoke them.
    doubt = _CURES[variant] <= OLD and lost <= shift.was.doubtful
    return Hit(
        server_subject(shift.server, after),
        shift.lines,
        (
            *together(shift, after),
            ("before", show(shift.was.protocols)),
            ("after", show(shift.now.protocols) or "no version that the TLS library has"),
            ("cause", told_cause(shift, after)),
        ),
        _SEVERITIES[variant],
        shift.needs | (frozenset({Need.LIBRARY}) if doubt else frozenset()),
        variant,
    )


def _variant(was: Versions, now: Versions) -> str | None:
    """What was lost; nothing for SSL 2 and 3, nor for TLS 1.1 alone, without which no client is."""
    lost = was.protocols - now.protocols
    if was.protocols & MODERN and not now.protocols & MODERN:
        return "nothing-current"
    if Protocol.TLS12 in lost:
        return "only-tls13"
    if Protocol.TLS10 in lost:
        return "old"
    return "no-tls13" if Protocol.TLS13 in lost else None


def mended(state: State, hit: Hit) -> bool:
    """A version that was taken away is spoken again, or the server decides nothing any more."""
    spoken = [now.protocols for now in decided(state, hit.subject.key)]
    return not spoken or any(protocols & _CURES[hit.variant] for protocols in spoken)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Both current versions in the line that decides; nothing for versions that may have been taken away on purpose."""
    if hit.variant not in {"nothing-current", "only-tls13"}:
        return
    for server in state.servers:
        if server_subject(server, state).key == hit.subject.key:
            yield from rewritten(server[SSL_PROTOCOLS], SSL_PROTOCOLS.name, "ssl_protocols TLSv1.2 TLSv1.3;")
            return
