"""`return`, `rewrite`, `if`, `set` and `break`: what nginx answers before it serves anything.

nginx: ngx_http_rewrite_module. The lines of one block run in their order, those of the server before a location is
looked for. A condition that depends on what only a request can tell is followed both ways.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from driftscan.nginx.config import Directive, Location, Node, named
from driftscan.nginx.names import expression

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
_ABSOLUTE: Final = ("http://", "https://", "$scheme")
_REWRITES: Final = ("return", "rewrite", "if", "set", "break")
_MOST_WAYS: Final = 64


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks for, without a client certificate, and without anything in front of nginx."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    def __str__(self) -> str:
        port = "" if _PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"


@dataclass(frozen=True, slots=True)
class Redirect:
    """The visitor is sent elsewhere; each part `None` where it depends on what only a request can tell."""

    status: int
    scheme: str | None
    host: str | None
    port: int | None
    path: str | None
    at: Location


@dataclass(frozen=True, slots=True)
class Refused:
    """An error, or a connection that is closed."""

    status: int
    at: Location


@dataclass(frozen=True, slots=True)
class Served:
    """Something is served."""

    at: Location | None
    """The line that says what; `None` for the page that comes with nginx."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It cannot be told from the configuration."""


Response: TypeAlias = Redirect | Refused | Served | Unclear


@dataclass(frozen=True, slots=True)
class Way:
    """How far a request has come without an answer."""

    request: Request
    server_name: str
    path: str | None
    """The path as it is rewritten so far; `None` when that cannot be told."""
    variables: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    stopped: bool = False
    """`break`, or a rewrite that says it or `last`: no more lines of this kind."""
    again: bool = False
    """`last` in a location: another one is looked for."""
    served: Location | None = None
    """The line in an `if` that says what is served."""
    replaced: frozenset[str] = frozenset()
    """The codes of which `error_page` makes another answer."""

    def value(self, name: str) -> str | None:
        """The value of a variable; `None` when it cannot be told."""
        if name in self.variables:
            return self.variables[name]
        request = self.request
        port = "" if _PORTS[request.scheme] == request.port else f":{request.port}"
        known = {
            "host": request.host,
            "http_host": f"{request.host}{port}",
            "server_name": self.server_name,
            "scheme": request.scheme,
            "https": "on" if request.scheme == "https" else "",
            "server_port": str(request.port),
            "request_uri": request.path,
            "uri": self.path,
            "document_uri": self.path,
            "ssl_client_verify": "NONE" if request.scheme == "https" else "",
            "request_method": "GET",
            **dict.fromkeys(("args", "is_args", "query_string", "ssl_early_data"), ""),
        }
        return known.get(name)

    def setting(self, found: Mapping[str, str | None]) -> "Way":
        """The same with other values of variables."""
        return replace(self, variables=MappingProxyType({**self.variables, **found}))

    def text(self, template: str, unknown: str | None = None) -> str | None:
        """A text with its variables replaced; `unknown` stands for what cannot be told, or makes all of it so."""
        parts: list[str] = []
        position = 0
        for variable in _VARIABLE.finditer(template):
            value = self.value(variable[1] or variable[2])
            value = unknown if value is None else value
            if value is None:
                return None
            parts += [template[position : variable.start()], value]
            position = variable.end()
        return "".join((*parts, template[position:]))


_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_URL: Final = re.compile(r"(?P<scheme>https?)://(?P<host>\[[^\]]*\]|[^/:?#]*)(?::(?P<port>[^/?#]*))?(?P<path>[^?#]*)")
_UNKNOWN: Final = "\0"


def replaced(block: tuple[Node, ...]) -> frozenset[str]:
    """The codes of which `error_page` in one block makes another answer: `error_page 418 = @elsewhere`."""
    lines = (line.args for line in named(block, "error_page"))
    return frozenset(code for args in lines if any(word.startswith("=") for word in args) for code in args[:-1])


def run(block: tuple[Node, ...], way: Way) -> Iterator[Response | Way]:
    """Everything that the lines of one block may come to: answers, and ways that reach its end."""
    ways = [way]
    for directive in named(block, *_REWRITES):
        ahead: list[Way] = []
        for one in ways:
            for came in _step(directive, one):
                if isinstance(came, Way) and not came.stopped:
                    ahead.append(came)
                else:
                    yield came
        if len(ahead) > _MOST_WAYS:
            yield Unclear()
            return
        ways = ahead
    yield from ways


def _step(directive: Directive, way: Way) -> Iterator[Response | Way]:
    match directive.name, directive.args:
        case "return", args if args:
            yield _returned(directive, way)
        case "rewrite", (pattern, replacement, *flags):
            yield from _rewritten(directive, way, (pattern, replacement, "".join(flags)))
        case "set", (variable, value):
            yield way.setting({variable.removeprefix("$"): way.text(value)})
        case "if", args:
            holds, captured = _holds(args, way)
            if holds is not False:
                inside = way.setting(captured)
                handler = next(served_by(directive.inside()), None)
                inside = inside if handler is None else replace(inside, served=handler)
                yield from run(directive.inside(), inside)
            if holds is not True:
                yield way
        case "break", _:
            yield replace(way, stopped=True)
        case _:
            yield Unclear()


def served_by(block: tuple[Node, ...]) -> Iterator[Location]:
    """The lines of one block that say what is served."""
    for node in block:
        if isinstance(node, Directive) and (node.name.endswith("_pass") or node.name in _HANDLERS):
            yield node.at


_HANDLERS: Final = frozenset(
    {"root", "alias", "try_files", "stub_status", "empty_gif", "autoindex", "content_by_lua_block"}
)


def _returned(directive: Directive, way: Way) -> Response:
    """What a `return` answers (ngx_http_rewrite_return): a code, a code with text or address, or an address."""
    code, *rest = directive.args
    if not code.isascii() or not code.isdigit():
        return _sent(302, code, way, directive.at)
    status = int(code[:9])
    if status in _REDIRECTS and rest:
        return _sent(status, rest[0], way, directive.at)
    if code in way.replaced:
        return Unclear()
    return Served(directive.at) if status < 300 else Refused(status, directive.at)


def _sent(status: int, target: str, way: Way, at: Location) -> Redirect:
    text = way.text(target, _UNKNOWN) or ""
    request = way.request
    if not text.startswith(("http://", "https://")):
        if not text.startswith("/"):
            return Redirect(status, None, None, None, None, at)
        return Redirect(status, request.scheme, request.host, request.port, _known(_path(text)), at)
    url = _URL.match(text)
    assert url is not None, "every address that begins like this matches"  # noqa: S101
    port = url["port"] or str(_PORTS[url["scheme"]])
    return Redirect(
        status,
        url["scheme"],
        _known(url["host"].lower()),
        int(port) if port.isascii() and port.isdigit() else None,
        _known(url["path"] or "/"),
        at,
    )


def _path(text: str) -> str:
    return re.split(r"[?#]", text, maxsplit=1)[0]


def _known(text: str) -> str | None:
    return None if _UNKNOWN in text else text


def _rewritten(directive: Directive, way: Way, words: tuple[str, str, str]) -> Iterator[Response | Way]:
    pattern, replacement, flag = words
    asked = expression(pattern, ignore_case=False)
    if asked is None or way.path is None:
        yield Unclear()
        return
    match = asked.search(way.path)
    if match is None:
        yield way
        return
    found = way.setting(_captures(match))
    if replacement.startswith(_ABSOLUTE) or flag in {"redirect", "permanent"}:
        yield _sent(301 if flag == "permanent" else 302, replacement, found, directive.at)
        return
    path = found.text(replacement)
    found = replace(found, path=None if path is None else _path(path))
    yield replace(found, stopped=flag in {"last", "break"}, again=flag == "last")


def _captures(match: re.Match[str]) -> dict[str, str | None]:
    numbered = {str(number): value or "" for number, value in enumerate(match.groups(), 1)}
    return {**numbered, **{name: value or "" for name, value in match.groupdict().items()}}


def _holds(args: tuple[str, ...], way: Way) -> tuple[bool | None, dict[str, str | None]]:
    """Whether the condition of an `if` is true, `None` when it cannot be told, and what it captured."""
    words = tuple(_condition(args))
    value = way.text(words[0]) if words and words[0].startswith("$") else None
    if value is None:
        return None, {}
    if len(words) == 1:
        return value not in {"", "0"}, {}
    operator, wanted = words[1], words[2] if len(words) == 3 else ""
    if operator in {"=", "!="}:
        other = way.text(wanted)
        return (None if other is None else (value == other) is (operator == "=")), {}
    asked = expression(wanted, ignore_case=operator.endswith("*"))
    if asked is None or operator not in {"~", "~*", "!~", "!~*"}:
        return None, {}
    match = asked.search(value)
    return (match is None) is operator.startswith("!"), {} if match is None else _captures(match)


def _condition(args: Iterable[str]) -> Iterator[str]:
    """The words between the parentheses, which may stand apart from them or not."""
    words = list(args)
    if words:
        words[0] = words[0].removeprefix("(")
        words[-1] = words[-1].removesuffix(")")
    yield from (word for word in words if word)
