"""What keeps certbot from renewing a certificate, as far as its renewal file tells, and what changed in that file."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from driftscan.drift.state import State
from driftscan.evidence.lineages import in_use, said
from driftscan.history.certbot import RENEWAL
from driftscan.host.certbot_files import is_staging
from driftscan.host.lineages import Lineage
from driftscan.host.value import Value
from driftscan.nginx.config import Location
from driftscan.nginx.listen import Transport


class Obstacle(StrEnum):
    """Why the next renewal fails, or is of no use; the worst first."""

    GONE = "gone"
    """There is no renewal file any more."""
    OFF = "off"
    """`autorenew = False`: `certbot renew` passes it over."""
    MANUAL = "manual"
    """Somebody has to type: the manual plugin without a hook that answers the challenge."""
    PORT = "port"
    """The standalone plugin needs port 80 for itself, and nginx has it."""
    NO_RELOAD = "no-reload"
    """Nobody tells nginx of the new certificate."""


def obstacles(state: State, name: str) -> Iterator[Obstacle]:
    """What stands in the way of one lineage's renewal, as far as it is known."""
    lineage = state.host.lineages.get(name)
    if lineage is None or lineage.renewal is None:
        yield Obstacle.GONE
        return
    authenticator = said(lineage, "authenticator")
    if said(lineage, "autorenew").lower() == "false":
        yield Obstacle.OFF
    if authenticator == "manual" and not said(lineage, "manual_auth_hook"):
        yield Obstacle.MANUAL
    if authenticator == "standalone" and port_80(state) and not _stops_nginx(lineage, state):
        yield Obstacle.PORT
    if authenticator != "nginx" and not _reloads(lineage, state):
        yield Obstacle.NO_RELOAD


def said_at(obstacle: Obstacle, lineage: Lineage | None, name: str) -> Location:
    """The line of the renewal file that makes an obstacle; the first one for what is not written."""
    renewal = None if lineage is None else lineage.renewal
    line = None if renewal is None else renewal.params.get("autorenew" if obstacle is Obstacle.OFF else "authenticator")
    return Location(renewal_file(name), 1) if line is None else line.at


def renewal_file(name: str) -> str:
    """Where the renewal file of a lineage is in the tree."""
    return f"{RENEWAL}/{name}.conf"


def port_80(state: State) -> str:
    """The socket with which nginx has port 80, where one would be in the way; empty where none is."""
    sockets = (socket.address for socket in state.sockets)
    taken = (str(at) for at in sockets if at.port == 80 and at.transport is Transport.TCP)
    return next(taken, "")


def _stops_nginx(lineage: Lineage, state: State) -> bool:
    """Whether something may stop nginx for as long as certbot needs its port, or certbot uses another one."""
    return bool(said(lineage, "pre_hook") or said(lineage, "http01_port") or state.host.hooks.get("pre"))


def _reloads(lineage: Lineage, state: State) -> bool:
    """Whether something may reload nginx after a renewal."""
    own = any(said(lineage, parameter) for parameter in ("installer", "renew_hook", "post_hook"))
    return own or bool(state.host.hooks.get("deploy") or state.host.hooks.get("post"))


_WATCHED: Final = (
    *("authenticator", "server", "account", "webroot_path", "pref_challs", "http01_port", "http01_address"),
    *("manual_auth_hook", "pre_hook"),
)
"""The parameters by which a renewal reaches its authority, and the authority this host. What else is in the file says
what the next certificate is like (`key_type`), or which certbot wrote it."""


@dataclass(frozen=True, slots=True)
class Altered:
    """What changed in how a lineage is renewed."""

    words: str = ""
    """Each parameter with its new and its old value; empty where nothing changed."""
    places: tuple[Location, ...] = ()
    """The lines of the renewal file; for a parameter that is gone, the first one."""


def altered(before: Lineage | None, after: Lineage | None) -> Altered:
    """What changed from one tree to the next; a file that is new or gone says nothing of that.

    Nor does one that names an authority for trials: that is a breakage of its own, with its own account.
    """
    if before is None or after is None or before.renewal is None or after.renewal is None:
        return Altered()
    if is_staging(said(after, "server")):
        return Altered()
    was, now = dict(_watched(before)), dict(_watched(after))
    changed: dict[str, Location] = {}
    for key in (*now, *(key for key in was if key not in now)):
        old, new = was.get(key), now.get(key)
        # A name comes and goes with a certificate that has it, or has it not.
        if (old and old.text) != (new and new.text) and not (key.startswith("webroot of") and None in {old, new}):
            words = f"{key} is {new.text if new else 'not set'} and was {old.text if old else 'not set'}"
            changed[words] = new.at if new else Location(after.renewal.path, 1)
    return Altered(", ".join(changed), tuple(changed.values()))


def still_altered(lineage: Lineage, words: str) -> bool:
    """Whether a parameter is today what these words, of :class:`Altered`, say that it became."""
    now = {key: value.text for key, value in _watched(lineage)}
    return any(f"{key} is {now.get(key, 'not set')} and was " in words for key in {*_WATCHED, *now})


def _watched(lineage: Lineage) -> Iterator[tuple[str, Value]]:
    if lineage.renewal is None:
        return
    for key in _WATCHED:
        value = lineage.renewal.params.get(key)
        # Where each name has its directory, the list of all directories says no more.
        if value is not None and said(lineage, key) and not (key == "webroot_path" and lineage.renewal.webroots):
            yield key, value
    for name, value in lineage.renewal.webroots.items():
        yield f"webroot of {name}", value


def used_in_both(before: State, after: State) -> Iterator[str]:
    """The lineages with a renewal file before whose certificates are in use before and after."""
    if before.host.lineages and after.host.lineages:
        then, now = in_use(before), in_use(after)
        for name, lineage in before.host.lineages.items():
            if lineage.renewal is not None and name in then and name in now:
                yield name


def newly_used(before: State, after: State) -> Iterator[str]:
    """The lineages with a renewal file whose certificates came into use."""
    then, now = in_use(before), in_use(after)
    for name in now.keys() - then.keys():
        if after.host.lineages[name].renewal is not None:
            yield name
