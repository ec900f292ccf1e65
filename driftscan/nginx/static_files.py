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


@dataclass(frozen=True, slots=True)
class Handed:
    """The request is handed to an application, or to another server."""

    at: Location
    """The `proxy_pass`, or one of its kind."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A file below the directory that nginx was built with, which no file of /etc names."""

    root: str
    """The directory below that one: `html`, where nothing else is written."""


_DEFAULT_ROOT: Final = "html"
_PASSING: Final = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
_PLACES: Final = frozenset({"root", "alias", "try_files", *_PASSING})
_ANSWERED_OTHERWISE: Final = re.compile(
    r".*_by_lua.*|js_.*|perl|auth_request|auth_jwt|satisfy|rewrite|image_filter|mirror"
    r"|stub_status|empty_gif|autoindex|random_index|flv|mp4|dav_methods|secure_link.*|limit_except"
)
"""Directives after which a file may not be sent as it is, or not to everybody."""


def file_of(server: Server, around: tuple[Node, ...], path: str) -> Sent | Locked | Handed | BuiltIn | None:
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
    # As with try_files, inner locations inherit none of these.
    for passing in named(levels[-1], *_PASSING):
        return Handed(passing.at)
    return _below(levels, through[-1] if through else None, path)


def _below(levels: tuple[tuple[Node, ...], ...], location: Directive | None, path: str) -> Sent | BuiltIn | None:
    """The file below the `root` or `alias` that counts."""
    # Other than most directives, this one counts on its own level only.
    if not _tries_the_file(next(named(levels[-1], "try_files"), None)):
        return None
    found = _last(levels, "root", "alias")
    if found is None:
        return BuiltIn(_DEFAULT_ROOT)
    if len(found.args) != 1 or "$" in found.args[0]:
        return None
    if found.name == "alias":
        # An alias counts in its own location only, and one of a regular expression is made of captures.
        modifier, prefix = matcher(location) if location is not None else ("~", "")
        if modifier in {"~", "~*"} or found not in levels[-1] or not found.args[0].startswith("/"):
            return None
        return Sent(posixpath.normpath(found.args[0] + path.removeprefix(prefix)), found.at)
    if not found.args[0].startswith("/"):
        return BuiltIn(found.args[0])
    return Sent(posixpath.normpath(f"{found.args[0]}/{path}"), found.at)


def _last(levels: tuple[tuple[Node, ...], ...], *names: str) -> Directive | None:
    """The directive of the innermost level that has one of these."""
    return next((line for level in reversed(levels) for line in named(level, *names)), None)


def _is_answered_otherwise(level: tuple[Node, ...]) -> bool:
    # A `return` that was no answer yet answers with a text; where the file is not found, a named location may have it.
    says = any(True for _ in named(level, "return"))
    elsewhere = any(line.args[-1].startswith("@") for line in named(level, "error_page") if line.args)
    return says or elsewhere or any(_ANSWERED_OTHERWISE.fullmatch(name) for name in _names(level))


def _names(level: tuple[Node, ...]) -> Iterator[str]:
    """The directives of one level, and those in an `if`, which may be a level of its own for some requests."""
    for node in level:
        if not isinstance(node, Directive):
            continue
        if node.name not in _PASSING:
            yield node.name
        if node.name == "if":
            inside = (line.name for line in node.inside() if isinstance(line, Directive))
            # What is answered from another place in some cases only cannot be told.
            yield from ("rewrite" if name in _PLACES else name for name in inside)


def _tries_the_file(line: Directive | None) -> bool:
    """Whether the file itself is the first that is looked for."""
    return line is None or line.args[:1] == ("$uri",)
