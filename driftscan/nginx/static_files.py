"""Which file of the host nginx sends for a path, where it sends files at all.

nginx: ngx_http_map_uri_to_path. `root` is put before the whole path, `alias` in the place of what the location's prefix
matched; the innermost level that has either counts. What a module other than ngx_http_static_module answers, and what
is rewritten to another path on the way, is not told here.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from driftscan.nginx.config import Directive, Location, Node, hole, named
from driftscan.nginx.servers import Server
from driftscan.nginx.taking import NotSure, matcher, taking


@dataclass(frozen=True, slots=True)
class Sent:
    """A file on the host."""

    path: str
    at: Location
    """The `root` or `alias` that says so."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A password is asked for."""

    at: Location


_ANSWERED_OTHERWISE: Final = re.compile(
    r".*_pass|.*_by_lua.*|js_.*|perl|auth_request|auth_jwt|satisfy|rewrite|image_filter|mirror"
    r"|stub_status|empty_gif|autoindex|random_index|flv|mp4|dav_methods|secure_link.*|limit_except"
)
"""Directives after which a file may not be sent as it is, or not to everybody."""


def file_of(server: Server, around: tuple[Node, ...], path: str) -> Sent | Locked | None:
    """The file that answers a path in a server, if nothing of `return` or `if` does; `None` where it cannot be told.

    Args:
        server: the server of `http {}` that is asked.
        around: what is in that `http {}`.
        path: as the client asks for it, without arguments.
    """
    through = taking(server.block, path)
    if isinstance(through, NotSure):
        return None
    levels = (around, server.block, *(location.inside() for location in through))
    if any(hole(level) is not None for level in levels) or any(_is_answered_otherwise(level) for level in levels):
        return None
    lock = _last(levels, "auth_basic")
    if lock is not None and lock.args != ("off",):
        return Locked(lock.at)
    # Other than most directives, this one counts on its own level only.
    if not _tries_the_file(next(named(levels[-1], "try_files"), None)):
        return None
    found = _last(levels, "root", "alias")
    if found is None or len(found.args) != 1 or not found.args[0].startswith("/") or "$" in found.args[0]:
        # Without `root`, and with a relative one, the file is below the prefix that nginx was built with.
        return None
    rest = path
    if found.name == "alias":
        # An alias counts in its own location only, and one of a regular expression is made of captures.
        modifier, prefix = matcher(through[-1]) if through else ("~", "")
        if modifier in {"~", "~*"} or found not in levels[-1]:
            return None
        rest = path.removeprefix(prefix)
        return Sent(posixpath.normpath(found.args[0] + rest), found.at)
    return Sent(posixpath.normpath(f"{found.args[0]}/{rest}"), found.at)


def _last(levels: tuple[tuple[Node, ...], ...], *names: str) -> Directive | None:
    """The directive of the innermost level that has one of these."""
    return next((line for level in reversed(levels) for line in named(level, *names)), None)


def _is_answered_otherwise(level: tuple[Node, ...]) -> bool:
    # Where the file is not found, a named location may have it.
    elsewhere = any(line.args[-1].startswith("@") for line in named(level, "error_page") if line.args)
    return elsewhere or any(_ANSWERED_OTHERWISE.fullmatch(name) for name in _names(level))


def _names(level: tuple[Node, ...]) -> Iterator[str]:
    """The directives of one level, and those in an `if`, which may be a level of its own for some requests."""
    for node in level:
        if isinstance(node, Directive):
            yield node.name
            if node.name == "if":
                inside = tuple(_names(node.inside()))
                # What is sent from another place in some cases only cannot be told.
                yield from ("rewrite" if name in {"root", "alias", "try_files"} else name for name in inside)


def _tries_the_file(line: Directive | None) -> bool:
    """Whether the file itself is the first that is looked for."""
    return line is None or line.args[:1] == ("$uri",)
