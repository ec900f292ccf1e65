"""HSTS: `add_header Strict-Transport-Security`, and which levels send it (:mod:`driftscan.nginx.headers`).

RFC 6797 6.1: directives of the header are case-insensitive and in any order; 8.1: the first header counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from driftscan.nginx.config import Gap, Location
from driftscan.nginx.directives.base import (
    Decider,
    Declaration,
    Default,
    Explicit,
    Inherited,
    Repetition,
    Setting,
    Unknown,
    always,
)
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.values import Occurrences
from driftscan.nginx.headers import Headers, start_page

HEADER = "strict-transport-security"
NAME = "add_header Strict-Transport-Security"
"""How the setting is called wherever directives are named."""


_LEVELS = "http server location location-if"
HEADER_FORMS: Mapping[str, tuple[Form, ...]] = {
    # `always` came with 1.7.5.
    "add_header": (form("2", _LEVELS, gone="1.7.5"), form("2-3", _LEVELS, since="1.7.5")),
    "add_header_inherit": (form("1", _LEVELS, since="1.29.3"),),
    "add_trailer": (form("2-3", _LEVELS, since="1.13.2"),),
    "add_trailer_inherit": (form("1", _LEVELS, since="1.29.3"),),
}
"""Where the lines of ngx_http_headers_module stand that add headers and trailers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a browser reads from one header. Equal when the meaning is."""

    max_age: int | None
    """Seconds; `None` when it is missing, not a number, or a variable: browsers then ignore the header."""
    include_subdomains: bool
    preload: bool
    always: bool
    """Sent with every status, not only with successes and redirects."""
    other: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: str, *, always: bool) -> "Policy":
        """Parse a header value; nothing is refused, as browsers refuse nothing."""
        words = [word.strip().lower() for word in value.split(";") if word.strip()]
        ages = [word.partition("=")[2].strip(' "') for word in words if word.partition("=")[0].strip() == "max-age"]
        known = {"includesubdomains", "preload"}
        return cls(
            int(ages[0]) if ages and ages[0].isascii() and ages[0].isdigit() and len(ages[0]) < 20 else None,
            "includesubdomains" in words,
            "preload" in words,
            always,
            tuple(sorted(word for word in words if word not in known and not word.startswith("max-age"))),
        )

    def __str__(self) -> str:
        words = [] if self.max_age is None else [f"max-age={self.max_age}"]
        words += ["includeSubDomains"] * self.include_subdomains + ["preload"] * self.preload + list(self.other)
        return "; ".join(words) + (" always" if self.always else "")


@dataclass(frozen=True, slots=True)
class Sent:
    """HSTS at one level: the policy sent there, and the line that sends it or that dropped it."""

    policy: Policy | None
    at: Location | None
    hole: Gap | None = None
    """A part of the level that could not be read and may hold headers: then nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Hsts:
    """HSTS of a server: at its own level, and for its start page, where a location may have dropped it.

    Browsers learn the policy of the whole host from any answer, so locations other than the start page do not count.
    """

    server: Policy | None
    start_page: Policy | None

    def __str__(self) -> str:
        shown = _shown(self.server)
        return shown if self.start_page == self.server else f"{shown}; location /: {_shown(self.start_page)}"


def _shown(policy: Policy | None) -> str:
    return "not sent" if policy is None else str(policy)


def sent(headers: Headers) -> Sent:
    """The policy that a level sends, and the line it comes from (or the first that displaced it)."""
    header = headers.first(HEADER)
    if header is not None:
        return Sent(Policy.read(header.value, always=header.always), header.at)
    return Sent(None, headers.lines[0].at if headers.lines else None)


def sent_by(levels: Mapping[str, Headers]) -> dict[str, Sent]:
    """What a server sends at each level (keys as in :func:`driftscan.nginx.headers.by_level`).

    Nothing is known of a location with a part that could not be read.
    """
    return {
        name: Sent(None, None, level.unread) if name and level.unread is not None else sent(level)
        for name, level in levels.items()
    }


def _not_from_arguments(_found: Occurrences) -> Hsts:
    raise AssertionError("HSTS is read from whole levels, see setting()")


HSTS: Declaration[Hsts] = Declaration(
    NAME,
    _not_from_arguments,
    default=always(Hsts(None, None)),
    decider=always(Decider.HTTP_SERVER),
    forms=(),
    repetition=always(Repetition.APPEND),
)
"""The declaration under which HSTS is compared and shown."""


def setting(headers: Headers, sent: Mapping[str, Sent], inherited: Headers, default: Default) -> Setting[Hsts]:
    """HSTS of a server with its origin.

    Args:
        headers: the lines in force at the server's own level.
        sent: what :func:`sent_by` says of it.
        inherited: the lines in force at `http {}`.
        default: the origin of "not sent" where no line says anything.
    """
    own = sent[""]
    if own.policy is None and headers.hole is not None:
        return Setting(None, Unknown(headers.hole))
    page = sent[start_page(sent)]
    if page.hole is not None:
        return Setting(None, Unknown(page.hole))
    value = Hsts(own.policy, page.policy)
    if own.at is not None:
        from_http = own.at in {line.at for line in inherited.lines}
        return Setting(value, Inherited((own.at,)) if from_http else Explicit((own.at,)))
    # Only the location of the start page says something, if anything does.
    return Setting(value, default if page.at is None else Explicit((page.at,)))
