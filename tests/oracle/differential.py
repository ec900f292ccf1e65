"""One generated configuration, given to the nginx of this machine and to the model: where do they disagree?"""

import posixpath
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from driftscan.drift.state import State, build_state
from driftscan.history.directory import Directory
from driftscan.history.platform import Platform
from driftscan.nginx.config import GapKind, Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.loadtest import Load
from driftscan.nginx.sockets import Socket, is_specific, reached, takes_ipv4
from tests.etc import ENVIRONMENT, Link
from tests.oracle import pki
from tests.oracle.clients import Address
from tests.oracle.generated import Files, shown
from tests.oracle.live import FIRST_PORT, PORTS, Live, normal
from tests.oracle.scenarios import MAIN, Loaded, Said, Scenario
from tests.oracle.score import said
from tests.oracle.server import PATH, PATIENCE, installed

_NOT_COMPARED = '"ssl_stapling" ignored, '
"""Warnings about what a certificate says of its issuer, which is not read."""


@cache
def known() -> Platform:
    """The nginx of this machine, whose OpenSSL is Debian's."""
    return replace(installed(), family="debian")


@contextmanager
def written(files: Files, made_pki: Path) -> Iterator[Live]:
    """The files of a configuration in a directory of their own."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as directory:
        tree = Path(directory)
        pki.place(made_pki, tree)
        Scenario("generated", "", files, {}, (), ()).write(tree)
        live = Live(tree, ("stream", "mail"))
        live.prepare()
        yield live


def state_of(tree: Path) -> State:
    """What the model makes of it."""
    return build_state(resolve(Directory.open(tree), Sources(), Layout(str(tree), (MAIN,))), known())


# ---------------------------------------------------------------------- nginx -t


def disagreement(found: Loaded, state: State, files: Files, tree: Path) -> str | None:
    """What nginx says and the model does not, or the other way round."""
    load = state.load
    if load.ok is None:
        return None
    if load.ok != found.ok:
        return "whether it loads"
    recorded = tuple(_placed(each, files) for each in found.messages if not each.text.startswith(_NOT_COMPARED))
    warnings = tuple(said(each, tree) for each in load.warnings)
    if load.refusal is None:
        return None if recorded == warnings else "the warnings"
    if _reads_on(state) or _doubted(recorded[-1], load, tree):
        return None
    return None if recorded == (*warnings, said(load.refusal, tree)) else "the reason, or the warnings before it"


def _placed(message: Said, files: Files) -> Said:
    """A message whose place is the file itself, where nginx names the link that led to it."""
    at = message.at
    while at is not None and isinstance(link := files.get(at.path), Link):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(at.path), str(link.target)))
        at = Location(path, at.line)
    return replace(message, at=at)


def _reads_on(state: State) -> bool:
    """Whether nginx reads a part of a file that the model does not look into, because nginx cannot come to its end."""
    refusal = state.load.refusal
    unread = {gap.says for gap in state.config.gaps if gap.kind in {GapKind.UNPARSABLE, GapKind.CYCLE}}
    return refusal is not None and refusal.text in unread


def _doubted(message: Said, load: Load, tree: Path) -> bool:
    """Whether the model has said that nginx may stop there."""
    if message.at is not None:
        return any(message.at == doubt.at for doubt in load.doubts)
    return any(message.text in normal(doubt.reason, tree) for doubt in load.doubts)


def kept(files: Files, found: Loaded) -> str:
    """A scenario of it."""
    lines = "".join(f"    {message}\n" for message in found.messages)
    return f"generated\n{shown(files)}-- load --\n{known().nginx.version} {'ok' if found.ok else 'refused'}\n{lines}"


# ---------------------------------------------------------------------- handshakes


def starts(state: State, moved: int) -> bool:
    """Whether nginx can bind all of its sockets at once: `nginx -t` does not mind when it cannot."""
    ours = range(FIRST_PORT + moved, FIRST_PORT + moved + PORTS)
    bound = [socket for family in Family for socket in _bound([s for s in state.sockets if s.family is family])]
    if any(socket.address.port not in ours for socket in bound if not socket.address.host.startswith("unix:")):
        return False
    if any(each.address.port == 0 and "reuseport" in listen.parameters for each in bound for _, listen in each.listens):
        return False  # Linux refuses it for unix sockets since 6.12
    return not any(_exclude(one, other) for one in bound for other in bound if one is not other)


def _bound(sockets: Sequence[Socket]) -> Iterator[Socket]:
    """A wildcard takes the connections to the other addresses of its port, unless one sets options of its own."""
    wild = {_group(socket) for socket in sockets if _is_wild(socket)}
    for socket in sockets:
        if _is_wild(socket) or _group(socket) not in wild or any(listen.sets_options for _, listen in socket.listens):
            yield socket


def _group(socket: Socket) -> tuple[str, int]:
    return socket.address.host[:1] if socket.address.host[:1] in "[u" else "4", socket.address.port


def _is_wild(socket: Socket) -> bool:
    return socket.address.port != 0 and not is_specific(socket.address)


def _exclude(one: Socket, other: Socket) -> bool:
    """Whether Linux lets one of two sockets listen only."""
    if one.address == other.address:
        return True
    if one.address.port != other.address.port or not _is_wild(one):
        return False
    both = takes_ipv4(one) if one.address.host.startswith("[") else False
    return both or _group(one) == _group(other)


@contextmanager
def running(live: Live) -> Iterator[None]:
    """With nginx in service."""
    pid = live.tree / "nginx.pid"
    with subprocess.Popen(
        live.command(), env={**ENVIRONMENT, "PATH": PATH}, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not pid.exists():
                assert time.monotonic() < deadline, "nginx does not come up"
                try:
                    # Wakes early when nginx has died.
                    process.wait(0.005)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError((live.tree / "error.log").read_text())
            yield
        finally:
            process.send_signal(signal.SIGKILL)


_HOSTS = ("127.0.0.1", "127.0.0.2", "[::1]")


def addresses(state: State, moved: int) -> tuple[Address, ...]:
    """Where clients can try to connect: first where something answers TLS, then where something else does, and one
    where nothing does.
    """
    ports = range(FIRST_PORT + moved, FIRST_PORT + moved + PORTS)
    paths = [socket.address.host for socket in state.sockets if socket.address.host.startswith("unix:")]
    every = (*(Address(host, port) for port in ports for host in _HOSTS), *(Address(path, 0) for path in paths))
    met = [reached(state.sockets, address.host, address.port) for address in every]
    ranks = [2 if socket is None else 0 if socket.ssl and not socket.proxy_protocol else 1 for socket in met]
    ordered = [address for _, _, address in sorted(zip(ranks, range(len(every)), every, strict=True))]
    return tuple(ordered[: len(every) - ranks.count(2) + 1])


def request_to(state: State, address: Address, sni: str | None) -> bytes | None:
    """What a client says there when it may speak; `None` where nothing can be learned from whatever answers."""
    socket = reached(state.sockets, address.host, address.port)
    if socket is not None and socket.family is Family.STREAM:
        return b"" if socket.ssl else None
    if socket is None or socket.family is Family.MAIL:
        return b""
    return f"GET / HTTP/1.1\r\nHost: {sni or 'nobody.invalid'}\r\nConnection: close\r\n\r\n".encode()
