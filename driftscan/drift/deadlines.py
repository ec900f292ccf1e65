"""When a state becomes another one although nobody changes it: certificates begin, near their end, and end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from driftscan.drift.state import State
from driftscan.nginx.certificates import Certificate

SOON: Final = timedelta(days=7)
"""Before its end, a certificate that is renewed by itself has long been renewed."""


def falls_due(state: State, until: datetime) -> bool:
    """Whether time alone may have changed what is to be said of a state, from its own moment to a later one."""
    since = state.when
    if since is None or since >= until:
        return False
    return any(since < point <= until for certificate in _certificates(state) for point in _points(certificate))


def _certificates(state: State) -> Iterator[Certificate]:
    for file in state.config.named.values():
        if file.certificates is not None:
            yield from file.certificates.certificates


def _points(certificate: Certificate) -> Iterator[datetime]:
    if certificate.not_before is not None:
        yield certificate.not_before
    if certificate.not_after is not None:
        yield from (certificate.not_after - SOON, certificate.not_after)
