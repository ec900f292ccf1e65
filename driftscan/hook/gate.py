"""What a commit must touch for python to be started: the footprint of the state that was examined last, as a file.

The lines of shell in a hook (`lines.sh`) compare the commits since then with it. They may let a commit through that
changes nothing; they never stop one that does.

    1f2e3d...                  the commit that was examined last
    path   TAB nginx.conf      a file or link that was read, or missed
    names  TAB sites-enabled   a directory whose names were listed: one that appears or goes away counts
    below  TAB apt/sources...  a directory of which every file counts
    mode   TAB privkey.pem     a file whose mode and owner in .etckeeper count
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from driftscan.drift.state import State
from driftscan.history import certbot, releases, sources
from driftscan.history.commit import CommitId
from driftscan.site.site import FOLDER

PACKAGES: Final = "nginx|ssl|certbot|letsencrypt|crypto-policies|ca-certificates|ca_root_nss|base-files"
"""Parts of the names of all packages that tell a version, or that nginx loads something from."""

PATHS: Final = frozenset({*releases.FILES, *sources.FILES, certbot.OPTIONS, certbot.DIGEST})
"""What tells of versions whatever the configuration says."""
BELOW: Final = frozenset({*sources.DIRECTORIES, certbot.RENEWAL, FOLDER})


def render(commit: CommitId, state: State) -> bytes:
    """The file for a state that was examined at a commit."""
    footprints = (state.config.footprint, state.host.footprint)
    paths = PATHS.union(*(footprint.paths for footprint in footprints))
    names = frozenset[str]().union(*(footprint.directories for footprint in footprints))
    lines = chain(
        [commit],
        _lines("path", paths),
        _lines("names", names),
        _lines("below", BELOW),
        _lines("mode", state.guarded),
    )
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _lines(kind: str, places: frozenset[str]) -> Iterator[str]:
    """A name that would not stay on its line is left out: the shell lets every such one through."""
    return (f"{kind}\t{place}" for place in sorted(places) if not {"\n", "\t", "\0"} & set(place))
