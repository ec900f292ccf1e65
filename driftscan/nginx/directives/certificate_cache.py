"""`ssl_certificate_cache` and its kind: how many certificates a worker keeps that variables name.

nginx: ngx_http_ssl_certificate_cache, 1.27.4+; the directives of stream and of the proxied side read alike. `off`
anywhere wins over the rest, and the last of each parameter counts.
"""

from dataclasses import dataclass, field
from typing import Final

from driftscan.nginx.directives.values import Occurrences, Refusal, decimal, parse_time


@dataclass(frozen=True, slots=True)
class CertificateCache:
    """Equal when the meaning is, however it is written."""

    most: int
    """Certificates that are kept; 0 for no cache."""
    inactive: int = 10
    """Seconds until one that nobody asked for is dropped."""
    valid: int = 60
    """Seconds until the file is looked at again."""
    written: str = field(default="off", compare=False)

    def __str__(self) -> str:
        return self.written


OFF: Final = CertificateCache(0)


def read(found: Occurrences) -> CertificateCache:
    """The parameters in any order; `max` may be left out with `off` only."""
    values = {"max": 0, "inactive": OFF.inactive, "valid": OFF.valid}
    for word in found.args[0]:
        if word != "off":
            name, _, written = word.partition("=")
            values[name] = _value(word, name, written)
    if "off" in found.args[0]:
        return OFF
    if not values["max"]:
        raise Refusal('no "max" parameter', ("", ' must have the "max" parameter'))
    return CertificateCache(values["max"], values["inactive"], values["valid"], " ".join(found.args[0]))


def _value(word: str, name: str, written: str) -> int:
    """A number of at least 1, or a time."""
    try:
        if name == "max" and (most := decimal(written)):
            return most
        if name in {"inactive", "valid"}:
            return parse_time(written)
    except Refusal:
        pass
    raise Refusal(f'invalid parameter "{word}"')
