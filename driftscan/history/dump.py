r"""What `nginx -T` prints, as a tree: every file that nginx has read, without a look at the host.

nginx prints `# configuration file NAME:`, the bytes of the file and one more newline, for each file in the order in
which it opened them; a file that is included twice is printed once (main() in src/core/nginx.c and ngx_conf_add_dump()
in src/core/ngx_conf_file.c; `-T` is there since 1.9.2). Every copy of one that is there again is the same file. nginx
prints only after it has accepted the whole configuration.

A name is printed as it was opened: what is a link on the host is a file here. Modes, certificates, keys and the rest of
/etc are not in it, so nothing follows from what is not there.

A file may hold a line of the same form, and then no reading is sure to be right. A line is taken for text where it has
no absolute name, where it stands right behind another one, where its name was there with another content, and where the
file before it would end in the middle of a block, which nginx refuses. A comment that is none of these is taken for a
file, which only moves the lines that follow it.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from driftscan.errors import DriftscanError
from driftscan.history.commit import BlobId, Entry, Kind
from driftscan.history.platform import Evidence, Known
from driftscan.history.snapshot import UnreadableBlob
from driftscan.history.versions import Library, NginxVersion

ETC: Final = "/etc"
COMMAND: Final = "nginx -V"
_HEADER: Final = re.compile(rb"(?m)^# configuration file (?P<name>[^\r\n]+):\r?$\n?")
_MESSAGE: Final = re.compile(
    rb"(?m)^(?:"
    rb"nginx: (?:the )?configuration file [^\n]* (?:syntax is ok|test is successful)\r?"
    rb"|(?:nginx:|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?:debug|info|notice|warn|error|crit|alert|emerg)\] [^\n]*"
    rb"|nginx version: [^\n]*|built (?:by|with) [^\n]*|TLS SNI support (?:en|dis)abled\r?|configure arguments:[^\n]*"
    rb")$\n?"
)
"""A line of nginx's on stderr. Nothing that nginx accepts has one outside a quoted word, so it is none of the file."""
_REFUSED: Final = re.compile(rb"(?m)^[^\n]*\[emerg\] (?:\d+#\d+: )?(?P<says>[^\r\n]{0,300})")
_CONFIGURATION: Final = re.compile(rb"(?m)^[ \t]*(?:[^#\s][^\n]*[;{}]|\})[ \t]*\r?$")
"""A line of nginx's own language; before the first header it shows that no dump begins here."""
_VERSION: Final = re.compile(rb"(?m)^nginx version: nginx/(?P<version>\d+\.\d+\.\d+)(?: \((?P<build>[^()\n]*)\))?")
_LIBRARY: Final = re.compile(
    rb"(?m)^built with (?P<built>[^\n]{0,200}?)(?: \(running with (?P<running>[^\n]{0,200})\))?\r?$"
)
_COMPATIBLE: Final = re.compile(r".*\(compatible; (.*)\)")
_MOST_FALSE: Final = 8
"""Headers in a row that may turn out to be text: more are only in a file that was made to be read slowly."""

IsWhole = Callable[[bytes], bool]
"""Whether bytes are a file that ends where no block, word or directive is open."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The output of `nginx -T`, and of `nginx -V` where that was with it."""

    files: Mapping[str, bytes]
    """By absolute name on the host, as nginx opened them: the main file first."""
    nginx: Known[NginxVersion] | None = None
    library: Known[Library] | None = None
    """The library that nginx loads, where that is another one than it was built with."""
    family: str | None = None
    """Who built the package, as far as nginx itself says so (`--build`, which Ubuntu gives)."""

    @property
    def main(self) -> str:
        """The main file."""
        return next(iter(self.files))

    @property
    def root(self) -> str:
        """/etc where everything lies below it, as in a history of etckeeper, and else what holds everything."""
        return ETC if self.is_below(ETC) else "/"

    def is_below(self, directory: str) -> bool:
        """Whether all files lie below a directory."""
        return all(within(name, directory) is not None for name in self.files)


def within(name: str, root: str) -> str | None:
    """An absolute name as a path below a directory; `None` where it lies elsewhere."""
    above = f"{root.rstrip('/')}/"
    return name[len(above) :] if name.startswith(above) else None


def read(data: bytes, name: str, is_whole: IsWhole) -> Printed:
    """The files of a dump.

    Args:
        data: what was printed; nginx's messages on stderr may be anywhere in between.
        name: what it is called, for the user.
        is_whole: whether bytes are whole as a file of nginx.

    Raises:
        DriftscanError: it is no dump.
    """
    text = _MESSAGE.sub(b"", data)
    headers = [found for found in _HEADER.finditer(text) if found["name"].startswith(b"/")]
    if not headers or _CONFIGURATION.search(text, 0, headers[0].start()):
        raise DriftscanError(f"{name} {_why_none(data)}")
    files: dict[str, bytes] = {}
    for header, body in _blocks(text, headers, is_whole):
        # What nginx adds to each file is one newline.
        files.setdefault(_normal(header), body.removesuffix(b"\n"))
    # `nginx -V` may have been asked for before or after.
    messages = b"".join(found[0] for found in _MESSAGE.finditer(data))
    version, library = _VERSION.search(messages), _LIBRARY.search(messages)
    return Printed(
        files,
        None if version is None else Known(NginxVersion.parse(_text(version["version"])), Evidence.PROGRAM, COMMAND),
        None if library is None else _library(_text(library["running"] or library["built"])),
        "ubuntu" if version is not None and version["build"] == b"Ubuntu" else None,
    )


def _library(said: str) -> Known[Library] | None:
    """The library by its own name: those that are compatible with OpenSSL put theirs behind OpenSSL's."""
    compatible = _COMPATIBLE.match(said)
    try:
        return Known(Library.parse(said if compatible is None else compatible[1]), Evidence.PROGRAM, COMMAND)
    except DriftscanError:
        return None


def _blocks(text: bytes, headers: Sequence[re.Match[bytes]], is_whole: IsWhole) -> Iterator[tuple[bytes, bytes]]:
    """The files with the newline behind them, by the names that were printed."""
    bodies: dict[bytes, bytes] = {}
    here = 0
    while here < len(headers):
        name, begin = headers[here]["name"], headers[here].end()

        def may_begin(header: re.Match[bytes], name: bytes = name, begin: int = begin) -> bool:
            """Whether a file may be there: for the first time, or once more as it was there before."""
            so_far = text[begin : header.start()]
            known = so_far if header["name"] == name else bodies.get(header["name"], b"")
            # The newline that nginx adds is there even where a file is empty.
            return so_far != b"" and text.startswith(known, header.end())

        ahead = range(here + 1, len(headers))
        there = list(islice((place for place in ahead if may_begin(headers[place])), _MOST_FALSE))
        ends = [headers[place].start() for place in there]
        if len(there) < _MOST_FALSE:
            there, ends = [*there, len(headers)], [*ends, len(text)]
        # Where nothing makes it whole, it is the file itself that cannot be read, and the first line is believed.
        chosen = next((number for number, end in enumerate(ends) if is_whole(text[begin:end])), 0)
        bodies.setdefault(name, text[begin : ends[chosen]])
        yield name, text[begin : ends[chosen]]
        here = there[chosen]


def _normal(name: bytes) -> str:
    return posixpath.normpath(f"/{_text(name).lstrip('/')}")


def _why_none(data: bytes) -> str:
    """Why something is no dump, and what makes one."""
    if not data.strip():
        return "is empty; `nginx -T` prints the configuration, if nginx accepts it"
    refused = _REFUSED.search(data)
    if refused is not None:
        says = _text(refused["says"])
        return f"holds no configuration, because nginx refuses it, and so `nginx -T` prints none: {says}"
    found = _HEADER.search(data)
    if found is not None and not found["name"].startswith(b"/"):
        return "names its files by relative paths; run `nginx -T` with the absolute ones for its -p and -c"
    return "is no dump of a configuration; `nginx -T` prints one"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Dump:
    """A :class:`~driftscan.history.snapshot.Snapshot` of the files of a dump that lie below one directory."""

    _entries: Mapping[str, Entry]
    _blobs: Mapping[BlobId, bytes]
    _names: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, printed: Printed, root: str) -> Self:
        """The tree below `root`."""
        entries: dict[str, Entry] = {}
        blobs: dict[BlobId, bytes] = {}
        names: dict[str, set[str]] = {}
        for name, data in printed.files.items():
            path = within(name, root)
            if path is None:
                continue
            # git's own blob id, so that what is known about a blob by its id is known here too.
            blob = BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())
            blobs[blob] = data
            entries[path] = Entry(Kind.FILE, blob)
            while path:
                directory, _, last = path.rpartition("/")
                names.setdefault(directory, set()).add(last)
                path = directory
        return cls(entries, blobs, {directory: frozenset(inside) for directory, inside in names.items()})

    def entry(self, path: str) -> Entry | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.entry`."""
        return self._entries.get(path)

    def kind(self, path: str) -> Kind | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.kind`."""
        return Kind.FILE if path in self._entries else None

    def size(self, path: str) -> int | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.size`."""
        entry = self._entries.get(path)
        return None if entry is None else len(self._blobs[entry.blob])

    def names(self, directory: str) -> frozenset[str] | None:
        """See :meth:`driftscan.history.snapshot.Snapshot.names`. What nginx did not read is not among them."""
        return self._names.get(directory)

    def may_lack(self, _path: str, *, had: bool = False) -> bool:  # noqa: ARG002 - a dump has no past
        """See :meth:`driftscan.history.snapshot.Snapshot.may_lack`. A dump has only what nginx reads as its own."""
        return True

    def read(self, blob: BlobId) -> bytes:
        """See :meth:`driftscan.history.snapshot.Snapshot.read`."""
        try:
            return self._blobs[blob]
        except KeyError:
            raise UnreadableBlob(blob) from None
