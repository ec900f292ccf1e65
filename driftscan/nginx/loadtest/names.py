"""`server_name`: what nginx refuses of a name, and the names that two servers of one socket claim.

nginx: ngx_http_core_server_name while it reads; ngx_http_server_names, ngx_hash_add_key and ngx_hash_init at the end of
`http {}` (and, since 1.25.5, of `stream {}`), and only for sockets with more than one server, or whose default server
has a name that captures.
"""

import re
from typing import Final

from driftscan.nginx.config import Directive, Location
from driftscan.nginx.directives.values import decimal
from driftscan.nginx.loadtest.verdict import Notes
from driftscan.nginx.names import claims, compiles
from driftscan.nginx.sockets import Socket

_CAPTURES: Final = re.compile(r"(?:^|[^\\])(?:\\\\)*\((?:(?!\?)|\?P?<[a-zA-Z_]|\?')")
_CACHE_LINE, _LARGEST_CACHE_LINE = 64, 128
"""Bytes: of most processors, which is the size of a bucket that nobody set; of any."""


def check_written(directive: Directive, notes: Notes) -> None:
    """What is refused, or warned of, as soon as it is read."""
    for name in directive.args:
        star = name.startswith("*") and (len(name) < 3 or name[1] != ".")
        if star or name == ".":
            notes.refuse(f'server name "{name}" is invalid', directive.read_at)
        if "/" in name:
            notes.warn(f'server name "{name}" has suspicious symbols', directive.read_at)
        if name == "~":
            notes.refuse(f'empty regex in server name "{name}"', directive.read_at)
        if name.startswith("~") and not compiles(name):
            notes.doubt(f'the regular expression in server name "{name}" may not compile', directive.read_at)


def check_socket(socket: Socket, bucket: str | None, notes: Notes) -> None:
    """What is refused, or warned of, when the table of a socket's names is made.

    Args:
        socket: the socket.
        bucket: what `server_names_hash_bucket_size` says, if it is there.
        notes: where it is told.
    """
    # Every regular expression sets the mark anew: the last one of the server counts.
    patterns = [name for name in socket.default.names if name.startswith("~")]
    if len(socket.listens) < 2 and not (patterns and _CAPTURES.search(patterns[-1])):
        return
    taken: set[tuple[str, str]] = set()
    exact: list[tuple[str, Location]] = []
    for server, _ in socket.listens:
        for name in server.names:
            if name.startswith("~"):
                continue
            if not _is_valid(name):
                notes.refuse(f'invalid server name or wildcard "{name}" on {socket.text}', server.at, placed=False)
            for claim in claims(name):
                if claim in taken:
                    notes.warn(f'conflicting server name "{name}" on {socket.text}, ignored', server.at, placed=False)
                    break
                taken.add(claim)
            else:
                exact += [(name, server.at)] if claim == ("exact", name) else []
    _room(exact, bucket, notes)


def _room(names: list[tuple[str, Location]], bucket: str | None, notes: Notes) -> None:
    """Each name must fit into a bucket of its own, with two pointers and its length; only exact ones are that long."""
    written = None if bucket is None else decimal(bucket)
    size = _aligned(written, _CACHE_LINE) if written else _CACHE_LINE
    text = f"could not build server_names_hash, you should increase server_names_hash_bucket_size: {size}"
    for name, at in names:
        needed = 16 + _aligned(len(name.encode("utf-8", "surrogateescape")) + 2, 8)
        if needed > max(size, _LARGEST_CACHE_LINE) or (written and needed > size):
            notes.refuse(text, at, placed=False)
        elif needed > size:
            notes.doubt(f'whether "{name}" fits into a table of names on this processor: {text}', at)


def _aligned(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def _is_valid(name: str) -> bool:
    """Whether ngx_hash_add_key takes it: at most one `*`, first before a dot or last behind one, and no two dots."""
    stars = name.count("*")
    if stars > 1 or ".." in name or "\0" in name:
        return False
    wildcard = len(name) > 2 and (name.startswith("*.") or name.endswith(".*"))
    return not stars or wildcard or (len(name) > 1 and name.startswith("."))
