"""A value of a configuration file that is not nginx's, with the line it stands on."""

from dataclasses import dataclass

from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Value:
    """What a line says. Compare `text`: two values with the same text in other places are no change."""

    text: str
    at: Location
