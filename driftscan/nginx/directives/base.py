"""The shape of a declaration: everything driftscan knows about one directive, as data.

A new directive is one more declaration in the table of its family; comparing, querying and reporting work on
whatever is in the table. What depends on a version is a list of facts with the version they begin at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

from driftscan.history.platform import Platform
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Gap, Location
from driftscan.nginx.directives.forms import Form
from driftscan.nginx.directives.values import Read

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Since(Generic[T_co]):
    """A fact that holds from an nginx release on, until the next entry of its list."""

    nginx: str
    value: T_co
    library: "Callable[[Library], bool] | None" = None
    """Holds only with a TLS library like this; an unknown library is taken for a current OpenSSL."""


Facts: TypeAlias = tuple[Since[T], ...]
"""Oldest first."""


def fact(facts: Facts[T], platform: Platform) -> T | None:
    """The fact that holds on a platform; `None` before the first."""
    held: T | None = None
    for since in facts:
        if NginxVersion.parse(since.nginx) > platform.nginx.version:
            break
        if since.library is None or platform.library is None or since.library(platform.library.version):
            held = since.value
    return held


def always(value: T) -> Facts[T]:
    """A fact of every version."""
    return (Since("0.1.0", value),)


class Family(StrEnum):
    """What kind of servers: the block that they stand in."""

    HTTP = "http"
    STREAM = "stream"
    MAIL = "mail"


class Decider(Enum):
    """Whose value a client meets, when the server that SNI selects is not the default server of the socket.

    Established by experiment on 13 nginx versions, or by reading the source where a declaration says so; the
    mechanism is in :mod:`driftscan.tls.endpoints`.
    """

    SNI_SERVER = "SNI server"
    DEFAULT_SERVER = "default server"
    SOCKET = "socket"
    HTTP_SERVER = "HTTP server"
    """The server that answers the request: after the handshake, so a missing certificate changes nothing."""
    TICKETS = "default server and SNI server"
    SESSION_CACHE = "default server, unless the SNI server says off"
    PREFERENCE = "SNI server up to TLS 1.2, default server for TLS 1.3"
    CONF_COMMAND = "default server or SNI server, by command"
    HTTP2 = "socket or HTTP server"
    UPSTREAM = "the server or location that passes the request on"
    """nginx is the client there: neither the socket nor a name that SNI asks for has a say."""


class Repetition(Enum):
    """What a second occurrence in the same block does."""

    FATAL = '[emerg] "X" directive is duplicate'
    UNION = "added to the same set"
    APPEND = "appended to the same list"
    LAST = "replaces the first, silently"


@dataclass(frozen=True, slots=True)
class Explicit:
    """Written in the server's own block, or in a file included there."""

    at: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """Written one level up, in `http {}`."""

    at: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Default:
    """Written nowhere: built into this version of nginx."""

    nginx: NginxVersion
    assumed: bool
    """The version is not known, only likely."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may be written in a part of the configuration that could not be read."""

    gap: Gap


Origin: TypeAlias = Explicit | Inherited | Default | Unknown


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value with where it came from. `None` is the absence that nginx knows (no certificate, no CRL)."""

    value: T | None
    origin: Origin

    @property
    def known(self) -> bool:
        """Whether `value` says anything at all."""
        return not isinstance(self.origin, Unknown)

    @property
    def places(self) -> tuple[Location, ...]:
        """The lines that hold the directive; none for a default."""
        match self.origin:
            case Explicit(at) | Inherited(at):
                return at
            case Default() | Unknown():
                return ()


_FATAL = always(Repetition.FATAL)


@dataclass(frozen=True, slots=True, eq=False)
class Declaration(Generic[T]):
    """One directive. Two declarations are the same only if they are the same object."""

    name: str
    read: Read[T | None]
    """`None` where the arguments take the value back: an empty name of a file is no file."""
    default: Facts[T | None]
    decider: Facts[Decider]
    forms: tuple[Form, ...]
    """Where it may stand and how many arguments it takes, by release; empty for what is read from whole levels."""
    repetition: Facts[Repetition] = _FATAL
    words: Mapping[str, str] = field(default_factory=dict)
    """Arguments, in lower case, that not every release knows, with the first one that does."""
    inherit: Callable[[T, T], T] | None = None
    """How an inner value combines with the outer one; `None`: the inner one replaces it whole."""
    finish: Callable[[T], T] | None = None
    """Applied once, after inheritance."""

    def forms_of(self, nginx: NginxVersion) -> tuple[Form, ...]:
        """The entries that a release has; none where it does not know the directive."""
        return tuple(
            entry
            for entry in self.forms
            if NginxVersion.parse(entry.since) <= nginx
            and (entry.gone is None or nginx < NginxVersion.parse(entry.gone))
        )


AnyDeclaration: TypeAlias = Declaration[Any]
AnySetting: TypeAlias = Setting[Any]
