"""One run of the hook: what is new is written down first, then told everywhere, then crossed out.

Whatever goes wrong, a commit of /etc must not fail for it, and what could not be told is told by the next run.
"""

from typing import Final, get_args

from msgspec.structs import replace

from driftscan import __version__
from driftscan.errors import DriftscanError, in_words
from driftscan.history.commit import CommitId
from driftscan.history.repository import Repository
from driftscan.hook import gate
from driftscan.hook.deliver import deliver, deliver_unwritten, note, save
from driftscan.hook.given import Given
from driftscan.hook.keep import Channel, DamagedError, Kept, Pending, UnkeptError
from driftscan.hook.metrics import render, write_metrics
from driftscan.hook.news import Before, News, news
from driftscan.report.printable import printable

MOST_ATTEMPTS: Final = 3
"""How often the same is tried that never comes to an end."""
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
MOST_WAITING: Final = 500
"""Events that could not be written and are carried along."""


def run(given: Given) -> None:
    """Tell what is new since the last run.

    Raises:
        RepositoryError: there is no repository that can be read.
    """
    try:
        with given.store.locked(), Repository.open(given.subject.path) as repository:
            _run(given, repository)
    except UnkeptError as error:
        with Repository.open(given.subject.path) as repository:
            _without_state(given, repository, error)


def begin(given: Given) -> int:
    """Take what there is now for known, so that only what comes is told; the number of open findings.

    Raises:
        DriftscanError: the repository cannot be read, or nothing can be kept.
    """
    with given.store.locked(), Repository.open(given.subject.path) as repository:
        given.store.open_gate()
        found = news(repository, given.subject, None, given.moment)
        kept = replace(_load(given), **found.known)
        given.store.save(kept)
        given.store.shut_gate(gate.render(found.head, found.state))
        return len(kept.open)


def _without_state(given: Given, repository: Repository, why: DriftscanError) -> None:
    """Tell of the newest commit alone: nothing is known of earlier ones, and nothing can be kept for later."""
    from driftscan.hook.pending import printed_lines  # noqa: PLC0415 - as below

    found = news(repository, given.subject, None, given.moment)
    said = printed_lines(given, found, [one for one in found.told if given.is_loud(one.finding.severity)])
    for line in said:
        given.say(line)
    # Said at every commit, it would be a mail a day.
    if said:
        given.say(f"driftscan: nothing of this is kept: {printable(str(why))}")


def _load(given: Given) -> Kept:
    try:
        return given.store.load() or Kept(version=__version__)
    except DamagedError as error:
        aside = given.store.set_aside()
        given.note(f"{error}; it is {aside} now, and of the commits so far only the newest was looked at")
        return Kept(version=__version__)


def _run(given: Given, repository: Repository) -> None:
    store = given.store
    kept = _load(given)
    if kept.examined == repository.head and kept.pending is None and store.gate.is_file():
        store.ended()
        return
    is_stuck = store.attempts(kept.examined or "none") > MOST_ATTEMPTS
    store.open_gate()
    if is_stuck and (kept.pending is None or kept.pending.left == ["events"]):
        given.note(
            f"gave up on the commits up to {repository.head[:12]}: {MOST_ATTEMPTS} runs did not come to an end, for "
            f"which they have {given.settings.time_limit} s; `driftscan log` looks at them without a limit"
        )
        kept, shut = replace(kept, examined=repository.head), None
    else:
        kept = deliver(given, repository, _unstuck(given, kept) if is_stuck else kept)
        kept, shut = _look(given, repository, kept)
    save(given, kept)
    _measure(given, kept)
    trouble = "; ".join(given.troubles)
    if trouble != kept.trouble:
        for one in given.troubles:
            given.say(f"driftscan: {one}")
        save(given, replace(kept, trouble=trouble))
    # Last of all: no other run comes before it, unless a commit touches something.
    if shut is not None and kept.pending is None:
        store.shut_gate(shut)
    store.ended()


def _unstuck(given: Given, kept: Kept) -> Kept:
    """Give up on telling what is pending to those who have not heard of it: one of them never comes to an end."""
    assert kept.pending is not None, "something is stuck"  # noqa: S101 - the caller looked
    given_up = [channel for channel in kept.pending.left if channel != "events"]
    given.note(
        f"gave up on news of {kept.pending.to[:12]} ({', '.join(given_up)}): {MOST_ATTEMPTS} runs did not come to an "
        "end; `driftscan log` tells them"
    )
    left = [channel for channel in kept.pending.left if channel == "events"]
    return replace(kept, pending=replace(kept.pending, left=left) if left else None)


def _look(given: Given, repository: Repository, kept: Kept) -> tuple[Kept, bytes | None]:
    """Examine what is new and tell it; the state afterwards, and the gate for the next commit."""
    before = Before(CommitId(kept.examined), kept.version, kept.open) if kept.examined else None
    try:
        found = news(repository, given.subject, before, given.moment)
    except Exception as error:
        given.note(f"could not look at the new commits ({in_words(error)}); `driftscan log -n 3` tells more")
        return kept, None
    now = replace(kept, **found.known, pending=_together(kept.pending, _pending(given, repository, found, before)))
    shut = gate.render(found.head, found.state)
    if now.pending is None:
        return now, shut
    try:
        given.store.save(now)
    except UnkeptError as error:
        note(given, str(error))
        deliver_unwritten(given, repository, now)
        return kept, None
    return deliver(given, repository, now), shut


def _pending(given: Given, repository: Repository, found: News, before: Before | None) -> Pending | None:
    if found.is_nothing:
        return None
    # Words and formats are slow to import, and most commits have nothing that is told.
    from driftscan.hook.pending import pending  # noqa: PLC0415
    from driftscan.report.about import host_of  # noqa: PLC0415

    return pending(given, found, before, host_of(repository.tree(found.head)))


def _together(waiting: Pending | None, new: Pending | None) -> Pending | None:
    """News, and what of earlier ones could not be written."""
    if waiting is None or new is None:
        return waiting or new
    events = waiting.events[-MOST_WAITING:] if "events" in waiting.left else []
    since = waiting.since if "report" in waiting.left else new.since
    left = [channel for channel in CHANNELS if channel in {*waiting.left, *new.left}]
    return replace(new, since=since, events=[*events, *new.events], left=left)


def _measure(given: Given, kept: Kept) -> None:
    if given.settings.textfile is None:
        return
    text = render(kept, given.subject.path, given.moment.timestamp(), healthy=not given.troubles)
    try:
        write_metrics(given.settings.textfile, text, given.subject.path)
    except DriftscanError as error:
        note(given, str(error))
