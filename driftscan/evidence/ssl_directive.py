"""The directive `ssl on`, by which servers spoke TLS before `listen ... ssl` (gone since nginx 1.25.1).

It makes a socket speak TLS when it is the default server's, whatever the others say (ngx_http_init_connection asks the
default server's configuration), so what it stands for are the sockets of its server.
"""

from collections.abc import Iterator
from typing import Final

from driftscan.nginx.edits import Edit, Replace
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.servers import Server

_PLAIN_HTTP: Final = 80


def without(server: Server) -> Iterator[Edit]:
    """`ssl on` or `ssl off` of a server's own taken away, and `ssl` written to the `listen` lines that it spoke for.

    Nothing where one of these is the port of plain HTTP, or no line at all: what is meant there, a person has to say.
    """
    value, places = server.own.written.get("ssl", (None, ()))
    spoken_for = [listen for listen in server.listens if value is True and not listen.ssl]
    if any(listen.address.port == _PLAIN_HTTP or not listen.spelled for listen in spoken_for):
        return
    yield from (Replace(at, "ssl", "") for at in places)
    yield from with_parameters(spoken_for, lambda _word: True, "ssl")
