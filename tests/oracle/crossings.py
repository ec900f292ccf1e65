"""A crossing is one readable file: two values of a setting, on two servers of one socket, and what a client sees.

The default server is `a.test`, the one that the client asks for `b.test`. Each has one of the two values, in all four
ways. After a title, lines of `NAME: TEXT`:

    A, B                 the two values: directives, where there are any
    listen A, listen B   the same for words of `listen`
    both                 directives of both servers
    own certificates     `no` where the values bring them
    client               what it does not do as every client of :mod:`tests.oracle.scenarios`; further words are
                         `suites` of TLS 1.3 and `chain`, what it shows besides its certificate
    shows                what was observed, by the names of :mod:`tests.oracle.observations`

Then `-- http --` and `-- stream --`, each with lines of `RANGE AA AB BA BB`: what was observed with the first value on
the default server and the second one on the other. Several observations of one kind are joined by commas; `refused`
is a handshake, `not-loaded` the configuration.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import Family
from tests.oracle.scenarios import MAIN, Scenario, ScenarioError, pairs, releases, sections

FOLDER = Path(__file__).parent / "matrix"
VERSIONS = tuple(
    NginxVersion.parse(text)
    for text in (
        *("1.14.2", "1.18.0", "1.20.2", "1.22.1", "1.24.0", "1.25.1", "1.26.3", "1.27.3", "1.27.4", "1.28.3"),
        *("1.29.1", "1.29.2", "1.31.4"),
    )
)
WAYS = ("AA", "AB", "BA", "BB")
HOST, PORT, SNI = "127.0.0.1", 18400, "b.test"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A file, read."""

    name: str
    said: Mapping[str, str]
    seen: Mapping[Family, Mapping[NginxVersion, tuple[str, ...]]]
    """In the order of :data:`WAYS`."""

    @property
    def client(self) -> Mapping[str, str]:
        """The words of the client."""
        return {"sni": SNI, **pairs(self.said.get("client", "").split())}

    @property
    def shows(self) -> tuple[str, ...]:
        """What was observed."""
        return tuple(self.said["shows"].split())

    def configuration(self, family: Family, way: str) -> Scenario:
        """The configuration of one of the four ways; nothing was recorded of it under this name."""
        servers = "".join(self._server(family, name, value) for name, value in zip(("a", "b"), way, strict=True))
        return Scenario(self.name, self.name, {MAIN: f"events {{}}\n{family} {{\n{servers}}}\n"}, {}, (), ())

    def _server(self, family: Family, name: str, value: str) -> str:
        words = ["listen", f"{HOST}:{PORT}", "ssl", *self.said.get(f"listen {value}", "").split()]
        lines = [f"{' '.join(words)};", f"server_name {name}.test;"]
        if self.said.get("own certificates") != "no":
            lines.append(f"ssl_certificate {{pki}}/{name}.crt; ssl_certificate_key {{pki}}/{name}.key;")
        lines += [self.said.get("both", ""), self.said.get(value, "")]
        lines.append(f"return {'200 ' if family is Family.HTTP else ''}name={name};")
        return f"server {{ {' '.join(filter(None, lines))} }}\n"


def read_crossings() -> Iterator[Crossing]:
    """All of them, by name."""
    for file in sorted(FOLDER.glob("*.matrix")):
        yield read_crossing(file.stem, file.read_text())


def read_crossing(name: str, text: str) -> Crossing:
    """The crossing in a text.

    Raises:
        ScenarioError: it breaks the grammar.
    """
    said: dict[str, str] = {}
    seen: dict[Family, dict[NginxVersion, tuple[str, ...]]] = {}
    try:
        for heading, lines in sections(text.splitlines()[1:]):
            if not heading:
                said = dict(_named(line) for line in lines)
                continue
            seen[Family(heading)] = dict(_seen(lines))
    except (ScenarioError, ValueError) as error:
        raise ScenarioError(f"{name}: {error}") from error
    return Crossing(name, said, seen)


def _seen(lines: Iterable[str]) -> Iterator[tuple[NginxVersion, tuple[str, ...]]]:
    for line in lines:
        versions, *cells = line.split(" ")
        if len(cells) != len(WAYS):
            raise ScenarioError(f"{line!r} must have {len(WAYS)} observations")
        for version in releases(versions, VERSIONS):
            yield version, tuple(cells)


_NAMES = {"A", "B", "listen A", "listen B", "both", "own certificates", "client", "shows"}


def _named(line: str) -> tuple[str, str]:
    name, colon, text = line.partition(": ")
    if not colon or name not in _NAMES:
        raise ScenarioError(f"{line!r} has no meaning here")
    return name, text
