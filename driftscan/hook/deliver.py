"""News told everywhere they are still to be told; each place is crossed out as soon as it has been told there."""

from datetime import UTC
from typing import Final

from msgspec.structs import replace

from driftscan.errors import in_words
from driftscan.history.commit import CommitId
from driftscan.history.repository import Repository
from driftscan.hook.channels import to_command, to_syslog
from driftscan.hook.given import Given
from driftscan.hook.keep import Channel, Kept, Pending, UnkeptError
from driftscan.report.printable import printable

PEOPLE: Final[tuple[Channel, ...]] = ("print", "syslog", "command")
"""Where somebody hears of it at once."""


def deliver(given: Given, repository: Repository, kept: Kept) -> Kept:
    """Tell what is pending. What could not be written is left; any other place that fails is noted, and given up."""
    news = kept.pending
    if news is None:
        return kept
    for channel in tuple(news.left):
        try:
            kept = _tell(given, repository, kept, news, channel)
        except Exception as error:
            note(given, in_words(error))
            if isinstance(error, UnkeptError):
                continue
        news = replace(news, left=[other for other in news.left if other != channel])
        kept = replace(kept, pending=news if news.left else None)
        save(given, kept)
    return kept


def deliver_unwritten(given: Given, repository: Repository, kept: Kept) -> None:
    """Tell people what cannot be written down: the next run does not know of it, and tells it once more."""
    news = kept.pending
    for channel in PEOPLE:
        if news is not None and channel in news.left:
            try:
                _tell(given, repository, kept, news, channel)
            except Exception as error:
                note(given, in_words(error))


def _tell(given: Given, repository: Repository, kept: Kept, news: Pending, channel: Channel) -> Kept:
    match channel:
        case "events":
            given.store.append(news.events)
        case "print":
            for line in news.lines:
                given.say(line)
        case "report":
            return replace(kept, reports=_report(given, repository, kept, news))
        case "syslog":
            to_syslog(news.loud)
        case "command":
            report = given.store.latest if given.store.latest.exists() else None
            to_command(given.settings.command, news.loud, report, given.settings.command_time_limit)
    return kept


def _report(given: Given, repository: Repository, kept: Kept, news: Pending) -> list[str]:
    from driftscan.hook.page import page  # noqa: PLC0415 - slow to import, and most runs have nothing to report

    since = None if news.since is None else CommitId(news.since)
    if since is not None and not repository.has(since):
        since = None
    text = page(repository, given.subject, since, CommitId(news.to), given.moment)
    name = f"{given.moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{news.to[:12]}.html"
    return given.store.publish(name, text, kept.reports, given.settings.reports)


def save(given: Given, kept: Kept) -> None:
    """Keep the state; where that fails it is noted."""
    try:
        given.store.save(kept)
    except UnkeptError as error:
        note(given, str(error))


def note(given: Given, trouble: str) -> None:
    """Note it once."""
    if printable(trouble) not in given.troubles:
        given.note(trouble)
