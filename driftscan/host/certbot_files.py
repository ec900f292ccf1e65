"""Where a path stands among certbot's files: `live/NAME/fullchain.pem`, or `archive/NAME/fullchain7.pem` behind it.

certbot writes a new number into archive/ at each renewal and turns the link in live/ to it (RenewableCert in certbot's
storage.py). So whoever names a file in archive/ keeps what it holds now.
"""

import re
from dataclasses import dataclass
from typing import Final

_FILE: Final = re.compile(
    r"letsencrypt/(?:live/(?P<live>[^/]+)|archive/(?P<archive>[^/]+))/"
    r"(?P<kind>cert|chain|fullchain|privkey)(?P<number>[0-9]*)\.pem"
)


@dataclass(frozen=True, slots=True)
class CertbotFile:
    """One of the four files of a lineage."""

    lineage: str
    kind: str
    """`cert`, `chain`, `fullchain` or `privkey`."""
    number: int | None
    """Which renewal it is of; `None` for the link in live/, which is always the newest."""


def certbot_file(path: str | None) -> CertbotFile | None:
    """What a path in the tree is to certbot; `None` for all others, and for no path."""
    found = None if path is None else _FILE.fullmatch(path)
    # In live/ no name has a number, in archive/ every name has.
    if found is None or bool(found["live"]) is bool(found["number"]):
        return None
    number = int(found["number"]) if found["number"] else None
    return CertbotFile(found["live"] or found["archive"], found["kind"], number)


def in_live(lineage: str, kind: str) -> str:
    """The path in the tree that always leads to the newest file of a kind."""
    return f"letsencrypt/live/{lineage}/{kind}.pem"


def duplicates(lineage: str) -> str:
    """The name without the `-0001` that certbot appends for a second certificate of the same first name."""
    return re.sub(r"-[0-9]{4}$", "", lineage)


def is_staging(server: str) -> bool:
    """Whether an ACME server is one for trials, whose certificates nobody trusts (`server` of a renewal file)."""
    return re.match(r"https://acme-staging[a-z0-9-]*\.api\.letsencrypt\.org/", server) is not None
