"""Two servers of one socket claim the same name, and only the first one that nginx reads has it.

Symptom:
    A change of a site has no effect, or visitors get the certificate, the protocols or the pages of an older version
    of it. `nginx -t` passes, with a warning: conflicting server name "shop.example" on 0.0.0.0:443, ignored.

Cause:
    Each socket has one table of names, and a name that is in it already is passed over. Which server comes first is
    decided by the order of the text, and of included files by the byte order of their names. A copy of a site that is
    left in a directory whose every file is included (`sites-enabled/*`), or a server that a tool has added for a name
    that had one, is enough.

Before:
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.2; }
    server { listen 443 ssl; server_name shop.example; }

Remedy:
    Keep one server for each name and socket. Move copies out of every directory that is included, or include
    `sites-enabled/*.conf` and not every file there. Then reload.

References:
    https://nginx.org/en/docs/http/server_names.html
    https://nginx.org/en/docs/http/request_processing.html
    https://github.com/certbot/certbot/issues/4861
    https://github.com/JonasAlfredsson/docker-nginx-certbot/issues/219
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.name_conflicts import NameConflict, is_copy, name_conflicts
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "settings": "Two servers claim {names} on {sockets}: the one in {winner} answers, and what the one in "
        "{loser} says of {settings} has no effect.",
        "": "Two servers claim {names} on {sockets}: the one in {winner} answers, and the one in {loser}, "
        "which says the same of TLS and something else besides, does not.",
    },
    symptoms=(
        'conflicting server name "',
        "nginx: [warn] conflicting server name",
        "ERR_CERT_COMMON_NAME_INVALID",
        "too many redirects",
    ),
    affects="every nginx",
    visitors={"": "everybody who asks for {names}: they meet the server in {winner}"},
    remedies={
        "": "Take {names} out of the server in {loser}, or out of the one in {winner} if the other is meant. Where one "
        "of the two files is a copy that somebody left behind, move it out of the directory that is included. Then run "
        "`nginx -t` and reload.",
    },
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that has lost names to another one, unless it is a copy of that one."""
    lost: dict[int, list[NameConflict]] = {}
    for socket in state.tls_sockets.values():
        for conflict in name_conflicts(socket):
            lost.setdefault(id(conflict.loser), []).append(conflict)
    for conflicts in lost.values():
        told = [each for each in conflicts if not is_copy(each.winner, each.loser)]
        if told:
            yield _hit(state, told)


def _hit(state: State, conflicts: list[NameConflict]) -> Hit:
    winner, loser = conflicts[0].winner, conflicts[0].loser
    same = [each for each in conflicts if each.winner is winner]
    settings = _differing(winner, loser)
    at, first = (next(iter(server.name_places), server.at) for server in (loser, winner))
    facts = (
        ("names", listed(each.name for each in same)),
        ("sockets", listed(str(each.socket.address) for each in same)),
        ("winner", str(first)),
        ("loser", str(at)),
        *((("settings", listed(settings)),) if settings else ()),
    )
    severity, variant = (Severity.MEDIUM, "settings") if settings else (Severity.LOW, "")
    return Hit(server_subject(loser, state), (at, first), facts, severity, variant=variant)


def _differing(winner: Server, loser: Server) -> list[str]:
    """The directives of which the two say different things; what is not known of one of them is no difference."""
    declarations = COMPARED[loser.family]
    names = sorted(winner.settled() | loser.settled())
    both = ((name, winner[declarations[name]], loser[declarations[name]]) for name in names)
    return [name for name, one, other in both if one.known and other.known and one.value != other.value]
