"""One declaration per directive: the facts of nginx as data."""

from collections.abc import Iterator, Mapping
from typing import Final

from driftscan.nginx.directives.base import AnyDeclaration, Family
from driftscan.nginx.directives.core import CORE_FORMS
from driftscan.nginx.directives.forms import Form
from driftscan.nginx.directives.hsts import HEADER_FORMS, HSTS
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http3 import HTTP3
from driftscan.nginx.directives.http_ssl import HTTP_SSL
from driftscan.nginx.directives.mail_ssl import MAIL_SSL
from driftscan.nginx.directives.stream_ssl import STREAM_SSL
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES


def _by_name(*declarations: AnyDeclaration) -> dict[str, AnyDeclaration]:
    return {declaration.name: declaration for declaration in declarations}


HTTP_DECLARATIONS: dict[str, AnyDeclaration] = _by_name(*HTTP_SSL, HTTP2, *HTTP3)
"""The directives of http servers that are read from their arguments, by name."""
ALL_DECLARATIONS: dict[str, AnyDeclaration] = {**HTTP_DECLARATIONS, HSTS.name: HSTS}
"""Everything that is compared of http servers, by the name under which it is shown."""
DECLARATIONS: Final[Mapping[Family, Mapping[str, AnyDeclaration]]] = {
    Family.HTTP: HTTP_DECLARATIONS,
    Family.STREAM: _by_name(*STREAM_SSL),
    Family.MAIL: _by_name(*MAIL_SSL),
}
"""The directives of servers that are read from their arguments, by family and name."""


def _tables() -> Iterator[tuple[str, tuple[Form, ...]]]:
    for declared in (*DECLARATIONS.values(), *(side.declarations for side in UPSTREAM_SIDES)):
        yield from ((name, declaration.forms) for name, declaration in declared.items())
    yield from HEADER_FORMS.items()
    yield from CORE_FORMS.items()


def _all_forms() -> Mapping[str, tuple[Form, ...]]:
    forms: dict[str, tuple[Form, ...]] = {}
    for name, entries in _tables():
        forms[name] = (*forms.get(name, ()), *entries)
    return forms


FORMS: Final[Mapping[str, tuple[Form, ...]]] = _all_forms()
"""Every entry of the command tables, by name: of servers of all families, of the proxied side, and plain ones."""
