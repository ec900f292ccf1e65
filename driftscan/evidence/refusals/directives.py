"""Refusals of single statements: repeated, unfinished, or of another release."""

from collections.abc import Mapping
from typing import Final

from driftscan.drift.findings import Need
from driftscan.evidence.refusals.told import Refused, Stopped, is_certbots, standing
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive
from driftscan.nginx.directives import DECLARATIONS, FORMS
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.listen_parameters import lookup
from driftscan.nginx.directives.vocabulary import VOCABULARY

_CURES: Final[Mapping[str, str]] = {
    "http2": "write `http2` in the server's `listen ... ssl` lines in place of it",
    "quic": "take the whole line away (without the word it would speak plain HTTP)",
    "ssl": "take it away, and where it says `on` write `ssl` in the server's `listen` lines: `listen 443 ssl;`",
    "spdy": "write `http2` in place of it",
}
"""By word, what other releases have in its place, if anything."""


def statement(stopped: Stopped) -> Refused | None:
    """A statement that is not finished, or a block that is not; a release with other arguments is another matter."""
    if stopped.message.by_release:
        return None
    return Refused(stopped.at, "syntax", (("place", str(stopped.at)),))


def duplicate(stopped: Stopped) -> Refused | None:
    """A directive that stands twice in one block."""
    name = stopped.words["directive"]
    for found in standing(stopped.state):
        if not found.is_read(name, stopped.at):
            continue
        alike = [node for node in found.siblings if isinstance(node, Directive) and node.name == name]
        second = next((node for node in alike[1:] if node.read_at == stopped.at), None)
        if second is not None:
            return _twice(stopped, alike[0], second)
    return None


def _twice(stopped: Stopped, first: Directive, second: Directive) -> Refused:
    needs = frozenset({Need.NGINX} if stopped.message.by_release else ())
    told = (("directive", second.name), ("second", str(second.at)))
    if first is second:  # one text, read at two places
        return Refused(second.at, "included-twice", (*told, ("file", second.at.path)), needs=needs)
    # certbot's line stays, so that its updates keep coming.
    spare, kept = (first, second) if is_certbots(second.at) else (second, first)
    facts = (*told, ("first", str(first.at)), ("spare", str(spare.at)), ("kept", str(kept.at)))
    return Refused(stopped.at, "duplicate", facts, (first.at,), spare, needs=needs)


def unknown_directive(stopped: Stopped) -> Refused | None:
    """A directive that another release has."""
    name = stopped.words["word"]
    forms = (*FORMS.get(name, ()), *VOCABULARY.get(name, ()))
    since = min((NginxVersion.parse(form.since) for form in forms), default=None)
    ends = [NginxVersion.parse(form.gone) for form in forms if form.gone is not None]
    gone = max(ends) if forms and len(ends) == len(forms) else None
    directive = next((found.directive for found in standing(stopped.state) if found.is_read(name, stopped.at)), None)
    return _of_another_release(stopped, f"the directive {name}", since, gone, directive)


def unknown_value(stopped: Stopped) -> Refused | None:
    """A value that a newer release has."""
    word = stopped.words["word"]
    for found in standing(stopped.state):
        directive = found.directive
        if found.family is None or directive.read_at != stopped.at or word not in directive.args:
            continue
        declaration = DECLARATIONS[found.family].get(directive.name)
        since = None if declaration is None else declaration.words.get(word.lower())
        if since is not None:
            what = f"the value {word} of {directive.name}"
            return _of_another_release(stopped, what, NginxVersion.parse(since), None, directive)
    return None


def unknown_parameter(stopped: Stopped) -> Refused | None:
    """A parameter of `listen` that another release has."""
    word = stopped.words["word"]
    known = lookup(word)
    if known is None:
        return None
    parameter, _ = known
    since = {Family.HTTP: parameter.http, Family.STREAM: parameter.stream, Family.MAIL: parameter.mail}
    for found in standing(stopped.state):
        if found.family is not None and found.is_read("listen", stopped.at) and word in found.directive.args:
            return _of_another_release(
                stopped,
                f"the parameter {word} of listen",
                _parsed(since[found.family]),
                _parsed(parameter.gone),
                found.directive,
            )
    return None


def _parsed(version: str | None) -> NginxVersion | None:
    return None if version is None else NginxVersion.parse(version)


def _of_another_release(
    stopped: Stopped, what: str, since: NginxVersion | None, gone: NginxVersion | None, directive: Directive | None
) -> Refused | None:
    """The release that brought a word, or took it away; `None` where this is neither before nor after it."""
    nginx, at = stopped.state.platform.nginx.version, stopped.at if directive is None else directive.at
    name = stopped.words["word"]
    cure = _CURES.get(name, "take it away")
    facts = (("what", what), ("nginx", str(nginx)), ("place", str(at)), ("cure", cure))
    needs = frozenset({Need.NGINX})
    if since is not None and since > nginx:
        return Refused(at, "newer", (*facts, ("release", str(since))), directive=directive, needs=needs)
    if gone is not None and gone <= nginx:
        return Refused(at, "gone", (*facts, ("release", str(gone))), directive=directive, needs=needs)
    return None
