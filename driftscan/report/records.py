"""The model -> entries of a JSON document, one by one. Values stay values; words come from the view's modules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, assert_never

from driftscan.drift import changes as drift
from driftscan.drift import subjects
from driftscan.drift.findings import FindingState, Life
from driftscan.drift.patches import Patch
from driftscan.history.commit import Commit, Identity
from driftscan.history.etckeeper import origin
from driftscan.history.etckeeper import subject as subject_of
from driftscan.history.modes import ModesFile
from driftscan.history.platform import Known, Platform
from driftscan.nginx.config import Gap, Location
from driftscan.nginx.directives.base import Explicit, Inherited, Origin
from driftscan.nginx.directives.values import items, show
from driftscan.nginx.files import NamedFile
from driftscan.nginx.loadtest import Load
from driftscan.report import change_entries, document, entries
from driftscan.report.findings import because
from driftscan.report.patch import carried
from driftscan.report.patterns import explained, paragraphs
from driftscan.report.sources import origin_word
from driftscan.report.wording import certainty_note, not_before
from driftscan.tls.endpoints import Split
from driftscan.tls.handshake import Handshake


def commit(made: Commit, previous: Commit | None) -> entries.Commit:
    """A commit with the honest time of what it committed."""
    found = origin(made)
    earliest = not_before(made, previous)
    return entries.Commit(
        made.id,
        list(made.parents),
        _identity(made.author),
        _identity(made.committer),
        made.authored.isoformat(),
        made.committed.isoformat(),
        subject_of(made),
        found.made_by.value,
        found.command,
        found.person,
        None if earliest is None else earliest.isoformat(),
    )


def _identity(person: Identity) -> entries.Identity:
    return entries.Identity(person.name, person.email)


def platform(ran: Platform) -> entries.Platform:
    """What ran."""
    library = None
    if ran.library is not None:
        family, _, number = str(ran.library.version).partition(" ")
        library = _version(ran.library, family, number)
    certbot = None if ran.certbot is None else _version(ran.certbot, "certbot", ran.certbot.version)
    return entries.Platform(_version(ran.nginx, "nginx", str(ran.nginx.version)), library, certbot)


def _version(known: Known[Any], family: str, number: str) -> entries.Version:
    return entries.Version(number, family, known.evidence.value, known.source)


def place(location: Location) -> entries.Place:
    """A line."""
    return entries.Place(location.path, location.line)


# ------------------------------------------------------------------ subjects


def server(subject: subjects.ServerSubject) -> entries.Server:
    """A server."""
    return entries.Server(subject.name, list(subject.names), list(map(str, subject.sockets)), place(subject.at))


def endpoint(subject: subjects.EndpointSubject) -> entries.Endpoint:
    """A name on a socket."""
    return entries.Endpoint(str(subject.socket), subject.name, server(subject.server))


def socket(subject: subjects.SocketSubject) -> entries.SocketSubject:
    """A socket."""
    return entries.SocketSubject(str(subject.socket))


def any_subject(subject: subjects.Subject) -> entries.Subject:
    """Whatever it is."""
    match subject:
        case subjects.ServerSubject():
            return server(subject)
        case subjects.EndpointSubject():
            return endpoint(subject)
        case subjects.SocketSubject():
            return socket(subject)
        case subjects.ZoneSubject(name):
            return entries.Zone(name)
        case subjects.UpstreamSubject(on, path, target):
            return entries.Upstream(server(on), path, target)
        case subjects.ConfigurationSubject(main):
            return entries.Configuration(main)
        case subjects.FileSubject(path):
            return entries.NamedFile(path)
        case _:
            assert_never(subject)


# ------------------------------------------------------------------ settings


def value(thing: object) -> entries.Value:
    """A value as nginx would be told it: lists as lists, all else as text."""
    match thing:
        case None:
            return None
        case frozenset() | tuple():
            return items(thing)
        case _:
            return show(thing)


def split(thing: object) -> entries.Split | None:
    """The two values of two servers that decide together."""
    return entries.Split(value(thing.sni_server), value(thing.default_server)) if isinstance(thing, Split) else None


def places(from_where: Origin) -> tuple[entries.Place | None, list[entries.Place]]:
    """The first line of a value, and the others."""
    match from_where:
        case Explicit(at) | Inherited(at) if at:
            return place(at[0]), [place(more) for more in at[1:]]
        case _:
            return None, []


def side(found: drift.Side) -> entries.Setting:
    """A value before or after."""
    at, more = places(found.origin)
    return entries.Setting(
        value(found.value), origin_word(found.origin), at, more, found.decided_by, split(found.value)
    )


# ------------------------------------------------------------------ changes


def change(made: drift.Change) -> change_entries.Change:  # noqa: PLR0911 - one for each kind
    """A change of any kind."""
    match made:
        case drift.SettingChanged():
            return change_entries.SettingChanged(
                made.scope.value,
                any_subject(made.subject),
                made.directive,
                side(made.before),
                side(made.after),
                "in-force" if made.in_force else "none",
                made.reason,
                made.by_upgrade,
            )
        case drift.ServerAdded(subject):
            return change_entries.ServerAdded(server(subject))
        case drift.ServerRemoved(subject):
            return change_entries.ServerRemoved(server(subject))
        case drift.ServerRenamed(before, after):
            return change_entries.ServerRenamed(server(after), server(before), server(after))
        case drift.NameMoved(moved, before, after):
            return change_entries.NameMoved(endpoint(moved), server(before), server(after))
        case drift.DefaultServerChanged(on, before, after, was, now):
            return change_entries.DefaultServerChanged(socket(on), server(before), server(after), was, now)
        case drift.SocketAdded(on):
            return change_entries.SocketAdded(socket(on))
        case drift.SocketRemoved(on, still_listening):
            return change_entries.SocketRemoved(socket(on), still_listening)
        case drift.AddressTaken(on, wildcard, names, tls):
            return change_entries.AddressTaken(socket(on), socket(wildcard), list(names), tls)
        case drift.AddressReleased(on, wildcard, names):
            return change_entries.AddressReleased(socket(on), socket(wildcard), list(names))
        case drift.LoadChanged(of, was, now):
            return change_entries.LoadChanged(entries.Configuration(of.main), load(was), load(now))
        case _:
            assert_never(made)


def client(kind: str, got: Handshake) -> document.ClientMet:
    """What a kind of client gets."""
    return document.ClientMet(
        kind,
        got.outcome.value,
        got.why,
        got.certificate,
        None if got.protocol is None else got.protocol.value,
        got.alpn,
        got.client_certificate,
        got.ticket,
    )


def file(named: NamedFile, modes: ModesFile) -> document.File:
    """A file that a directive names."""
    found = None if named.path is None else modes.of(named.path)
    mode = None if found is None or found.mode is None else f"{found.mode:04o}"
    owner, group = (None, None) if found is None else (found.owner, found.group)
    return document.File(named.host_path, named.presence.value, mode, owner, group)


def load(found: Load) -> entries.Load:
    """Whether nginx would load a configuration, in nginx's words where it says any."""
    refusals = [] if found.refusal is None else [found.refusal]
    return entries.Load(
        found.ok,
        [f"nginx: {message}" for message in (*refusals, *found.warnings)],
        [doubt.reason for doubt in found.doubts],
        list(found.granted),
    )


# ------------------------------------------------------------------ findings and gaps


def finding(
    life: Life,
    state: FindingState,
    ran: Platform | None,
    before_resolved: Commit | None = None,
    patches: Mapping[str, Patch] = MappingProxyType({}),
) -> entries.Finding:
    """A finding with its life."""
    found = life.finding
    entry = explained(found)
    return entries.Finding(
        pattern=found.pattern,
        state=state.value,
        severity=_severity(life),
        certainty=found.certainty.value,
        certainty_note=certainty_note(found, ran),
        title="" if entry is None else entry.title,
        subjects=[any_subject(found.hit.subject)],
        evidence=[place(at) for at in found.hit.evidence],
        fingerprint=found.fingerprint,
        because=because(found),
        visitors="" if entry is None else entry.visitors(found.hit),
        remedy="" if entry is None else "\n\n".join(paragraphs(entry.remedy(found.hit))),
        references=[] if entry is None else list(entry.references),
        introduced=_moment(life.introduced, life.introduced_not_before),
        resolved=_moment(life.resolved, before_resolved),
        times=life.times,
        patch=carried(patches.get(found.fingerprint)),
        patch_brings=_brings(patches.get(found.fingerprint)),
    )


def _brings(patch: Patch | None) -> list[str]:
    return [] if patch is None else list(dict.fromkeys(found.pattern for found in patch.brings))


def _severity(life: Life) -> entries.SeverityWord:
    return entries.SEVERITY_WORDS[life.finding.severity - 1]


def _moment(made: Commit | None, previous: Commit | None) -> entries.Moment | None:
    if made is None:
        return None
    earliest = not_before(made, previous)
    return entries.Moment(made.id, made.committed.isoformat(), None if earliest is None else earliest.isoformat())


def gap(found: Gap) -> entries.Gap:
    """Something that could not be read."""
    at = None if found.at is None else place(found.at)
    return entries.Gap(found.path, found.reason, found.kind.value, at, found.remembered)


def gap_changed(kind: entries.GapFate, found: Gap) -> entries.GapChanged:
    """Something that cannot be read any more, or can be again."""
    at = None if found.at is None else place(found.at)
    return entries.GapChanged(kind, found.path, found.reason, found.kind.value, at, found.remembered)
