"""Suites with 3DES, RC4, MD5, export ciphers, no encryption or no authentication can be chosen again.

Symptom:
    Nothing breaks. Scanners report SWEET32, RC4, anonymous or NULL ciphers, or the grade of the site falls. Without
    authentication anybody on the way can be the server, without encryption anybody on the way can read.

Cause:
    A list of ciphers from an old how-to, `ALL`, `COMPLEMENTOFDEFAULT`, or an exclusion such as `!aNULL` that got lost.
    OpenSSL 1.1.0 and later are built without 3DES and RC4, so their names do nothing there, and its security level
    refuses what is weaker still; `@SECLEVEL=0` at the end of a list lifts that, for short keys and SHA-1 as well.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers ECDHE+AESGCM:ECDHE+AES; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers ECDHE+AESGCM:ECDHE+AES:RC4-SHA:DES-CBC3-SHA; }

Remedy:
    Take them out, or begin with a list of nothing else than forward secrecy and authenticated encryption:
    `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`. Look at what the library makes of a list with `openssl ciphers -v`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ciphers
    https://docs.openssl.org/master/man3/SSL_CTX_set_security_level/
    https://www.rfc-editor.org/rfc/rfc7465
    https://sweet32.info/
    https://github.com/nginx/nginx/issues/916
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import changed_endpoints, deciding_lines, needs_library, offer_at, places, told, worst
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_CONF_COMMAND
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.offered import OLD, Offered, holder, weakness

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "suites": "{server} lets clients choose weak suites again ({gained}): {suites}.",
        "level": "{server} is at security level 0 now: OpenSSL takes short keys and SHA-1 there.",
    },
    symptoms=(
        "SWEET32",
        "CVE-2016-2183",
        "SSL Medium Strength Cipher Suites Supported (SWEET32)",
        "SSL RC4 Cipher Suites Supported (Bar Mitzvah)",
        "SSL Anonymous Cipher Suites Supported",
        "SSL Null Cipher Suites Supported",
        "FREAK",
        "NULL ciphers (no encryption) offered",
        "Anonymous NULL Ciphers (no authentication) offered",
        "Triple DES Ciphers / IDEA offered",
    ),
    affects="every nginx; 3DES and RC4 with OpenSSL before 1.1.0, and builds that have them all the same",
    visitors={
        "suites": "every visitor whose client has such a suite: somebody in between may read or change what is sent",
        "level": "every visitor whose client would do with weak keys or hashes",
    },
    remedies={
        "suites": "Take them out of the list of {server} ({place}): {suites}.",
        "level": "Take `@SECLEVEL=0` out of the list of {server} ({place}), or keep it to a server of its own on an "
        "address or port of its own, for the old devices that need it.",
    },
    also=("ciphers-weak-readded",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server that offers something weak that it did not offer before."""
    yield from worst(_hits(transition))


def _hits(transition: Transition) -> Iterator[Hit]:
    before, after = transition.before, transition.after
    for old, new in changed_endpoints(transition, ("ssl_ciphers", "ssl_conf_command")):
        was, now = offer_at(before, old), offer_at(after, new)
        if was is None or now is None:
            continue
        known = _weak(was)
        gained = {name: what for name, what in _weak(now).items() if what not in known.values()}
        lifted = now.level == 0 and was.level is not None and was.level > 0
        # That it makes old versions of TLS work is told by weak-protocols-enabled, with the same line and cure.
        lifted = lifted and not OLD & (now.versions.protocols - was.versions.protocols)
        if not gained and not lifted:
            continue
        lines = deciding_lines(transition, old, new, SSL_CIPHERS, SSL_CONF_COMMAND)
        subject = server_subject(holder(new), after)
        facts = [("server", str(subject)), ("place", str(lines[0]))]
        if gained:
            facts += [("gained", ", ".join(sorted(set(gained.values())))), ("suites", ", ".join(gained))]
        yield Hit(
            subject,
            lines,
            tuple(facts),
            Severity.HIGH if gained else Severity.MEDIUM,
            needs_library(after.platform),
            "suites" if gained else "level",
        )


def _weak(offer: Offered) -> dict[str, str]:
    """The weak suites that clients can get, and what is weak about them."""
    return {suite.name: what for suite in offer.fitting if (what := weakness(suite)) is not None}


def mended(state: State, hit: Hit) -> bool:
    """Nothing of the kind can be chosen any more, or the server is gone."""
    gained = told(hit, "gained")
    for at in places(state):
        if server_subject(holder(at), state).key != hit.subject.key:
            continue
        now = offer_at(state, at)
        if now is None:
            continue
        if (hit.variant == "level" and now.level == 0) or any(what in gained for what in _weak(now).values()):
            return False
    return True
