"""A scenario is one readable file: a configuration, and what eighteen releases of nginx made of it.

A title. Then sections, each up to the next one:

    -- PATH --                    a file of the configuration, whose main file is `nginx.conf`
    -- PATH (crlf) --             the same, with the line ends of Windows
    -- PATH -> TARGET --          a symbolic link
    -- load --                    `RANGE ok` or `RANGE refused`, and what `nginx -t` printed: one message on the same
                                  line, or each on a line of its own below; the last one of a refusal is its reason
    -- client ADDRESS WORDS --    `RANGE OUTCOME FACTS`: what a client met there, where nginx had loaded it
    -- then PATH --               the file as it was for the clients below, after a reload
    -- cannot know --             `RANGE load: REASON` or `RANGE client NUMBERS: REASON`: what no model can tell

In a file `{dir}` is the directory of the main file and `{pki}` that of :mod:`tests.oracle.pki`, inside of it. A range
is a release, or the first and the last of several, of those in :data:`VERSIONS`. Messages end before what OpenSSL
adds to them in brackets.

A client offers TLS 1.2 and 1.3, no name and no ALPN, but for the words `sni`, `host`, `path`, `protocol`, `ciphers`,
`alpn`, `groups`, `tickets=no` and `certificate` (of its own); `plain` speaks HTTP without TLS. What it met is

    completes FACTS     the handshake: `certificate` is the server's common name, `client-certificate` whether one was
                        asked for, `answers` the text by which the server told its name
    refused FACTS       no handshake; with the `alert`, where there was one
    plain FACTS         an answer without TLS, to whichever question
    needs-tls           HTTP's answer to a plain request on a TLS socket
    closed              nothing listens there

All of them were built against OpenSSL 3.0.22 of Debian 12; 1.22.1 is Debian's own, with its backports.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Location
from tests.etc import Link
from tests.oracle.pki import FOLDER as PKI

FOLDER = Path(__file__).parent / "scenarios"
VERSIONS = tuple(
    NginxVersion.parse(text)
    for text in (
        *("1.10.3", "1.12.2", "1.14.2", "1.15.0", "1.16.1", "1.18.0", "1.20.2", "1.22.1", "1.23.4", "1.24.0"),
        *("1.25.1", "1.26.3", "1.27.3", "1.27.4", "1.28.3", "1.29.1", "1.29.2", "1.31.4"),
    )
)
LIBRARY = "OpenSSL 3.0.22"
MAIN = "nginx.conf"
_HEADING = re.compile(r"-- (.+) --")
_MESSAGE = re.compile(r"\[(\w+)\] (.*?)(?: in (\S+):(\d+))?", re.DOTALL)
_EXCUSE = re.compile(r"(load|client [\d ]+): (.+)")


class ScenarioError(Exception):
    """A file that breaks the grammar; the text names it."""


class Outcome(StrEnum):
    """What a client met, in the words of the files."""

    COMPLETES = "completes"
    REFUSED = "refused"
    PLAIN = "plain"
    NEEDS_TLS = "needs-tls"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Said:
    """One message of nginx."""

    level: str
    text: str
    at: Location | None

    def __str__(self) -> str:
        return f"[{self.level}] {self.text}" + ("" if self.at is None else f" in {self.at}")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `nginx -t` of one release said."""

    ok: bool
    messages: tuple[Said, ...]

    @property
    def refusal(self) -> Said | None:
        """Why it was refused: what is printed last."""
        return None if self.ok else self.messages[-1]

    @property
    def warnings(self) -> tuple[Said, ...]:
        """What else was printed."""
        return self.messages if self.ok else self.messages[:-1]


@dataclass(frozen=True, slots=True)
class Met:
    """What one client met at one release."""

    outcome: Outcome
    facts: Mapping[str, str]

    @property
    def is_answered(self) -> bool:
        """Whether something listened."""
        return self.outcome is not Outcome.CLOSED

    def __str__(self) -> str:
        return " ".join((self.outcome, *(f"{name}={value}" for name, value in self.facts.items())))


@dataclass(frozen=True, slots=True)
class Visit:
    """One client, and what it met, by release."""

    host: str
    port: int
    plain: bool
    words: Mapping[str, str]
    met: Mapping[NginxVersion, Met]
    reloaded: Mapping[str, str]
    """The files that are other ones by now."""

    @property
    def sni(self) -> str | None:
        """The name that it asks for in the handshake."""
        return self.words.get("sni")


@dataclass(frozen=True, slots=True)
class Excuse:
    """What cannot be told from the configuration."""

    versions: tuple[NginxVersion, ...]
    rows: tuple[str, ...]
    """`load`, or `client NUMBER`."""
    reason: str


Content = str | Link


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file, read."""

    name: str
    """`FOLDER/FILE`, as the test is called."""
    title: str
    files: Mapping[str, Content]
    loads: Mapping[NginxVersion, Loaded]
    visits: tuple[Visit, ...]
    excuses: tuple[Excuse, ...]

    def excuse(self, version: NginxVersion, row: str) -> Excuse | None:
        """Why a model need not know this."""
        return next((each for each in self.excuses if version in each.versions and row in each.rows), None)

    def write(self, tree: Path, reloaded: Mapping[str, str] | None = None) -> None:
        """Write the files below a directory, which is where `{dir}` and `{pki}` lead."""
        for path, content in {**self.files, **(reloaded or {})}.items():
            place = tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Link):
                place.symlink_to(str(content.target))
            else:
                place.write_bytes(content.replace("{pki}", f"{{dir}}/{PKI}").replace("{dir}", str(tree)).encode())


def read_scenarios() -> Iterator[Scenario]:
    """All of them, by name."""
    for file in sorted(FOLDER.glob("*/*.scenario")):
        yield read_scenario(f"{file.parent.name}/{file.stem}", file.read_text())


def read_scenario(name: str, text: str) -> Scenario:
    """The scenario in a text.

    Raises:
        ScenarioError: it breaks the grammar.
    """
    files: dict[str, Content] = {}
    loads: dict[NginxVersion, Loaded] = {}
    visits: list[Visit] = []
    reloaded: dict[str, str] = {}
    excuses: tuple[Excuse, ...] = ()
    try:
        title, *rest = text.splitlines()
        for heading, lines in sections(rest):
            match heading.split(" "):
                case [""] if not lines:
                    pass
                case ["load"]:
                    loads = dict(_loads(lines))
                case ["cannot", "know"]:
                    excuses = tuple(map(_excuse, lines))
                case ["client", address, *words]:
                    visits.append(_visit(address, words, lines, {**reloaded}))
                case ["then", path]:
                    reloaded[path] = _text(lines)
                case [path, "->", target]:
                    files[path] = Link(target)
                case [path, "(crlf)"]:
                    files[path] = _text(lines).replace("\n", "\r\n")
                case [path]:
                    files[path] = _text(lines)
                case _:
                    _stray(heading)
        scenario = Scenario(name, title, files, loads, tuple(visits), excuses)
        _complete(scenario)
    except (ScenarioError, ValueError) as error:
        raise ScenarioError(f"{name}: {error}") from error
    return scenario


def releases(text: str, recorded: tuple[NginxVersion, ...] = VERSIONS) -> tuple[NginxVersion, ...]:
    """The recorded releases from the first to the last of a range.

    Raises:
        ScenarioError: none was recorded at one of its ends.
    """
    first, _, last = text.partition("-")
    ends = NginxVersion.parse(first), NginxVersion.parse(last or first)
    if not {*ends} <= {*recorded}:
        raise ScenarioError(f"{text} does not begin and end with recorded releases")
    return recorded[recorded.index(ends[0]) : recorded.index(ends[1]) + 1]


def sections(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The lines below each heading; first those above all of them, below an empty one."""
    heading, body = "", list[str]()
    for line in lines:
        found = _HEADING.fullmatch(line)
        if found is None:
            body.append(line)
            continue
        yield heading, body
        heading, body = found[1], []
    yield heading, body


def _stray(heading: str) -> NoReturn:
    raise ScenarioError(f"no section begins with {heading!r}")


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def message(text: str) -> Said:
    """What nginx said, read from a line without its beginning (`nginx: `, or date and process).

    Raises:
        ScenarioError: it is no message.
    """
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise ScenarioError(f"{text!r} is no message of nginx")
    return Said(found[1], found[2], None if found[3] is None else Location(found[3], int(found[4])))


def _loads(lines: Iterable[str]) -> Iterator[tuple[NginxVersion, Loaded]]:
    rows: list[tuple[str, str, list[Said]]] = []
    for line in lines:
        if line.startswith(" "):
            rows[-1][2].append(message(line.strip()))
        else:
            versions, verdict, *rest = line.split(" ", 2)
            rows.append((versions, verdict, [message(each) for each in rest]))
    for versions, verdict, messages in rows:
        if verdict not in {"ok", "refused"} or (verdict == "refused" and not messages):
            raise ScenarioError(f"{versions} is neither ok nor refused for a reason")
        for version in releases(versions):
            yield version, Loaded(verdict == "ok", tuple(messages))


def _visit(address: str, words: list[str], lines: Iterable[str], reloaded: Mapping[str, str]) -> Visit:
    met: dict[NginxVersion, Met] = {}
    for line in lines:
        versions, outcome, *facts = line.split(" ")
        for version in releases(versions):
            met[version] = Met(Outcome(outcome), pairs(facts))
    host, _, port = address.rpartition(":")
    plain = "plain" in words
    return Visit(host, int(port), plain, pairs(word for word in words if word != "plain"), met, reloaded)


def pairs(words: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` of each word.

    Raises:
        ScenarioError: a word has no equals sign.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ScenarioError(f"{word!r} is not written NAME=VALUE")
        found[name] = value
    return found


def _excuse(line: str) -> Excuse:
    versions, _, rest = line.partition(" ")
    found = _EXCUSE.fullmatch(rest)
    if found is None:
        raise ScenarioError(f"{line!r} does not say what cannot be known, and why")
    kind, *numbers = found[1].split()
    rows = tuple(f"client {number}" for number in numbers) or (kind,)
    return Excuse(releases(versions), rows, found[2])


def _complete(scenario: Scenario) -> None:
    """Refuse what would not be compared."""
    if MAIN not in scenario.files or not scenario.loads:
        raise ScenarioError(f"it needs {MAIN} and what nginx said of it")
    loaded = {version for version, load in scenario.loads.items() if load.ok}
    for number, visit in enumerate(scenario.visits, start=1):
        if visit.met.keys() != loaded:
            raise ScenarioError(f"client {number} must have met every release that loads it, and no other")
