"""What two platforms can be compared by: knowing more of a host is no change of it."""

from dataclasses import replace

from driftscan.drift.state import State, build_state
from driftscan.history.platform import Evidence, Known, Platform, T


def is_news(known: Platform, now: Platform) -> bool:
    """Whether something new is said about nginx or its library; the calendar alone is no news."""
    if known.nginx.evidence is now.nginx.evidence is Evidence.ASSUMED:
        return now.versions[1] != known.versions[1]
    return now.knowledge != known.knowledge


def known_before(was: Platform, now: Platform) -> Platform:
    """The earlier platform, and what was not known of it as it is now: an upgrade is a change, knowing more is none."""
    library = now.library
    if was.library is not None and now.library is not None:
        library = _comparable(was.library, now.library)
    return replace(now, nginx=_comparable(was.nginx, now.nginx), library=library)


def _comparable(was: Known[T], now: Known[T]) -> Known[T]:
    """What was, where the two are known alike; a package line after a guess tells more, and nothing of an upgrade."""
    if Evidence.ASSUMED in {was.evidence, now.evidence}:
        return now
    return was if was.evidence.is_of_host == now.evidence.is_of_host else now


def completed(now: Platform, was: Platform) -> Platform:
    """A platform with what is known of another one of the same host, where it knows nothing itself."""
    nginx = was.nginx if now.nginx.evidence is Evidence.ASSUMED else now.nginx
    return replace(now, nginx=nginx, library=now.library or was.library, family=now.family or was.family)


def on_known_versions(before: State, after: State) -> tuple[State, State]:
    """Two states of one host, each with what the other one says of its versions.

    A version that is known on one side only holds for both, and where it is known on neither both are judged on the
    platform of the later one: an assumption that moves on with the calendar is no change of the configuration.
    """
    after = _anew(after, completed(after.platform, before.platform))
    return _anew(before, known_before(before.platform, after.platform)), after


def _anew(state: State, platform: Platform) -> State:
    """The same tree on another platform, sharing nothing with any other state."""
    return build_state(state.config, platform, host=state.host, when=state.when)
