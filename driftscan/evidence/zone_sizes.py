"""The lines that give all declarations of one session cache the same size."""

from collections.abc import Iterator

from driftscan.drift.state import State
from driftscan.evidence.refusals.told import is_certbots, standing
from driftscan.nginx.config import Directive
from driftscan.nginx.directives.session_cache import Zone, parse_zone
from driftscan.nginx.directives.values import Refusal
from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.zones import declarations

_DIRECTIVE = "ssl_session_cache"


def with_one_size(state: State, name: str) -> Iterator[Edit]:
    """Every session cache of this name as large as certbot's, or else as the first one.

    Nothing where something else has the name as well: then it needs another name, which a person has to choose.
    """
    uses = {zone.use for main in state.config.mains for zone in declarations(main) if zone.name == name}
    found = [(each.directive, zone) for each in standing(state) for zone in _zones(each.directive) if zone.name == name]
    if len(uses) != 1 or not found:
        return
    model = next((zone for directive, zone in found if is_certbots(directive.at)), found[0][1])
    for directive, zone in found:
        if zone != model:
            words = (str(model) if word == str(zone) else word for word in directive.args)
            yield Replace(directive.at, _DIRECTIVE, f"{_DIRECTIVE} {' '.join(words)};")


def _zones(directive: Directive) -> Iterator[Zone]:
    for word in directive.args if directive.name == _DIRECTIVE else ():
        try:
            yield parse_zone(word)
        except Refusal:
            continue
