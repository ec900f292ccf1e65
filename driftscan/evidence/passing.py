"""The places that pass requests on, as far as it takes two states, or a whole one, to tell about them."""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.state import State
from driftscan.drift.subjects import Subject, upstream_subject
from driftscan.drift.upstreams import place_pairs
from driftscan.nginx import backends
from driftscan.nginx.backends import Backend
from driftscan.nginx.upstreams import Upstream


def paired(transition: Transition) -> Iterator[tuple[Upstream, Upstream]]:
    """Every place that was there before and is there after."""
    return place_pairs(transition.before, transition.after, transition.pairs)


def place_of(state: State, subject: Subject) -> Upstream | None:
    """The place that a finding is about, in a later state; `None` where it is gone."""
    return next((place for place in state.upstreams if upstream_subject(place, state).key == subject.key), None)


def hosts(state: State, place: Upstream) -> tuple[Backend, ...]:
    """The hosts that a place passes requests on to; none where they are not known."""
    return backends.backends(place, backends.groups(state.config))


def name_asked_for(state: State, place: Upstream) -> str | None:
    """The name that a place sends as SNI and looks for in the certificate; `None` where it is not known."""
    return backends.name_asked_for(place, backends.groups(state.config))


def authorities_in(state: State, path: object) -> dict[str, str] | None:
    """The authorities in a file of trusted certificates, by key; `None` where they are not known."""
    found = state.config.named.get(str(path))
    if found is None or found.certificates is None or not found.certificates.complete:
        return None
    return {one.key_digest: one.common_name or one.subject for one in found.certificates.certificates}
