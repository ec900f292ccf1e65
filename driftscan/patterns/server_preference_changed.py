"""ssl_prefer_server_ciphers was switched, while the list has suites of different strength.

Symptom:
    Nothing breaks as a rule. Clients end up with another suite than before; an old client may now pick CBC or a suite
    without forward secrecy where the server picked better, or the other way round. Phones may get AES instead of
    ChaCha20 and use more power.

Cause:
    With `on` the first suite of the server's list that the client has is taken, with `off` the first of the client's.
    That makes a difference only where the list has more than suites with forward secrecy and authenticated encryption.
    certbot 0.37.0 changed it from on to off for everybody who includes its file.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_prefer_server_ciphers on; ssl_ciphers HIGH:!aNULL:!MD5; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_prefer_server_ciphers off; ssl_ciphers HIGH:!aNULL:!MD5; }

Remedy:
    Either keep a list of good suites only, `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`, and let the client choose, or
    sort the list from strong to weak and write `ssl_prefer_server_ciphers on;`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_prefer_server_ciphers
    https://github.com/certbot/certbot/commit/14e10f40e5cabc3377e49385871b347f5723c8b2
    https://nginx.org/en/CHANGES
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import changed_endpoints, deciding_lines, needs_library, offer_at, worst
from driftscan.nginx.directives.http_ssl import SSL_CONF_COMMAND, SSL_PREFER_SERVER_CIPHERS
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.offered import holder, is_modern, kind

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.LOW,
    messages={
        "off": "{server} leaves the choice of the suite to clients now, and its list has not only good ones: {kinds}.",
        "on": "{server} chooses the suite itself now, in the order of its list, which has not only good ones: {kinds}.",
    },
    symptoms=("Server cipher order: no", "Has server cipher order? no", "Forward Secrecy: With some browsers"),
    affects="every nginx; TLS 1.2 and older",
    visitors={
        "off": "clients that prefer a weaker suite, mostly from before 2014",
        "on": "clients without TLS 1.3, if the order of the list is not the best for them",
    },
    remedies={
        "off": "Take what is not needed out of the list of {server}, or let it choose again: "
        "`ssl_prefer_server_ciphers on;` ({place}).",
        "on": "See that the list of {server} goes from strong to weak, or let clients choose again: "
        "`ssl_prefer_server_ciphers off;` ({place}).",
    },
    also=("prefer-server-ciphers-flip",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server whose choice went to the other side, if there is something to choose."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, ("ssl_prefer_server_ciphers", "ssl_conf_command")):
        was, now = offer_at(before, old), offer_at(after, new)
        if was is None or now is None or was.prefers_own == now.prefers_own:
            continue
        kinds = sorted({kind(suite) for suite in now.fitting if not is_modern(suite)})
        if not kinds or len(now.fitting) < 2:
            continue
        lines = deciding_lines(transition, old, new, SSL_PREFER_SERVER_CIPHERS, SSL_CONF_COMMAND)
        subject = server_subject(holder(new), after)
        yield Hit(
            subject,
            lines,
            (("server", str(subject)), ("kinds", ", ".join(kinds)), ("place", str(lines[0]))),
            needs=needs_library(after.platform),
            variant="on" if now.prefers_own else "off",
        )
