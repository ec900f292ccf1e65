"""What was learned of a server's block when it was last read, so that it need not be read again while it is the same.

Most of what nginx checks in a block depends on the block alone. Where it found nothing to say, only the directives
that reach beyond it have to be done again: addresses, zones, upstreams, password files. Two configurations that follow
each other share their blocks as objects (:mod:`driftscan.nginx.includes`), so a block is known by its identity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.history.platform import Evidence, Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive

Act = tuple[str, tuple[object, ...]]
"""A method of the reading, and its arguments."""


@dataclass(slots=True)
class Kept:
    """The blocks of one configuration that need no second look, with what they do beyond themselves."""

    nginx: NginxVersion
    assumed: bool
    """The release is not known, only likely."""
    known: Mapping[tuple[int, str], tuple[Directive, tuple[Act, ...]]] = field(default_factory=dict)
    """By the identity of the block and the conf prefix; the block is kept with it, so its identity stays its own."""
    used: dict[tuple[int, str], tuple[Directive, tuple[Act, ...]]] = field(default_factory=dict)
    """The same for the configuration that is being read now."""

    @classmethod
    def on(cls, platform: Platform, before: "Kept | None") -> "Kept":
        """To read a configuration with, after the one before; on another release everything is read anew."""
        release = (platform.nginx.version, platform.nginx.evidence is Evidence.ASSUMED)
        same = before is not None and release == (before.nginx, before.assumed)
        return cls(*release, before.used if before is not None and same else {})

    def acts(self, block: Directive, prefix: str) -> tuple[Act, ...] | None:
        """What the block does beyond itself, if there is nothing else to say of it."""
        found = self.known.get((id(block), prefix))
        if found is None or found[0] is not block:
            return None
        self.used[id(block), prefix] = found
        return found[1]

    def keep(self, block: Directive, prefix: str, acts: tuple[Act, ...]) -> None:
        """There was nothing to say of the block but this."""
        self.used[id(block), prefix] = (block, acts)
