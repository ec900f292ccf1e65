"""Would nginx load it? What `nginx -t` of one release says about one tree, without running it.

nginx stops at the first thing that it refuses, so the parts follow its own order (ngx_conf_parse, ngx_http_block):

    reading     the text, directive by directive: known, allowed here, number and form of arguments, repetitions,
                addresses, zones
    servers     at the end of `http {}`, `stream {}` and `mail {}`: certificates and what else a TLS context needs
    sockets     then what all servers of a socket must have, and their names

A refusal is only told where every build of that release refuses. What depends on things that a tree cannot show
(other modules, resolvers, whether a key fits) is a doubt, or is taken for granted; both are said.
"""

from driftscan.nginx.loadtest.kept import Kept
from driftscan.nginx.loadtest.predict import predict
from driftscan.nginx.loadtest.verdict import Load, Message

__all__ = ["Kept", "Load", "Message", "predict"]
