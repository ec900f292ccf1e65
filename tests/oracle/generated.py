"""Random configurations, whole and with mistakes, in files that include each other: what the real nginx is asked about.

A configuration is drawn as blocks of lines, mistakes are put among them, some lines move to files of their own, and
last the text itself is changed. Every choice begins with the plainest, so that what Hypothesis shrinks can be read.
The files are those of a scenario (:mod:`tests.oracle.scenarios`): a failing example can be kept as one.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

from driftscan.nginx.directives.base import Family
from tests.etc import Link
from tests.oracle import generated_words as words

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]
Content = str | Link
Files = Mapping[str, Content]
MAIN = "nginx.conf"


@dataclass
class Block:
    """A block with its lines; the one without a head is a file."""

    kind: str
    """Which lines fit into it: `main`, `http`, `server`, `location`, `stream`, `mail`, and their servers."""
    head: str
    body: "list[str | Block]" = field(default_factory=list)

    def blocks(self) -> "Iterator[Block]":
        """This one, and those inside of it."""
        yield self
        for item in self.body:
            if isinstance(item, Block):
                yield from item.blocks()

    def text(self, depth: int = 0) -> str:
        """How it is written."""
        pad = "    " * depth
        return "".join(item.text(depth) if isinstance(item, Block) else f"{pad}{item}\n" for item in self.indented())

    def indented(self) -> "Iterator[str | Block]":
        """Its lines, heads of blocks among them."""
        for item in self.body:
            if isinstance(item, Block):
                yield f"{item.head} {{".lstrip()
                yield _Deeper(item)
                yield "}"
            else:
                yield item


class _Deeper(Block):
    def __init__(self, block: Block) -> None:
        super().__init__(block.kind, block.head, block.body)

    def text(self, depth: int = 0) -> str:
        return super().text(depth + 1)


def _rarely(draw: Draw[bool], odds: int) -> bool:
    """Once in so many times; what shrinks is never."""
    return draw(st.integers(0, odds - 1).map(lambda number: number == odds - 1))


def _some(draw: Draw[list[T]], choices: Sequence[T], most: int) -> list[T]:
    return draw(st.lists(st.sampled_from(choices), max_size=most, unique=True))


def _settings(draw: st.DrawFn, values: words.Values, most: int, prefix: str = "", said: str = "") -> list[str]:
    """Good lines of different directives, which are not among those that are said already."""
    names = draw(
        st.lists(st.sampled_from([name for name in sorted(values) if name not in said]), max_size=most, unique=True)
    )
    return [words.line(prefix + name, draw(st.sampled_from(values[name][0])), prefix) for name in names]


def _listens(draw: st.DrawFn, family: Family, *, spread: bool) -> list[str]:
    parameters = words.PARAMETERS if family is Family.HTTP else tuple(p for p in words.PARAMETERS if "http2" not in p)
    if family is not Family.HTTP:
        parameters = tuple(p for p in parameters if "default" not in p and not p.startswith(("deferred", "fastopen")))
    least = 1 if family is not Family.HTTP or not spread else 0
    addresses = st.sampled_from(words.ADDRESSES)
    chosen = draw(st.lists(addresses, min_size=least, max_size=3, unique_by=(str, _port)))
    common, rare = st.sampled_from(("ssl", "", "ssl")), st.sampled_from(parameters)
    return [f"listen {each} {draw(rare if _rarely(draw, 6) else common)}".rstrip() + ";" for each in chosen]


def _port(address: str) -> str:
    """What two addresses of one server may not have in common."""
    return f"{address[:1] in '[uU'}{address[-5:]}"


def _certificate(draw: st.DrawFn, choices: Sequence[tuple[str, ...]]) -> list[str]:
    """The certificates of a block with their keys, on one line so that they stay together."""
    lines = draw(st.sampled_from(choices))
    return [" ".join(lines)] if lines else []


@st.composite
def _http_server(draw: st.DrawFn) -> Block:
    body: list[str | Block] = [*_listens(draw, Family.HTTP, spread=_rarely(draw, 20))]
    names = _some(draw, words.NAMES, 3)
    body += [f"server_name {' '.join(names)};"] if names else []
    own = [
        *_certificate(draw, words.CERTIFICATES),
        *([draw(st.sampled_from(words.CLIENTS))] if _rarely(draw, 4) else []),
    ]
    body += own
    body += _settings(draw, words.TLS, 3, said=" ".join(own))
    body += _settings(draw, words.GENERAL, 1)
    body += _some(draw, words.LOCATIONS, 2)
    body += [draw(_passing())] if _rarely(draw, 4) else []
    if _rarely(draw, 4):
        body = list(draw(st.permutations(body)))
    return Block("server", "server", body)


@st.composite
def _passing(draw: st.DrawFn) -> Block:
    """A location that passes requests on."""
    target = draw(st.sampled_from(words.PASSING))
    prefix = f"{target.partition('_')[0]}_ssl_"
    return Block("location", "location /t", [target, *_settings(draw, words.PASSING_TLS, 3, prefix)])


_NOT_OF_STREAM = frozenset(
    {"ssl_early_data", "ssl_buffer_size", "ssl_reject_handshake", "ssl"}
    | {name for name in words.TLS if name.startswith(("ssl_stapling", "ssl_ocsp"))}
)


@st.composite
def _other_server(draw: st.DrawFn, family: Family) -> Block:
    """A server of stream or mail."""
    of_stream = family is Family.STREAM
    values = {name: value for name, value in words.TLS.items() if name not in _NOT_OF_STREAM}
    body: list[str | Block] = [*_listens(draw, family, spread=False)]
    body += _certificate(draw, words.CERTIFICATES[:9])
    body += _settings(draw, values, 2)
    body.append(draw(st.sampled_from(words.STREAM if of_stream else words.MAIL)))
    return Block(f"{family}-server", "server", body)


@st.composite
def _protocol(draw: st.DrawFn, family: Family) -> Block:
    body: list[str | Block] = []
    if family is Family.HTTP:
        body += _some(draw, words.HTTP, 2)
        body += _certificate(draw, words.CERTIFICATES[1:6]) if not _rarely(draw, 4) else []
        body += _settings(draw, words.TLS, 2)
        body += _settings(draw, words.GENERAL, 1)
        body += _settings(draw, words.PASSING_TLS, 1, "proxy_ssl_") if _rarely(draw, 4) else []
        body += draw(st.lists(_http_server(), min_size=1, max_size=4))
        text = "".join(item.text() if isinstance(item, Block) else item for item in body)
        body[:0] = [
            f"upstream {name} {{ server 127.0.0.1:1; }}"
            for name in ("up.invalid", "b.invalid")
            if f"//{name}" in text and f"upstream {name}" not in text
        ]
    else:
        body += (
            ["auth_http 127.0.0.1:18402;"] if family is Family.MAIL else ["upstream up.invalid { server 127.0.0.1:1; }"]
        )
        body += _certificate(draw, words.CERTIFICATES[1:4]) if draw(st.booleans()) else []
        body += draw(st.lists(_other_server(family), min_size=1, max_size=2))
    return Block(family, family, body)


def _fitting(kind: str) -> tuple[str, ...]:
    """Lines for a kind of block, mostly bad ones."""
    tls = tuple(text for good, text in words.lines(words.TLS) if not good)
    everywhere = (*tls, *(" ".join(pair) for pair in words.BAD_CERTIFICATES), *words.BAD_CLIENTS)
    listens = (
        *(f"listen {address};" for address in words.BAD_ADDRESSES),
        *(f"listen 18400 {parameter};" for parameter in (*words.BAD_PARAMETERS, *words.PARAMETERS)),
        *(f"listen {address} ssl;" for address in words.ADDRESSES),
    )
    general = tuple(text for good, text in words.lines(words.GENERAL) if not good)
    names = tuple(f"server_name {name};" for name in words.BAD_NAMES)
    own = (
        "ssl_stapling on;",
        "ssl on;",
        "ssl_protocols TLSv1.2;",
        "ssl_session_cache shared:one:1m;",
        "ssl_ciphers HIGH;",
    )
    passing = tuple(text for _, text in words.lines(words.PASSING_TLS, "proxy_ssl_"))
    match kind:
        case "main":
            return (*words.MAIN, *words.BAD_MAIN)
        case "http":
            return (*words.BAD_HTTP, *everywhere, *own, *words.NEWER, *general, *passing)
        case "server":
            bad = (*words.BAD_LOCATIONS, *words.LOCATIONS, *general, *words.NEWER, *own, *passing)
            return (*names, *listens, *everywhere, *bad)
        case "location":
            return (*passing, *general, *words.PASSING, *own)
        case "stream" | "stream-server":
            return (*words.BAD_STREAM, *listens, *everywhere, *own, *words.STREAM)
        case _:
            return (*words.BAD_MAIL, *listens, *everywhere, *own, *words.MAIL)


FITTING = {
    kind: _fitting(kind)
    for kind in ("main", "http", "server", "location", "stream", "stream-server", "mail", "mail-server")
}


def _mistake(draw: st.DrawFn, main: Block) -> None:
    """Put a line into some block, change one, or take one away."""
    blocks = list(main.blocks())[::-1]
    block = draw(st.sampled_from(blocks))
    place = draw(st.integers(0, len(block.body)))
    match draw(st.sampled_from(["fitting", "fitting", "fitting", "any", "elsewhere", "twice", "away", "emptied"])):
        case "fitting":
            block.body.insert(place, draw(st.sampled_from(FITTING[block.kind])))
        case "any":
            block.body.insert(place, draw(st.sampled_from(words.MISTAKES)))
        case "elsewhere":
            other = draw(st.sampled_from(sorted(FITTING)))
            block.body.insert(place, draw(st.sampled_from(FITTING[other])))
        case "twice" if block.body:
            block.body.insert(place, draw(st.sampled_from(block.body)))
        case "away" if block.body:
            del block.body[place % len(block.body)]
        case _:
            block.body.clear()


_FILE_NAMES = ("10", "9", "B", "a", "_", "ä")


def _spread(draw: st.DrawFn, main: Block, *, odd: bool) -> dict[str, Content]:
    """Move lines to files of their own; `odd` ones are empty, missing, twice, or include themselves."""
    files: dict[str, Content] = {}
    for number in range(draw(st.integers(0, 3))):
        blocks = [block for block in main.blocks() if block.body][::-1]
        if not blocks:
            break
        block = draw(st.sampled_from(blocks))
        begins = draw(st.integers(0, len(block.body) - 1))
        moved = block.body[begins : begins + draw(st.integers(1, 4))]
        del block.body[begins : begins + len(moved)]
        if draw(st.booleans()):
            include = f"include s{number}.conf;"
            files[f"s{number}.conf"] = Block(block.kind, "", moved).text()
            kept: Sequence[Block] = [item for item in moved if isinstance(item, Block)]
        else:
            include = f"include conf{number}/*.conf;"
            for index, item in enumerate(moved):
                name = f"{draw(st.sampled_from(_FILE_NAMES))}{index}"
                _file(
                    draw,
                    files,
                    f"conf{number}/{name}.conf",
                    f"real/{number}{name}",
                    Block(block.kind, "", [item]).text(),
                )
            kept = ()
        block.body.insert(begins, include)
        if odd and _rarely(draw, 8):
            _oddly(draw, files, number, block, include)
        del kept
    return files


def _file(draw: st.DrawFn, files: dict[str, Content], name: str, elsewhere: str, text: str) -> None:
    if _rarely(draw, 4):
        files[elsewhere] = text
        files[name] = Link(f"../{elsewhere}")
    else:
        files[name] = text


def _oddly(draw: st.DrawFn, files: dict[str, Content], number: int, block: Block, include: str) -> None:
    match draw(st.sampled_from(["twice", "hidden", "empty", "directory", "dangling", "itself", "comment"])):
        case "twice":
            block.body.append(include)
        case "hidden":
            files[f"conf{number}/.x.conf"] = "nonsense;\n"
        case "empty":
            files[f"conf{number}/e.conf"] = ""
        case "directory":
            files[f"conf{number}/d.conf/x"] = ""
        case "dangling":
            files[f"conf{number}/l.conf"] = Link("nowhere")
        case "itself":
            texts = sorted(path for path, content in files.items() if isinstance(content, str))
            chosen = draw(st.sampled_from(texts))
            files[chosen] = f"{files[chosen]}include {chosen};\n"
        case _:
            texts = sorted(path for path, content in files.items() if isinstance(content, str))
            chosen = draw(st.sampled_from(texts))
            files[chosen] = f"{files[chosen]}# the end }}"


def _ways(text: str) -> dict[str, str]:
    """The same text in other ways."""
    return {
        "as it is": text,
        "on many lines": text.replace(" ", "\n"),
        "on one line": text.replace("\n", " "),
        "with tabs and comments": text.replace("    ", "\t").replace(";\n", "; # a }; {\n").replace("{\n", "{# x\n"),
        "of Windows": text.replace("\n", "\r\n"),
        "quoted": text.replace(" on;", ' "on";').replace(" TLSv1.2", " 'TLSv1.2'").replace(" off;", " o\\ff;"),
    }


_IN_VARIABLE = re.compile(r"\$\{?\w*$")
_SIGNS = (";", "{", "}")
_ADDED = (";", "}", "{", '"', "'", "\\", "#", " ", "\n", "\u00a0", "\f", "x", "\\n", "\\\\", ")")


def _damage(draw: st.DrawFn, text: str) -> str:
    """Leave out a sign that the grammar needs, or put one in."""
    if draw(st.booleans()):
        places = [place for place, character in enumerate(text) if character in _SIGNS]
        if places:
            place = draw(st.sampled_from(places[::-1]))
            return text[:place] + text[place + 1 :]
    # Names of variables stay whole: the model does not know which there are.
    place = draw(st.integers(0, len(text)).filter(lambda place: not _IN_VARIABLE.search(text[:place])))
    return text[:place] + draw(st.sampled_from(_ADDED)) + text[place:]


@st.composite
def configurations(draw: st.DrawFn, *, mistakes: int = 0) -> Files:
    """The files of a configuration.

    Args:
        draw: Hypothesis' own.
        mistakes: how many there may be; with none at all it is mostly loadable, and http only listens.
    """
    http = draw(_protocol(Family.HTTP))
    main = Block("main", "", ["events { }", http])
    main.body[:0] = [draw(st.sampled_from(words.MAIN))] if _rarely(draw, 4) else []
    for family in (Family.STREAM, Family.MAIL):
        if _rarely(draw, 8):
            main.body.append(draw(_protocol(family)))
    count = draw(st.sampled_from(range(mistakes + 1)))
    for _ in range(count):
        _mistake(draw, main)
    files = _spread(draw, main, odd=count > 0)
    files = {MAIN: main.text(), **files}
    for path in sorted(path for path, content in files.items() if isinstance(content, str)):
        if _rarely(draw, 6):
            ways = _ways(str(files[path]))
            files[path] = ways[draw(st.sampled_from(sorted(ways)))]
    if count and _rarely(draw, 6):
        texts = sorted(path for path, content in files.items() if isinstance(content, str))
        chosen = draw(st.sampled_from(texts))
        files[chosen] = _damage(draw, str(files[chosen]))
    if "garbage.crt" in "".join(map(str, files.values())):
        files |= {"garbage.crt": "no certificate\n", "garbage.key": "no key\n"}
    if "of/$ssl_server_name" in "".join(map(str, files.values())):
        for name in "ab":
            files |= {f"of/{name}.test.{kind}": Link(f"../pki/{name}.{kind}") for kind in ("crt", "key")}
    return files


def shown(files: Files) -> str:
    """The files as a scenario has them."""
    text = ""
    for path, content in files.items():
        if isinstance(content, Link):
            text += f"-- {path} -> {content.target!s} --\n"
        else:
            text += f"-- {path} --\n{content}"
            text += "" if content.endswith("\n") or not content else "\n"
    return text
