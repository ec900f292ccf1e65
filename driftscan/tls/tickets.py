"""Session tickets as a server wants them: `ssl_session_tickets`, or a command to OpenSSL that says otherwise.

nginx sets SSL_OP_NO_TICKET for `ssl_session_tickets off` when it makes the context of a server, and hands the lines of
`ssl_conf_command` to OpenSSL after that (ngx_http_ssl_merge_srv_conf): of both the command has the last word.
"""

from dataclasses import dataclass

from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CONF_COMMAND, SSL_SESSION_TICKETS
from driftscan.nginx.servers import Server


@dataclass(frozen=True, slots=True)
class Tickets:
    """What a server says of session tickets, whoever decides in the end."""

    on: bool | None
    """`None` where it cannot be told."""
    places: tuple[Location, ...]
    """The lines that say so; none where it is nginx's default."""
    by_command: bool = False


def tickets(server: Server) -> Tickets:
    """The directive, unless a command says `Options SessionTicket` or `Options -SessionTicket`."""
    setting, commands = server[SSL_SESSION_TICKETS], server[SSL_CONF_COMMAND]
    if not commands.known:
        return Tickets(None, ())
    found = Tickets(setting.value if setting.known else None, setting.places)
    for words, place in zip(commands.value or (), commands.places, strict=False):
        if len(words) == 2 and words[0].lower() == "options":
            options = [option for option in words[1].lower().split(",") if option.lstrip("+-") == "sessionticket"]
            if options:
                found = Tickets(not options[-1].startswith("-"), (place,), by_command=True)
    return found
