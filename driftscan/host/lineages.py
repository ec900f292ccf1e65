"""certbot's lineages: the links in live/NAME and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from driftscan.host.renewal import Renewal


class LiveKind(StrEnum):
    """What stands in live/NAME under one of the four names."""

    LINK = "link"
    FILE = "file"
    """No link, so certbot takes the lineage for broken and renews it no more."""


@dataclass(frozen=True, slots=True)
class LiveFile:
    """`cert.pem`, `chain.pem`, `fullchain.pem` or `privkey.pem` in live/NAME. Never opened here."""

    path: str
    """In the tree: `letsencrypt/live/shop.example/fullchain.pem`."""
    kind: LiveKind
    target: str | None
    """As the link is written; `None` for what is no link."""
    leads_to: str | None
    """The path in the tree that the link leads to, whether anything is there or not; `None` outside the tree."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """One certificate of certbot's: a directory in live/, a file in renewal/, or both."""

    name: str
    renewal: Renewal | None
    live: Mapping[str, LiveFile] = field(default_factory=dict)
    """By name without `.pem`: `cert`, `chain`, `fullchain`, `privkey`; what is not there is left out."""
