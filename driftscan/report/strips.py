"""Which protocol versions clients met, server by server, over the whole time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from driftscan.drift.chronicle import Policy
from driftscan.report.chart import Segment, Strip
from driftscan.report.scale import Scale
from driftscan.report.wording import count, enumerate_words, moment, some

LINE = 44
"""How high a strip with its label is, in pixels."""
MOST = 12
LETTER = 0.6
"""So many per cent of the width hold one letter of a label, on a common screen."""
NAMED = 3
_NAMES = {"SSLv2": "SSL 2", "SSLv3": "SSL 3", "TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2"} | {
    "TLSv1.3": "TLS 1.3"
}
"""As people write them, oldest first."""
_WEAK = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
"""RFC 6176, RFC 7568 and RFC 8996 forbid them."""


def strips(policies: Sequence[Policy], scale: Scale) -> tuple[tuple[Strip, ...], int]:
    """The strips, those of the most servers first, and how many are left out."""
    groups = sorted(_alike(policies), key=lambda group: (-len(group.servers), group.servers))
    shown = tuple(
        Strip(_label(group.servers), tuple(group.servers), number * LINE, tuple(_segments(group, policies, scale)))
        for number, group in enumerate(groups[:MOST])
    )
    return shown, max(len(groups) - MOST, 0)


@dataclass
class _Group:
    """Servers of which no two spoke different protocols at a time, and what they spoke, by number of the policy."""

    servers: list[str]
    spoken: dict[int, tuple[str, ...]]


def _alike(policies: Sequence[Policy]) -> list[_Group]:
    """The groups; a server goes to the first one that it does not contradict."""
    courses: dict[str, dict[int, tuple[str, ...]]] = {}
    for number, policy in enumerate(policies):
        for server, protocols in policy.servers.items():
            courses.setdefault(server, {})[number] = protocols
    groups: list[_Group] = []
    for server, course in sorted(courses.items(), key=lambda known: (-len(known[1]), known[0])):
        for group in groups:
            if all(group.spoken.get(number, protocols) == protocols for number, protocols in course.items()):
                group.servers.append(server)
                group.spoken |= course
                break
        else:
            groups.append(_Group([server], dict(course)))
    for group in groups:
        group.servers.sort()
    return groups


def _segments(group: _Group, policies: Sequence[Policy], scale: Scale) -> Iterator[Segment]:
    course = [group.spoken.get(number) for number in range(len(policies))]
    begins = [number for number, now in enumerate(course) if number == 0 or now != course[number - 1]]
    for number, following in zip(begins, [*begins[1:], None], strict=True):
        protocols = course[number]
        if protocols is None:
            continue
        since = policies[number].since.committed
        end = scale.minutes if following is None else scale.minute(policies[following].since.committed)
        span = scale.span(scale.minute(since), end)
        label = spoken(protocols)
        is_wide = 100 * (end - span.begin) >= LETTER * (len(label) + 2) * scale.minutes
        yield Segment(span, _kind(protocols), label, moment(since), is_wide)


def _kind(protocols: tuple[str, ...]) -> str:
    if not protocols:
        return "unknown"
    if _WEAK & set(protocols):
        return "weak"
    if len(protocols) > 1:
        return "modern"
    return {"TLSv1.2": "tls12", "TLSv1.3": "tls13"}.get(protocols[0], "unknown")


def spoken(protocols: tuple[str, ...]) -> str:
    """`TLS 1.0 to 1.2`, `SSL 3 and TLS 1.2`; of a row without holes only the ends."""
    if not protocols:
        return "not known"
    order = list(_NAMES)
    places = [order.index(protocol) for protocol in protocols if protocol in _NAMES]
    names = [_NAMES.get(protocol, protocol) for protocol in protocols]
    if len(names) > 2 and places == list(range(places[0], places[0] + len(names))):
        end = names[-1].removeprefix("TLS ") if names[0].startswith("TLS") else names[-1]
        return f"{names[0]} to {end}"
    if all(name.startswith("TLS") for name in names):
        names = [names[0], *(name.removeprefix("TLS ") for name in names[1:])]
    return enumerate_words(names)


def _label(servers: Sequence[str]) -> str:
    if len(servers) <= NAMED + 1:
        return some(servers, NAMED)
    return f"{count(len(servers), 'server')}: {some(servers, NAMED)}"
