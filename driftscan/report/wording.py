"""Small phrases that every part of a report shares: times, people, platforms, gaps."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from driftscan.drift.findings import Certainty, Finding, Need, Severity
from driftscan.history.commit import Commit
from driftscan.history.etckeeper import MadeBy, origin
from driftscan.history.etckeeper import subject as subject_of
from driftscan.history.platform import Evidence, Platform
from driftscan.nginx.config import Gap
from driftscan.nginx.directives.base import Decider
from driftscan.nginx.loadtest import Load
from driftscan.report.pieces import Moment
from driftscan.report.rows import CommitRow, GapRow, PlatformRow, VersionRow

SHORT_ID = 8
SEVERITIES: Final = tuple(str(severity) for severity in reversed(Severity))
"""Worst first."""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 server`, `2 servers`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def enumerate_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def some(words: Sequence[str], most: int, noun: str = "") -> str:
    """The first few of many, and how many more."""
    if len(words) <= most + 1:
        return enumerate_words(words)
    more = len(words) - most
    return f"{', '.join(words[:most])} and {count(more, f'more {noun}') if noun else f'{more} more'}"


def moment(time: datetime) -> Moment:
    """A time in its own zone, to the minute."""
    return Moment(f"{time:%Y-%m-%d %H:%M %z}", time.isoformat())


def same_zone(time: datetime, other: datetime) -> str:
    """`time` beside `other`: the zone is said again only where it is another one."""
    return f"{time:%Y-%m-%d %H:%M}" if time.utcoffset() == other.utcoffset() else moment(time).text


def duration(length: timedelta) -> str:
    """`31 min`, `7 h 31 min`, `25 days`: two units at most, cut off and not rounded."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    hours, days = minutes // 60, minutes // (24 * 60)
    if minutes < 1:
        return "less than a minute"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    if days < 3 and hours % 24:
        return f"{count(days, 'day')} {hours % 24} h"
    return count(days, "day")


# ------------------------------------------------------------------ commits


def is_dated(commit: Commit) -> bool:
    """Whether the commit was made when the change was, as far as anybody can know."""
    return origin(commit).made_by not in {MadeBy.DAILY, MadeBy.BEFORE_PACKAGE_RUN}


def not_before(commit: Commit, previous: Commit | None) -> datetime | None:
    """The earliest moment of a change that waited for this commit; `None` when it is the commit's own time."""
    if is_dated(commit) or previous is None or previous.committed >= commit.committed:
        return None
    return previous.committed


def commit_row(commit: Commit, previous: Commit | None) -> CommitRow:
    """A commit, with the honest time of what it committed."""
    earliest = not_before(commit, previous)
    window = ""
    if earliest is not None:
        length = duration(commit.committed - earliest)
        window = f"changed some time after {same_zone(earliest, commit.committed)}, up to {length} before"
    return CommitRow(
        commit.id,
        commit.id[:SHORT_ID],
        moment(commit.committed),
        subject_of(commit) or "(no message)",
        who(commit),
        origin(commit).made_by.value,
        window,
        None if earliest is None else moment(earliest),
        who(commit).partition(": ")[0] if origin(commit).made_by is not MadeBy.PERSON else who(commit),
    )


def who(commit: Commit) -> str:
    """Who or what made a commit."""
    found = origin(commit)
    person = (found.person or "").partition(" <")[0].strip() or found.person
    if found.made_by is MadeBy.PERSON:
        return person or "root"
    made = {
        MadeBy.DAILY: "daily timer",
        MadeBy.BEFORE_PACKAGE_RUN: "before a package run",
        MadeBy.PACKAGE_MANAGER: f"package manager: {found.command}" if found.command else "package manager",
        MadeBy.INITIAL: "initial commit",
    }[found.made_by]
    return f"{made} (called by {person})" if person else made


# ------------------------------------------------------------------ platforms


def platform_row(platform: Platform) -> PlatformRow:
    """nginx, its TLS library and certbot, each with how it is known."""
    versions = [VersionRow("nginx", str(platform.nginx.version), platform.nginx.evidence.value, platform.nginx.source)]
    if platform.library is None:
        versions.append(VersionRow("TLS library", "not known", "", ""))
    else:
        family, _, number = str(platform.library.version).partition(" ")
        library = platform.library
        versions.append(VersionRow(family, number, library.evidence.value, library.source))
    if platform.certbot is not None:
        certbot = platform.certbot
        versions.append(VersionRow("certbot", certbot.version, certbot.evidence.value, certbot.source))
    return PlatformRow(", ".join(map(_version, versions)), tuple(versions))


def _version(row: VersionRow) -> str:
    how = "" if row.evidence in {"", Evidence.CERTBOT.value} else f" ({row.evidence})"
    return f"{row.program} {row.version}".rstrip() + how


def certainty_note(finding: Finding, platform: Platform | None) -> str:
    """What a finding depends on that is not known, and how to find out."""
    facts = dict(finding.hit.facts)
    match finding.certainty:
        case Certainty.CERTAIN:
            return ""
        case Certainty.ASSUMED:
            ran = None if platform is None else platform.nginx
            version = facts.get("nginx") or (None if ran is None else str(ran.version))
            # A finding that lasts is judged anew on later versions, while the platform is that of its commit.
            source = "" if ran is None or str(ran.version) != version else f" ({ran.source})"
            ships = ran is not None and ran.evidence is Evidence.DISTRIBUTION
            how = "what the distribution ships" if ships else "a guess"
            return f"only if nginx is {version or 'the version assumed'}, which is {how}{source}: `nginx -v` tells"
        case Certainty.DEPENDS:
            return "; ".join(_unsettled(finding, platform))


def _unsettled(finding: Finding, platform: Platform | None) -> Iterator[str]:
    """For each thing that the history does not say: what it would have to be, and what tells."""
    facts = dict(finding.hit.facts)
    if Need.LIBRARY in finding.hit.needs and (platform is None or platform.library is None):
        library = facts.get("library", "one that this holds for")
        yield f"only if the TLS library is {library}, which the history does not say: `nginx -V` tells"
    for need in sorted(finding.hit.needs & _SETTLED_BY.keys(), key=lambda need: need.value):
        yield _SETTLED_BY[need].format(host=facts.get("host", "HOST:PORT"), name=facts.get("name", "NAME"))


_SETTLED_BY: Mapping[Need, str] = {
    Need.UPSTREAM: "only if the upstream does not accept it: `openssl s_client -connect {host}` tells",
    Need.FRONT: "only if what stands in front of nginx, such as a load balancer or CDN, does not go with it: that is "
    "not in /etc",
    Need.KEY: "only if the private key is another one, and keys are never read: compare what `openssl x509 -noout "
    "-pubkey -in CERTIFICATE` and `openssl pkey -pubout -in KEY` print",
    Need.CERTIFICATE: "only if the certificate, which is not in the history, does not fit: `openssl s_client -connect "
    "{host} -servername {name} </dev/null | openssl x509 -noout -ext subjectAltName` tells",
    Need.DNS: "only if the name still leads to this host: `dig +short {name} A {name} AAAA` tells",
    Need.CLIENTS: "only if such clients visit: a log_format with $ssl_protocol and $ssl_cipher tells",
    Need.RUNNING: "only if the host runs as its files say: `nginx -V`, `nginx -t` and `certbot renew --dry-run` tell",
}
"""What would settle a finding that rests on something outside /etc; `{host}` and `{name}` are facts of the hit."""


# ------------------------------------------------------------------ who decides


def decision(decider: Decider, default: str) -> str:
    """Who decides a value that not simply the selected server decides; `default` names the default server."""
    first = f"the default server {default}".rstrip()
    return {
        Decider.DEFAULT_SERVER: f"{first} decides",
        Decider.SOCKET: "the socket decides, for all of its servers",
        Decider.TICKETS: f"this server and {first} decide together",
        Decider.SESSION_CACHE: f"{first} decides, unless this server says off",
        Decider.PREFERENCE: f"this server decides up to TLS 1.2, {first} for TLS 1.3",
        Decider.CONF_COMMAND: f"this server or {first} decides, by command",
        Decider.UPSTREAM: "nginx is the client here",
    }.get(decider, "")


# ------------------------------------------------------------------ load


def load_lines(load: Load) -> tuple[str, ...]:
    """Whether nginx would load a configuration, in sentences; nginx's own words where it has some."""
    if load.refusal is not None:
        at = load.refusal.at
        place = f" ({at})" if at is not None and not load.refusal.placed else ""
        return (f"nginx refuses it: {load.refusal}{place}",)
    doubts = tuple(
        f"nginx may refuse it: {doubt.reason}" + (f" ({doubt.at})" if doubt.at else "") for doubt in load.doubts[:3]
    )
    more = (f"and {count(len(load.doubts) - 3, 'more doubt')}",) if len(load.doubts) > 3 else ()
    granted = (f", taking for granted {some(load.granted, 2, 'file')}",) if load.granted else ("",)
    return (*doubts, *more) or (f"nginx would load it{granted[0]}",)


# ------------------------------------------------------------------ gaps


def gap_row(gap: Gap) -> GapRow:
    """What could not be read, in a sentence."""
    place = gap.path if gap.at is None or gap.at.path != gap.path else str(gap.at)
    text = f"{place}: {gap.reason}"
    if gap.at is not None and gap.at.path != gap.path:
        text += f" (asked for in {gap.at})"
    if gap.remembered:
        text += "; nginx runs on with what it had, and so is it read here"
    return GapRow(gap.path, gap.kind.value, text, gap.remembered)
