"""The directives that are compared, by family and by the name under which they are shown."""

from collections.abc import Mapping
from typing import Final

from driftscan.nginx.directives import DECLARATIONS
from driftscan.nginx.directives.base import AnyDeclaration, Family
from driftscan.nginx.directives.hsts import HSTS

COMPARED: Final[Mapping[Family, Mapping[str, AnyDeclaration]]] = {
    **DECLARATIONS,
    Family.HTTP: {**DECLARATIONS[Family.HTTP], HSTS.name: HSTS},
}
