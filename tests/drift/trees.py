"""States of configurations that were never committed: for tests that need no history."""

from collections.abc import Mapping

from driftscan.drift.state import State, build_state
from driftscan.drift.subjects import EndpointSubject, ServerSubject
from driftscan.history.commit import BlobId, Entry, Kind, PathChange
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.snapshot import TreeIndex
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Default
from driftscan.nginx.includes import Layout, Sources, resolve
from driftscan.nginx.listen import Address
from tests.etc import Content, Link

MAIN = "nginx/nginx.conf"
CERTIFIED = "ssl_certificate /c.pem; ssl_certificate_key /c.key;"
Files = Mapping[str, Content]


def tree(files: Files) -> TreeIndex:
    """Files and links as a snapshot."""
    blobs = {path: (content.target if isinstance(content, Link) else content) for path, content in files.items()}

    def read(blob: BlobId) -> bytes:
        content = blobs[blob]
        assert isinstance(content, str | bytes)
        return content.encode() if isinstance(content, str) else content

    index = TreeIndex(read)
    index.apply(
        PathChange(path, None, Entry(Kind.LINK if isinstance(content, Link) else Kind.FILE, BlobId(path)))
        for path, content in files.items()
    )
    return index


def platform(nginx: str = "1.24.0", library: str | None = "3.0.11", evidence: Evidence = Evidence.PACKAGE) -> Platform:
    known = None if library is None else Known(Library.parse(library), evidence, "a test")
    return Platform(Known(NginxVersion.parse(nginx), evidence, "a test"), known)


def state(files: Files | str, at: Platform | None = None) -> State:
    """What nginx makes of these files, or of this main file."""
    files = {MAIN: files} if isinstance(files, str) else files
    return build_state(resolve(tree(files), Sources(), Layout()), at or platform())


def http(*lines: str) -> str:
    """A main file whose http block has these lines, from line 3 on, and a certificate for every server on line 2."""
    return "\n".join(["events {}", f"http {{ {CERTIFIED}", *lines, "}", ""])


ANY4, ANY6 = "0.0.0.0", "[::]"  # noqa: S104 - data, nothing binds here


def address(port: int = 443, host: str = ANY4) -> Address:
    return Address(host, port)


def server(name: str, line: int, *, port: int = 443, path: str = MAIN, names: tuple[str, ...] = ()) -> ServerSubject:
    """The subject of a server on one TLS socket."""
    return ServerSubject(name, names or (name,), (address(port),), Location(path, line))


def endpoint(name: str, at: ServerSubject, *, port: int = 443) -> EndpointSubject:
    return EndpointSubject(address(port), name, at)


def default(version: str = "1.24.0") -> Default:
    return Default(NginxVersion.parse(version), assumed=False)
