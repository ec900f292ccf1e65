"""One declaration per directive: the facts of nginx as data."""

from driftscan.nginx.directives.base import AnyDeclaration
from driftscan.nginx.directives.hsts import HSTS
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http_ssl import HTTP_SSL

HTTP_DECLARATIONS: dict[str, AnyDeclaration] = {declaration.name: declaration for declaration in (*HTTP_SSL, HTTP2)}
"""The directives of http servers that are read from their arguments, by name."""
ALL_DECLARATIONS: dict[str, AnyDeclaration] = {**HTTP_DECLARATIONS, HSTS.name: HSTS}
"""Everything that is compared, by the name under which it is shown."""
