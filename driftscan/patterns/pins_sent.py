"""Browsers are told to accept no other keys of this site (Public-Key-Pins), when they still listened.

Symptom:
    Nothing, until a key changes: then everybody who has been there before is locked out for as long as `max-age` said,
    NET::ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN or MOZILLA_PKIX_ERROR_KEY_PINNING_FAILURE, and nothing that the server
    does helps. New visitors see nothing wrong.

Cause:
    `add_header Public-Key-Pins` makes browsers remember hashes of keys. A renewal with a new key, a lost backup key or
    an intermediate that the authority replaces leaves no key that fits. Chrome dropped it with version 72 (January
    2019) and Firefox with 72 (January 2020), so the header means nothing in configurations of today.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # In 2017.
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
        add_header Public-Key-Pins 'pin-sha256="Zmlyc3Q="; pin-sha256="c2Vjb25k"; max-age=5184000';
    }

Remedy:
    Keep the pinned keys until the last browser has forgotten them, sending `max-age=0` meanwhile, then take the header
    out. Renew with the same key for that time (`certbot renew --reuse-key`).

References:
    https://www.rfc-editor.org/rfc/rfc7469
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Public_Key_Pinning
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.pins import Pinning, pinned
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.IRREVERSIBLE,
    severity=Severity.MEDIUM,
    messages={
        "fits": "{server} makes browsers remember its keys for {days} days (Public-Key-Pins): no other key is accepted "
        "for so long.",
        "apart": "{server} sends Public-Key-Pins for {days} days, and none of the pins is of a key in {file}: browsers "
        "that keep such pins refuse the certificate.",
        "unread": "{server} makes browsers remember keys for {days} days (Public-Key-Pins), and its certificate is not "
        "in the history.",
    },
    visitors={
        "": "whoever has visited {server} with a browser of before 2020, for {days} days after a key changes",
        "apart": "whoever has visited {server} with a browser of before 2020 in the last {days} days",
    },
    remedies={
        "": "Send the header at {place} with max-age=0, keep the keys for {days} days more, then take it out.",
        "apart": "Put a certificate for a pinned key back into {file}; then send the header at {place} with max-age=0, "
        "and take it out {days} days later.",
    },
    symptoms=(
        "NET::ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN",
        "ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN",
        "MOZILLA_PKIX_ERROR_KEY_PINNING_FAILURE",
        "The server uses key pinning (HPKP) but no trusted certificate chain could be constructed",
    ),
    affects="browsers until January 2020: Chrome 46 to 71, Firefox 35 to 71",
    also=("hpkp-pins",),
)

_FORGOTTEN = datetime(2020, 1, 7, tzinfo=UTC)
"""Firefox 72 came out, the last browser to drop it."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS server that sends pins which browsers of the day keep."""
    if state.when is None or state.when >= _FORGOTTEN:
        return
    for found in pinned(state):
        yield _hit(state, found)


def _hit(state: State, found: Pinning) -> Hit:
    subject = server_subject(found.server, state)
    variant = {True: "fits", False: "apart", None: "unread"}[found.fits]
    return Hit(
        subject,
        (found.at,),
        (
            ("server", str(subject)),
            ("days", str(found.days)),
            ("place", str(found.at)),
            *([("file", found.path)] if variant == "apart" else ()),
        ),
        variant=variant,
    )
