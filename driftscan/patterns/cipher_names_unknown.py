"""ssl_ciphers has names that no TLS library knows, and they do nothing.

Symptom:
    A suite that was asked for is not offered, or one that was excluded is. `nginx -t` says nothing, as long as at least
    one name of the list means something; otherwise nginx refuses the list with `no cipher match`.

Cause:
    OpenSSL passes over every word of the list that it does not know: a misspelled name, a word in lower case, an IANA
    name before OpenSSL 3.2. Suites of TLS 1.3 have names too, but `ssl_ciphers` has no say in them, whatever the
    library. Names that only older or newer libraries have are left alone here: such lists are made for many hosts.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers HIGH:!aNULL:!MD5; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_ciphers HIGH:!aNUL:!MD5; }

Remedy:
    Look at what is left of a list with `openssl ciphers -v 'LIST'`, and correct the names. Suites of TLS 1.3 are chosen
    with `ssl_conf_command Ciphersuites` (nginx 1.19.4 and later), in the default server of the socket.

References:
    https://docs.openssl.org/master/man1/openssl-ciphers/
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ciphers
    https://github.com/cloudflare/sslconfig/issues/94
    https://github.com/nginx/docker-nginx/issues/190
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import cipher_lines, offer_at, places, strange_at, worst
from driftscan.openssl.strange_names import StrangeName
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import Offered, holder, weakness

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "exclusion": "{server} excludes what no TLS library knows ({words}), and has weak suites left: {weak}.",
        "misspelled": "{server} names ciphers that no TLS library knows: {words}.",
        "tls13": "{server} names suites of TLS 1.3 in ssl_ciphers, which has no say in them: {words}.",
    },
    symptoms=(
        "no cipher match",
        "SSL_CTX_set_cipher_list() failed",
        "Error in cipher list",
        "the cipher suite is not offered",
    ),
    affects="every nginx",
    visitors={
        "exclusion": "every visitor whose client has such a suite",
        "": "nobody, unless a client needs what was meant",
    },
    remedies={
        "exclusion": "Correct {words} in the list of {server} ({place}); `openssl ciphers -v` shows the result.",
        "misspelled": "Correct {words} in the list of {server} ({place}), or take it out.",
        "tls13": "Take {words} out of the list of {server} ({place}); TLS 1.3 offers its suites without that.",
    },
    also=("cipher-string-unknown-names",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that has such names, where nginx takes the list all the same."""
    yield from worst(hit for at in places(state) if (hit := _hit(state, at)) is not None)


def _hit(state: State, at: Endpoint) -> Hit | None:
    found = strange_at(state, at)
    offer = offer_at(state, at) if found else None
    # Of a list with nothing that the library has, nginx says so itself.
    if offer is None or not offer.suites:
        return None
    weak = _weak(offer) if any(name.excludes for name in found) else []
    variant = "exclusion" if weak else "tls13" if all(name.tls13 for name in found) else "misspelled"
    lines = cipher_lines(state, at)
    subject = server_subject(holder(at), state)
    return Hit(
        subject,
        lines,
        (
            ("server", str(subject)),
            ("words", ", ".join(_told(found, variant))),
            ("place", str(lines[0])),
            *([("weak", ", ".join(weak))] if weak else []),
        ),
        Severity.MEDIUM if weak else Severity.LOW,
        variant=variant,
    )


def _weak(offer: Offered) -> list[str]:
    return list(dict.fromkeys(what for suite in offer.fitting if (what := weakness(suite)) is not None))


def _told(found: tuple[StrangeName, ...], variant: str) -> list[str]:
    """The words that matter to a variant."""
    return [
        f"!{name.word}" if name.excludes else name.word
        for name in found
        if variant == "tls13" or (name.excludes if variant == "exclusion" else not name.tls13)
    ]
