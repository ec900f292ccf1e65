"""`http2 on|off`, the directive (1.25.1+); the parameter of `listen` is in :mod:`driftscan.nginx.listen`."""

from driftscan.nginx.directives.base import Decider, Declaration, always
from driftscan.nginx.directives.forms import form
from driftscan.nginx.directives.values import flag

HTTP2 = Declaration(
    "http2",
    flag,
    default=always(False),
    decider=always(Decider.HTTP2),
    forms=(form("flag", "http server", since="1.25.1"),),
)
