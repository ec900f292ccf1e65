"""certbot's lineages: the links in live/NAME and what they lead to."""

import posixpath
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

    def archive(self, root: str) -> str:
        """Where certbot keeps its files on the host: renewals put the links there (full_archive_path)."""
        said = None if self.renewal is None else self.renewal.top.get("archive_dir")
        return posixpath.normpath(said.text if said else f"{root}/letsencrypt/archive/{self.name}")

    def strays(self, root: str) -> tuple[LiveFile, ...]:
        """What in live/NAME is no link into the lineage's own archive, in the order of certbot's own check.

        Nothing for a directory without a renewal file: whatever keeps it is not certbot.
        """
        if self.renewal is None:
            return ()
        archive = self.archive(root)
        return tuple(file for file in self.live.values() if not _leads_into(archive, file, root))


def _leads_into(archive: str, file: LiveFile, root: str) -> bool:
    """Whether a link's target is a file of the archive, as it is written or once every link is followed."""
    if file.target is None:
        return False
    written = (root, posixpath.dirname(file.path), file.target)
    followed = (root, file.leads_to or "")
    ways = (posixpath.normpath(posixpath.join(*parts)) for parts in (written, followed))
    return any(posixpath.dirname(way) == archive for way in ways)


def issue(lineage: Lineage) -> str:
    """What tells one certificate of a lineage from the next one: where its link leads; empty where that is unknown."""
    file = lineage.live.get("cert") or lineage.live.get("fullchain")
    return (file.leads_to or file.target or "") if file is not None else ""
