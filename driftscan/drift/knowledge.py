"""What two platforms can be compared by: knowing more of a host is no change of it."""

from dataclasses import replace

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
    return replace(now, nginx=nginx, library=now.library or was.library)
