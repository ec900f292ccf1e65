"""Includes with a wildcard that matched files and match none any more, and what went with the files.

nginx does not mind: what the files said is simply not there. Files that another include reads now, and content that
moved under another name, are not gone. An include may also have got another pattern: `*.conf` in place of `*`.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from driftscan.drift.changes import SettingChanged
from driftscan.drift.compare import Transition
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject, server_subject
from driftscan.nginx.config import Location, WildcardInclude
from driftscan.nginx.directives.base import Explicit, Inherited, Origin


@dataclass(frozen=True, slots=True)
class Emptied:
    """An include that matches nothing now."""

    include: WildcardInclude
    files: tuple[str, ...]
    """The files that are gone, as paths in the tree."""
    servers: tuple[str, ...]
    """The servers that answered TLS clients and were in them."""
    settings: tuple[str, ...]
    """The directives that were in them and have other values now, for servers that are still there."""

    @property
    def subject(self) -> FileSubject:
        """The pattern, as a path in the tree."""
        return subject_of(self.include)

    @property
    def is_one_link(self) -> bool:
        """Whether all that is gone is one link: its file stands in another directory than the pattern looks in."""
        return len(self.files) == 1 and posixpath.dirname(self.files[0]) != posixpath.dirname(self.subject.path)


def subject_of(include: WildcardInclude) -> FileSubject:
    """An include's pattern below the directory that the tree is, as a rule /etc."""
    return FileSubject(include.pattern.removeprefix("/etc/"))


def emptied(transition: Transition) -> Iterator[Emptied]:
    """Every include that matches nothing now, where that took servers or settings of TLS away."""
    before, after = transition.before.config, transition.after.config
    matched = {include.pattern: include for include in before.wildcards if include.files}
    patterns = {include.pattern for include in after.wildcards}
    given_up = {posixpath.dirname(pattern): one for pattern, one in matched.items() if pattern not in patterns}
    blobs = frozenset(after.files.values())
    for include in after.wildcards:
        if include.files:
            continue
        had = matched.get(include.pattern) or given_up.get(posixpath.dirname(include.pattern))
        if had is None:
            continue
        gone = tuple(path for path in had.files if path not in after.files and before.files.get(path) not in blobs)
        found = Emptied(include, gone, _servers(transition, gone), _settings(transition, gone))
        if found.servers or found.settings:
            yield found


def _servers(transition: Transition, gone: tuple[str, ...]) -> tuple[str, ...]:
    before = transition.before
    lost = (server for server in transition.pairs.removed if server.at.path in gone and before.tls_addresses(server))
    return tuple(dict.fromkeys(str(server_subject(server, before)) for server in lost))


def _settings(transition: Transition, gone: tuple[str, ...]) -> tuple[str, ...]:
    changes = (change for change in transition.changes if isinstance(change, SettingChanged))
    lost = {change.directive for change in changes if any(at.path in gone for at in _written(change.before.origin))}
    return tuple(sorted(lost))


def _written(origin: Origin) -> tuple[Location, ...]:
    return origin.at if isinstance(origin, Explicit | Inherited) else ()


def is_filled(state: State, subject: FileSubject, servers: frozenset[str]) -> bool:
    """Whether the include matches something again or is gone itself, or all of these servers are back elsewhere."""
    includes = [include for include in state.config.wildcards if subject_of(include) == subject]
    there = {str(server_subject(server, state)) for server in state.servers}
    return all(include.files for include in includes) or (bool(servers) and servers <= there)
