"""Variables in the names of certificates: is there such a variable?

nginx refuses a name that no module and no directive defines (ngx_http_variables_init_vars: `unknown "x" variable`).
Which modules there are, a tree does not say.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from driftscan.nginx.config import Directive, Node

_OF_NGINX: Final = re.compile(
    r"(?:ssl|http|arg|cookie|sent_http|sent_trailer|trailer|upstream|proxy|server|remote|request|proxy_protocol|tcpinfo)"
    r"_\w+|host|hostname|connection|pid|msec|nginx_version|binary_remote_addr|protocol|bytes_sent|scheme|uri|args|https"
)
"""The variables of nginx's own modules that anybody would use here, and how those begin that are many."""
_DEFINING: Final = frozenset({"set", "map", "geo", "split_clients", "perl_set", "js_set", "js_var", "auth_request_set"})
_VARIABLE: Final = re.compile(r"\$\{?(\w+)")


def doubtful(words: Iterable[str], block: Directive) -> Iterator[str]:
    """The variables in these words that neither nginx itself nor a directive of the block is known to define."""
    names = dict.fromkeys(name for word in words for name in _VARIABLE.findall(word))
    for name in names:
        if _OF_NGINX.fullmatch(name) is None and not _defines(block.inside(), f"${name}"):
            yield name


def _defines(nodes: Iterable[Node], variable: str) -> bool:
    for node in nodes:
        if isinstance(node, Directive):
            if node.name in _DEFINING and variable in node.args:
                return True
            if node.block is not None and _defines(node.block, variable):
                return True
    return False
