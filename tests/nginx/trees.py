"""Trees of /etc in memory, and what nginx makes of them: the same code as for a commit, without the commit."""

import hashlib
from collections.abc import Mapping

from driftscan.drift.state import State, build_state
from driftscan.history.commit import BlobId, Entry, Kind, PathChange
from driftscan.history.platform import Evidence, Known, Platform
from driftscan.history.snapshot import TreeIndex, UnreadableBlob
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Gap, Location, ResolvedConfig
from driftscan.nginx.includes import Layout, Memory, Sources, resolve
from driftscan.nginx.servers import Server
from driftscan.tls.endpoints import Endpoint
from tests.etc import Gitlink, Link

Files = Mapping[str, str | bytes | Link | Gitlink]
MAIN = "nginx/nginx.conf"
ETC = Layout()


class Blobs(dict[BlobId, bytes]):
    """Content by its git blob id; what is not there is unreadable, as in a partial clone."""

    def read(self, blob: BlobId) -> bytes:
        if blob not in self:
            raise UnreadableBlob(blob)
        return self[blob]

    def entry(self, content: str | bytes | Link | Gitlink) -> Entry:
        """Keep the content and name it as git would."""
        match content:
            case Gitlink(commit):
                return Entry(Kind.GITLINK, BlobId(commit))
            case Link(target):
                return Entry(Kind.LINK, self._keep(target))
            case _:
                return Entry(Kind.FILE, self._keep(content))

    def _keep(self, content: str | bytes) -> BlobId:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        blob = BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
        self[blob] = data
        return blob


def tree(files: Files, blobs: Blobs | None = None) -> TreeIndex:
    """A tree with these files."""
    blobs = Blobs() if blobs is None else blobs
    index = TreeIndex(blobs.read)
    index.apply(PathChange(path, None, blobs.entry(content)) for path, content in files.items())
    return index


def differences(before: Files, after: Files) -> tuple[PathChange, ...]:
    """What `git log --raw` says of a commit between the two."""
    blobs = Blobs()
    old, new = ({path: blobs.entry(content) for path, content in files.items()} for files in (before, after))
    paths = sorted({*old, *new})
    return tuple(PathChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def resolved(files: Files, layout: Layout = ETC, remembered: Mapping[str, BlobId] | None = None) -> ResolvedConfig:
    """The configuration of a tree."""
    memory = None if remembered is None else Memory(remembered, frozenset())
    return resolve(tree(files), Sources(), layout, memory)


def platform(nginx: str = "1.22.1", library: str | None = "OpenSSL 3.0.19") -> Platform:
    """A host whose versions are known from its options."""
    option = Evidence.OPTION
    return Platform(
        Known(NginxVersion.parse(nginx), option, "--nginx-version"),
        None if library is None else Known(Library.parse(library), option, "--openssl-version"),
    )


def state(
    files: str | Files, nginx: str = "1.22.1", library: str | None = "OpenSSL 3.0.19", layout: Layout = ETC
) -> State:
    """What nginx makes of a main file, or of a whole tree."""
    files = {MAIN: files} if isinstance(files, str) else files
    return build_state(resolved(files, layout), platform(nginx, library))


def servers(text: str, nginx: str = "1.22.1") -> tuple[Server, ...]:
    """The servers of a main file."""
    return state(text, nginx).servers


def only_server(text: str, nginx: str = "1.22.1") -> Server:
    """The one server of a main file."""
    (server,) = servers(text, nginx)
    return server


def meet(found: State, name: str, socket: str = "0.0.0.0:443") -> Endpoint:
    """What a client meets that asks a socket for a name, whoever claims it."""
    (at,) = (candidate for candidate in found.sockets if str(candidate.address) == socket)
    return Endpoint(at, name, at.select(name or None))


def line(number: int, path: str = MAIN) -> Location:
    """A line of the main file."""
    return Location(path, number)


def reasons(gaps: tuple[Gap, ...]) -> list[str]:
    """The sentences of some gaps."""
    return [gap.reason for gap in gaps]
