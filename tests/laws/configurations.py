"""Random configurations, most of which nginx would load, as statements; and random ways of writing the same ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.drift.trees import MAIN
from tests.etc import Content

Draw = Callable[[st.SearchStrategy[object]], object]

ADDRESSES = ("443", "8443", "[::]:443", "203.0.113.5:443", "80")
NAMES = ("a.example", "b.example", "c.example", "*.example", "www.*", "~^x", "_", "d.example", "e.example")
VALUES = {
    "ssl_protocols": ("TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.1 TLSv1.2"),
    "ssl_ciphers": ("HIGH:!aNULL:!MD5", "ECDHE+AESGCM", "'DEFAULT:@SECLEVEL=1'"),
    "ssl_session_tickets": ("on", "off"),
    "ssl_session_cache": ("off", "none", "shared:one:1m", "shared:two:10m", "builtin"),
    "ssl_session_timeout": ("5m", "1d", "1440m"),
    "ssl_ecdh_curve": ("auto", "X25519", "secp384r1"),
    "ssl_prefer_server_ciphers": ("on", "off"),
    "ssl_verify_client": ("off", "optional_no_ca"),
    "ssl_early_data": ("on", "off"),
    "ssl_certificate": ("/one.pem", "/two.pem"),
    "ssl_conf_command": ("Ciphersuites TLS_AES_128_GCM_SHA256", "Groups X25519"),
    "ssl_stapling": ("on", "off"),
    "add_header": ('Strict-Transport-Security "max-age=60"', "X-Other 1"),
}
"""The zones have one size each, and each directive stands once a block: some nginx would load all of this."""
PASSED = {
    "proxy_ssl_protocols": ("TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3"),
    "proxy_ssl_server_name": ("on", "off"),
    "proxy_ssl_verify_depth": ("1", "2"),
    "proxy_ssl_ciphers": ("DEFAULT", "HIGH"),
}
"""What nginx says to the servers behind it, at any level."""
TARGETS = ("https://127.0.0.1:8443", "http://127.0.0.1:8080", "https://$host:8443")
PLACES = ("/", "/api", "= /", "~ ^/x")
STREAM_ADDRESSES = ("9443", "9444", "203.0.113.5:9443")
STREAM_VALUES = {
    name: VALUES[name] for name in ("ssl_protocols", "ssl_ciphers", "ssl_session_timeout", "ssl_verify_client")
} | {"proxy_ssl": ("on", "off"), "proxy_ssl_server_name": ("on", "off")}


@dataclass(frozen=True, slots=True)
class Block:
    """A `server {}`, as the statements in it."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """An `http {}`: its own statements, and its servers in order; and the servers of a `stream {}`."""

    lines: tuple[str, ...]
    servers: tuple[Block, ...]
    stream: tuple[Block, ...] = ()


def _chosen(values: Mapping[str, tuple[str, ...]], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of these directives, once each."""
    return st.dictionaries(st.sampled_from(sorted(values)), st.integers(0, 9), max_size=most).map(
        lambda chosen: tuple(f"{name} {values[name][place % len(values[name])]};" for name, place in chosen.items())
    )


settings = _chosen(VALUES, 4)
passed = _chosen(PASSED, 2)
words = st.sampled_from(["ssl", "ssl", "ssl", "ssl http2", "", "ssl proxy_protocol"])
listens = st.dictionaries(st.sampled_from(ADDRESSES), words, min_size=1, max_size=3).map(
    lambda chosen: tuple(f"listen {address} {'' if address == '80' else extra};" for address, extra in chosen.items())
)
names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(
    lambda chosen: (f"server_name {' '.join(chosen)};",) if chosen else ()
)
locations = st.dictionaries(st.sampled_from(PLACES), st.tuples(st.sampled_from(TARGETS), passed), max_size=2).map(
    lambda chosen: tuple(
        f"location {place} {{ proxy_pass {target}; {' '.join(lines)} }}" for place, (target, lines) in chosen.items()
    )
)


def _block(*parts: tuple[str, ...]) -> Block:
    return Block(tuple(line for part in parts for line in part))


blocks = st.builds(_block, listens, names, settings, passed, locations)
stream_listens = st.dictionaries(
    st.sampled_from(STREAM_ADDRESSES), st.sampled_from(["ssl", "ssl", ""]), min_size=1, max_size=2
).map(lambda chosen: tuple(f"listen {address} {extra};" for address, extra in chosen.items()))
# Before 1.25.5 servers of stream have no names.
stream_names = st.sampled_from([(), (), (), ("server_name s.example;",), ("server_name t.example;",)])
stream_blocks = st.builds(
    lambda *parts: _block(
        *parts, ("ssl_certificate /s.pem;", "ssl_certificate_key /s.key;", "proxy_pass 127.0.0.1:9;")
    ),
    stream_listens,
    stream_names,
    _chosen(STREAM_VALUES, 3),
)
certificate = st.sampled_from([("ssl_certificate /w.pem;", "ssl_certificate_key /w.key;")] * 3 + [()])


def _http(
    certified: tuple[str, ...], chosen: tuple[str, ...], passing: tuple[str, ...], *servers: list[Block]
) -> Configuration:
    kept = tuple(line for line in chosen if not (certified and line.startswith("ssl_certificate ")))
    return Configuration((*certified, *kept, *passing), *map(tuple, servers))


configurations = st.builds(
    _http, certificate, settings, passed, st.lists(blocks, max_size=4), st.lists(stream_blocks, max_size=2)
)
"""Any configuration: order, duplicate names and missing names included."""


def _ordered_apart(configuration: Configuration) -> Configuration:
    """The same with an explicit default server on every socket, and no name in two servers: order means nothing."""
    catch_all = Block(tuple(f"listen {address}{' ssl' * (address != '80')} default_server;" for address in ADDRESSES))
    taken: set[str] = set()
    servers = []
    for block in configuration.servers:
        lines = []
        for line in block.lines:
            if not line.startswith("server_name "):
                lines.append(line)
                continue
            # Regular expressions are tried in order, so there is none of them here either.
            mine = [name for name in line[12:-1].split() if name not in taken and not name.startswith("~")]
            taken.update(mine)
            lines += [f"server_name {' '.join(mine)};"] if mine else []
        if any(line.startswith("server_name") for line in lines):
            servers.append(Block(tuple(lines)))
    return replace(configuration, servers=(*servers, catch_all))


order_free = configurations.map(_ordered_apart)


# ---------------------------------------------------------------------- writing them

BLANKS = st.sampled_from([" ", "\n", "\t", "  ", "\r\n", " # a comment; with { marks }\n", "\n\n# 'quote\n  "])


def written(configuration: Configuration) -> str:
    """The plain way: a statement a line."""
    servers = [_server(block.lines) for block in configuration.servers]
    stream = _stream([_server(block.lines) for block in configuration.stream])
    return "\n".join(["events {}", "http {", *configuration.lines, *servers, "}", *stream, ""])


def _server(lines: Iterable[str]) -> str:
    return "\n".join(["server {", *lines, "}"])


def _stream(servers: list[str]) -> list[str]:
    return ["stream {", *servers, "}"] if servers else []


@st.composite
def rewritten(draw: st.DrawFn, configuration: Configuration) -> str:
    """The same words with other blanks and comments between them."""
    text = written(configuration).replace(";", " ;").replace("{}", "{ }")
    parts: list[str] = []
    for line in text.splitlines():
        for word in _words(line):
            if word not in {";", "{", "}"} or draw(st.booleans()):
                parts.append(draw(BLANKS))
            parts.append(word)
    return "".join(parts) + draw(BLANKS)


def _words(line: str) -> list[str]:
    """Words, with what is quoted in one piece."""
    found: list[str] = []
    for word in line.split():
        if found and found[-1][:1] in {'"', "'"} and (len(found[-1]) == 1 or found[-1][-1] != found[-1][0]):
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _statements(lines: tuple[str, ...], draw: st.DrawFn, files: dict[str, Content], folder: str) -> list[str]:
    """Statements, some of them moved into files of their own."""
    kept: list[str] = []
    for line in lines:
        if draw(st.booleans()):
            name = f"{folder}/{len(files):03}.conf"
            inner = f"{folder}/{len(files):03}.inc"
            deep = draw(st.booleans())
            files[f"nginx/{name}"] = f"include {inner};\n" if deep else f"# moved\n{line}\n"
            if deep:
                files[f"nginx/{inner}"] = f"\n{line}"
            # With magic or without, relative or absolute, the same file.
            kept.append(
                f"include {draw(st.sampled_from([name, f'/etc/nginx/{name}', name.replace('.conf', '.[c]onf')]))};"
            )
        else:
            kept.append(line)
    return kept


@st.composite
def split(draw: st.DrawFn, configuration: Configuration) -> dict[str, Content]:
    """The same statements in the same order, some of them in included files."""
    files: dict[str, Content] = {}
    servers = [_server(_statements(block.lines, draw, files, "snippets")) for block in configuration.servers]
    stream = [_server(_statements(block.lines, draw, files, "snippets")) for block in configuration.stream]
    lines = _statements(configuration.lines, draw, files, "snippets")
    if draw(st.booleans()):
        for number, server in enumerate(servers):
            files[f"nginx/sites/{number:03}"] = server
        servers = ["include sites/*;"]
    files[MAIN] = "\n".join(["events {}", "http {", *lines, *servers, "}", *_stream(stream), ""])
    return files


@st.composite
def in_files(draw: st.DrawFn, configuration: Configuration) -> dict[str, Content]:
    """Each server in a file of its own, the files in any order."""
    places = draw(st.permutations(range(len(configuration.servers))))
    files: dict[str, Content] = {
        f"nginx/sites/{place:03}": _server(block.lines)
        for place, block in zip(places, configuration.servers, strict=True)
    }
    stream = _stream([_server(block.lines) for block in configuration.stream])
    files[MAIN] = "\n".join(["events {}", "http {", *configuration.lines, "include sites/*;", "}", *stream, ""])
    return files
