"""Refusals because of what is outside the text: files, the TLS library, and names that have no address."""

from pathlib import PurePosixPath

from driftscan.drift.findings import Need
from driftscan.drift.state import State
from driftscan.evidence.refusals.told import Refused, Stopped, standing
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Gap
from driftscan.nginx.directives.values import full_name
from driftscan.nginx.files import NAMED_BY, Presence
from driftscan.openssl import groups, security


def included(stopped: Stopped, gap: Gap) -> Refused:
    """A file that is included and not there."""
    return Refused(stopped.at, "include", (("file", gap.path), ("place", str(stopped.at))))


def missing(stopped: Stopped) -> Refused | None:
    """A certificate, key or list that is not there; `None` where it is there and something else is wrong with it."""
    path = stopped.words["path"]
    named = stopped.state.config.named.get(path)
    if named is None or named.presence is not Presence.ABSENT:
        return None
    naming = [
        found.directive
        for found in standing(stopped.state)
        if found.directive.name in NAMED_BY
        and found.directive.args
        and full_name(found.directive.args[0], found.prefix) == path
    ]
    if not naming:
        return None
    directive = next((each for each in naming if stopped.at in {each.at, each.read_at}), naming[0])
    facts = (("directive", directive.name), ("file", path), ("place", str(directive.at)))
    others = tuple(dict.fromkeys(each.at for each in naming if each.at != directive.at))
    lineage = _lineage(path)
    if lineage is None:
        return Refused(directive.at, "file", facts, others)
    return Refused(directive.at, "lineage", (*facts, ("lineage", lineage)), others)


def _lineage(path: str) -> str | None:
    """The name of certbot's certificate, for a file below letsencrypt/live/."""
    match PurePosixPath(path).parts:
        case (*_, "letsencrypt", "live", name, _):
            return name
    return None


def weak(stopped: Stopped) -> Refused | None:
    """A certificate whose key is too small for the library, or whose signature is too weak."""
    named, library = stopped.state.config.named.get(stopped.words["path"]), stopped.state.platform.library
    held = () if named is None or named.certificates is None else named.certificates.certificates
    if not held or library is None:
        return None
    facts = (
        ("file", stopped.words["path"]),
        ("key", _weak_part(held[0])),
        ("library", str(library.version)),
        ("place", str(stopped.at)),
    )
    return Refused(stopped.at, "weak", facts, needs=frozenset({Need.LIBRARY}))


def _weak_part(certificate: Certificate) -> str:
    """What of a certificate the library does not take."""
    if not security.too_small(certificate.key_type, certificate.key_bits, security.STRICTEST_DEFAULT):
        signature = {"sha1": "SHA-1 signature", "md5": "MD5 signature"}.get(certificate.digest or "")
        if signature is not None:
            return signature
    return f"{certificate.key_type} key of {certificate.key_bits} bits"


def unknown_groups(stopped: Stopped) -> Refused | None:
    """Curves or groups that the library does not know."""
    library, written = stopped.state.platform.library, stopped.words["groups"]
    if library is None:
        return None
    named = (each.directive for each in standing(stopped.state))
    directive = next((each for each in named if each.at == stopped.at and written in each.args), None)
    known = known_groups(stopped.state, written)
    # All of them known: then one is written twice, which older libraries refuse too.
    unknown = [name for name in written.split(":") if name not in known]
    facts = (
        ("groups", " ".join(unknown or [written])),
        ("library", str(library.version)),
        ("place", str(stopped.at)),
    )
    return Refused(stopped.at, "group", facts, directive=directive, needs=frozenset({Need.LIBRARY}))


def known_groups(state: State, written: str) -> tuple[str, ...]:
    """The groups of a list that the library of a state is sure to know, each once."""
    nginx, library = state.platform.versions
    if library is None:
        return ()
    names = dict.fromkeys(written.split(":"))
    return tuple(name for name in names if groups.curves(name, library, nginx, state.platform.family).accepted)


def host(stopped: Stopped) -> Refused:
    """A name that has no address on any host."""
    return Refused(stopped.at, "host", (("host", stopped.words["host"]), ("place", str(stopped.at))))
