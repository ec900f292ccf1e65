"""One configuration, read as nginx reads it: the parts in their order, for each nginx of the host."""

from collections.abc import Iterable, Sequence
from itertools import islice

from driftscan.history.platform import Platform
from driftscan.nginx.config import Directive, MainConfig, ResolvedConfig, named
from driftscan.nginx.directives.base import Family
from driftscan.nginx.loadtest import family as ended
from driftscan.nginx.loadtest.kept import Kept
from driftscan.nginx.loadtest.reading import Reading
from driftscan.nginx.loadtest.targets import Targets
from driftscan.nginx.loadtest.verdict import Load, Notes, Stop
from driftscan.nginx.servers import Server, families
from driftscan.nginx.sockets import Socket
from driftscan.nginx.upstreams import Upstream


def predict(  # noqa: PLR0913, PLR0917 - everything that a prediction depends on
    config: ResolvedConfig,
    servers: Sequence[Server],
    sockets: Iterable[Socket],
    upstreams: Iterable[Upstream],
    platform: Platform,
    kept: Kept,
) -> Load:
    """Whether nginx loads a configuration, and what it says.

    Args:
        config: the configuration.
        servers: its servers, in the order nginx reads them.
        sockets: what they listen on.
        upstreams: where they pass requests on by TLS.
        platform: the versions it is read with.
        kept: what is known of its blocks, and what will be known of them when the next one is read.
    """
    if not config.files and not config.gaps:
        return Load()  # no nginx here
    notes = Notes(assumed=kept.assumed)
    members = _members(config, servers)
    parts = ended.Parts(platform, config.named, tuple(sockets), tuple(upstreams), notes)
    refusal = None
    for main in config.mains:
        try:
            _read(main, config, kept, notes, parts, members)
        except Stop as stop:
            refusal = refusal or stop.message
    return Load(refusal, tuple(notes.warnings), tuple(dict.fromkeys(notes.doubts)), tuple(notes.granted))


def _read(  # noqa: PLR0913, PLR0917 - everything that reading depends on
    main: MainConfig,
    config: ResolvedConfig,
    kept: Kept,
    notes: Notes,
    parts: "ended.Parts",
    members: dict[int, tuple[Server, ...]],
) -> None:
    def finished(block: Directive, family: Family, targets: Targets) -> None:
        ended.check(block, family, members.get(id(block), ()), parts, targets)

    Reading(main, parts.platform, config.named, notes, finished, kept).read()


def _members(config: ResolvedConfig, servers: Sequence[Server]) -> dict[int, tuple[Server, ...]]:
    """The servers of every block that holds servers, by its identity."""
    waiting = iter(servers)
    return {
        id(outer): tuple(islice(waiting, sum(1 for _ in named(outer.inside(), "server"))))
        for _, outer, _ in families(config)
    }
