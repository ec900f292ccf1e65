"""Patterns that operators write themselves, as TOML in driftscan/patterns.d/ of /etc: data, and no code.

    [[pattern]]
    id = "site-terminals-need-tls12"
    title = "The payment terminals cannot connect without TLS 1.2"
    severity = "high"
    directive = "ssl_protocols"
    server = "pay.example"
    because = "The terminals of the shops speak TLS 1.2 only."
    remedy = "Write TLSv1.2 back, and call the shop team before the next attempt."
    after = { lacks = ["TLSv1.2"] }

`after` is what the value in force must be for a finding, and with `before` the finding is about a change: it begins
when a value that was as `before` says becomes one that is as `after` says, and ends when it is so no more.
"""

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from driftscan.drift.changes import Scope, SettingChanged
from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, PatternId, Severity
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.query import matches
from driftscan.drift.state import State
from driftscan.drift.subjects import EndpointSubject, endpoint_subject
from driftscan.nginx.directives.base import AnyDeclaration, Family
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.values import items, show
from driftscan.patterns.base import Category, Pattern
from driftscan.patterns.catalogue import SECTIONS, KnownBreakage
from driftscan.site.toml import SiteError, decode
from driftscan.tls.endpoints import Endpoint

PREFIX: Final = "site-"
"""With what the ids of a site's own patterns begin, so that none is ever that of a pattern of driftscan's."""


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What a value must be; all that is said must hold."""

    value: str | None = None
    """Exactly this, as an operator would write it: `off`, `10m`, `TLSv1.2 TLSv1.3`; `not set` for its absence."""
    other_than: str | None = None
    has: list[str] = []
    """Members that a set or list has, all of them."""
    lacks: list[str] = []
    """Members of which a set or list has none."""

    def holds(self, value: object) -> bool:
        """Whether a value is so."""
        text = show(value)
        members = items(value) if isinstance(value, frozenset | tuple) else text.replace(":", " ").split()
        return (
            self.value in {None, text}
            and (self.other_than is None or self.other_than != text)
            and all(member in members for member in self.has)
            and not any(member in members for member in self.lacks)
        )

    @property
    def says_nothing(self) -> bool:
        """Whether every value is so."""
        return self == Condition()


class SitePattern(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of a file."""

    id: str
    title: str
    severity: Literal["low", "medium", "high", "critical"]
    directive: str
    because: str
    remedy: str
    after: Condition
    before: Condition | None = None
    server: str = "*"
    """A shell glob for the name that clients ask for."""
    visitors: str = ""
    symptoms: list[str] = []
    references: list[str] = []


class SiteFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    pattern: list[SitePattern] = []


def read_patterns(data: bytes, path: str) -> tuple[KnownBreakage, ...]:
    """The patterns in a file.

    Raises:
        SiteError: the file says something that no pattern can be made of.
    """
    return tuple(_breakage(entry, path) for entry in decode(data, SiteFile, path).pattern)


def _breakage(entry: SitePattern, path: str) -> KnownBreakage:
    where = f"{path}: pattern {entry.id!r}"
    if not entry.id.startswith(PREFIX) or not entry.id.replace("-", "").isalnum():
        raise SiteError(f"{where}: an id is letters, digits and dashes, and begins with {PREFIX}")
    declarations = dict(_declared(entry.directive))
    if not declarations:
        raise SiteError(f"{where}: directive {entry.directive!r} is none that clients meet; see `driftscan effective`")
    if entry.after.says_nothing:
        raise SiteError(f"{where}: after says nothing; write value, other_than, has or lacks")
    texts = {
        "Symptom": "\n".join(entry.symptoms),
        "Cause": entry.because,
        "Remedy": entry.remedy,
        "References": "\n".join(entry.references),
    }
    pattern = Pattern(
        category=Category.SITE,
        severity=Severity[entry.severity.upper()],
        messages={"": _literal(entry.because).rstrip(".") + ": {directive} is {value} for {names}."},
        symptoms=tuple(entry.symptoms),
        affects=f"{entry.directive} in force, as {path} says",
        visitors={"": _literal(entry.visitors)},
        remedies={"": _literal(entry.remedy)},
    )
    identity = PatternId(entry.id)
    return KnownBreakage(
        identity,
        entry.title.rstrip("."),
        tuple((name, texts.get(name, "")) for name in SECTIONS),
        pattern,
        _matcher(identity, pattern.severity, entry, declarations),
    )


def _declared(directive: str) -> Iterator[tuple[Family, AnyDeclaration]]:
    for family, declarations in COMPARED.items():
        if directive in declarations:
            yield family, declarations[directive]


def _literal(text: str) -> str:
    """The text as a template that says nothing but the text."""
    return " ".join(text.split()).replace("{", "{{").replace("}", "}}")


def _matcher(
    identity: PatternId, severity: Severity, entry: SitePattern, declarations: dict[Family, AnyDeclaration]
) -> Matcher:
    def is_meant(endpoint: Endpoint) -> bool:
        return endpoint.server.family in declarations and matches(entry.server, endpoint.name or "_")

    def hit(endpoint: Endpoint, state: State) -> Hit | None:
        met = endpoint.in_force(declarations[endpoint.server.family], state.platform)
        if not met.known or not entry.after.holds(met.value):
            return None
        subject = endpoint_subject(endpoint, state)
        facts = (("directive", entry.directive), ("value", show(met.value)), ("names", str(subject)))
        return Hit(subject, met.setting.places or (endpoint.server.at,), facts)

    def hazards(state: State) -> Iterator[Hit]:
        yield from filter(None, (hit(endpoint, state) for endpoint in state.endpoints.values() if is_meant(endpoint)))

    def events(transition: Transition) -> Iterator[Hit]:
        for change in transition.changes:
            if not isinstance(change, SettingChanged) or change.scope is not Scope.IN_FORCE:
                continue
            subject = change.subject
            if change.directive != entry.directive or not isinstance(subject, EndpointSubject):
                continue
            endpoint = transition.after.endpoints[subject.socket, subject.name]
            if is_meant(endpoint) and entry.before is not None and entry.before.holds(change.before.value):
                yield from filter(None, [hit(endpoint, transition.after)])

    def mended(state: State, was: Hit) -> bool:
        subject = was.subject
        endpoint = state.endpoints.get((subject.socket, subject.name)) if isinstance(subject, EndpointSubject) else None
        return endpoint is None or hit(endpoint, state) is None

    if entry.before is None:
        return Matcher(identity, severity, hazards=hazards)
    return Matcher(identity, severity, events=events, mended=mended)
