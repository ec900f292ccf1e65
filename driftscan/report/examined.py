"""What was examined, and what was not; and the words that a report uses."""

from collections.abc import Iterator

from driftscan.drift.scan import Outcome
from driftscan.report.pages import Fact
from driftscan.report.rows import GapRow, Request
from driftscan.report.wording import SHORT_ID, commit_row, count, moment, platform_row

NOT_EXAMINED = (
    (
        "The running nginx, the disk and the network: only what the git history holds was read. nginx may run with "
        "an older configuration until it is reloaded."
    ),
    "Private keys and other secrets are never read.",
)
GLOSSARY = (
    ("once it loads", "A value that clients will meet when nginx loads the configuration, which it refuses as it is."),
    ("in force", "A value that a client of that name and socket meets."),
    ("configured", "A value that is written for a server, after inheritance; a client may meet another one."),
    ("no effect", "A value that is written, and that no client meets, with the reason."),
    ("socket", "An address and port on which nginx listens. All servers of a socket share its handshake."),
    (
        "default server",
        (
            "The server whose settings every handshake on a socket begins with. It answers clients that send no name "
            "or an unknown one. It is the one that says default_server, else the one that nginx reads first."
        ),
    ),
    ("SNI server", "The server whose server_name is the name that the client sent in its first message."),
    (
        "finding",
        (
            "A known breakage that was found. It is introduced by a commit, and resolved by a later one, or open. Its "
            "fingerprint stays the same in every run and format."
        ),
    ),
    ("gap", "Something that could not be read. Nothing is concluded from what it hides."),
    (
        "daily timer",
        (
            "etckeeper commits once a day whatever has changed; the change itself was made some time since the commit "
            "before."
        ),
    ),
    (
        "distribution",
        (
            "No package line or option says which version ran, but a file in /etc names the release of the "
            "distribution: this is what that release ships. Another one may be installed beside it."
        ),
    ),
    ("assumed", "Nothing says which version ran; the newest stable nginx of that day was taken."),
)


def examined(outcome: Outcome, request: Request, gaps: tuple[GapRow, ...]) -> Iterator[Fact]:
    """Everything that a reader needs to judge how far the report reaches."""
    if request.host:
        yield Fact("Host", (request.host,))
    yield Fact("Repository", (request.path,))
    yield Fact("Range", (request.range_line,))
    if outcome.last is not None:
        last = commit_row(outcome.last, None)
        yield Fact("Newest commit", (f"{last.short} of {last.time.text}: {last.subject}",))
    elif request.head:
        yield Fact("Newest commit", (request.head[:SHORT_ID],))
    if outcome.start is not None:
        first = outcome.start
        yield Fact(
            "Compared with", (f"{first.id[:SHORT_ID]} of {moment(first.committed).text}, just before the range",)
        )
    changed = sum(bool(step.changes) for step in outcome.steps)
    yield Fact(
        "Commits",
        (
            (
                f"{outcome.commits} walked, {outcome.read} of them read because they touched the configuration, "
                f"{changed} changed TLS"
            ),
        ),
    )
    yield Fact("Versions", tuple(dict.fromkeys(_versions(outcome))) or ("none: no commit was read",))
    if outcome.shallow:
        yield Fact("History", ("cut off at its start (a shallow clone)",))
    if request.filters:
        yield Fact("Filters", request.filters)
    yield Fact("Could not be read", tuple(gap.text for gap in gaps) or ("nothing: all that nginx would read was read",))
    if request.decided.suppressed:
        number = len(request.decided.suppressed)
        yield Fact("Suppressed", (f"{count(number, 'open finding')}, by decisions that are told with the findings",))
    yield Fact("Not examined", NOT_EXAMINED)
    yield Fact("Written", (f"{moment(request.generated).text} by driftscan {request.version}",))


def _versions(outcome: Outcome) -> Iterator[str]:
    """Each version with what proves it, in the order in which they ran; an assumed one moves with the calendar."""
    platforms = [step.platform for step in outcome.steps]
    platforms += [] if outcome.state is None else [outcome.state.platform]
    assumed: list[str] = []
    for platform in platforms:
        for row in platform_row(platform).versions:
            if row.evidence == "assumed":
                assumed += [row.version] if row.version not in assumed else []
            elif row.source:
                yield f"{row.program} {row.version}: {row.source}".replace(" :", ":")
    if assumed:
        yield f"nginx {_span(assumed)}: assumed, the newest stable release of each day"
    if any(platform.library is None for platform in platforms):
        yield f"TLS library not known in {count(sum(p.library is None for p in platforms), 'state')}"


def _span(versions: list[str]) -> str:
    return versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
