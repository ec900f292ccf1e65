"""Two lines of ssl_protocols in one block add up, where one was meant to replace the other.

Symptom:
    None in browsers. A scanner finds TLS 1.0 and 1.1 still on after they were taken out of a line, or TLS 1.2 on a
    server that was to speak TLS 1.3 only. `nginx -t` passes; where both lines name the same protocol it warns of a
    `duplicate value`, and where they do not it says nothing.

Cause:
    Most directives may stand once in a block. `ssl_protocols` is a set to which each line adds, so a second line,
    often from an included file, takes nothing away. Only a line further inside replaces one further outside.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; }

After:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
        ssl_protocols TLSv1.2 TLSv1.3;
    }

Remedy:
    Keep one line in each block, the one that says what is meant, and reload. Where one of them is in a file of
    certbot's, take away the other, so that certbot's updates keep coming.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols
    https://github.com/dev-sec/ansible-nginx-hardening/pull/13
    https://github.com/mail-in-a-box/mailinabox/pull/1460
    https://github.com/nginx/nginx/blob/release-1.22.1/src/core/ngx_conf_file.c
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.loading import configuration
from driftscan.drift.state import State
from driftscan.drift.subjects import Subject, server_subject
from driftscan.evidence.added_up import Met, met_added_up
from driftscan.evidence.refusals import is_certbots
from driftscan.nginx.directives.values import Protocol, show
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    messages={
        "weak": "Clients of {servers} are offered {weak} too: {second} says {second_list}, {first} in the same block "
        "says {first_list}, and nginx adds the two.",
        "": "Clients of {servers} are offered {union}: {second} says {second_list}, {first} in the same block says "
        "{first_list}, and nginx adds the two.",
    },
    symptoms=(
        'duplicate value "TLSv1.2"',
        'duplicate value "TLSv1.3"',
        "TLS 1.0 enabled",
        "TLS 1.1 enabled",
        "This server supports TLS 1.0 and TLS 1.1",
    ),
    affects="every nginx",
    visitors={
        "weak": "nobody who wants to connect; an attacker in between can hold old clients at {weak}",
        "": "nobody: the server offers more protocols than one of the lines says",
    },
    remedies={
        "": "Keep one of the lines {first} and {second}, with what is meant: by now the server offers {union}. Where "
        "one of them is in a file of certbot's, keep that one. Then run `nginx -t` and reload.",
    },
    also=("duplicate-ssl-protocols-is-union",),
)

_WEAK = frozenset({Protocol.SSL2, Protocol.SSL3, Protocol.TLS10, Protocol.TLS11})


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with several lines, and one for those that have several from around them."""
    for met in met_added_up(state):
        weak = _only_some_want(met)
        first = met.level.lines[0]
        second = next(line for line in met.level.lines if line.protocols != first.protocols)
        names = dict.fromkeys(str(server_subject(server, state)) for server in met.servers)
        facts = (
            ("servers", listed(names)),
            ("union", show(met.level.union)),
            ("first", str(first.at)),
            ("first_list", show(first.protocols)),
            ("second", str(second.at)),
            ("second_list", show(second.protocols)),
            *((("weak", show(weak)),) if weak else ()),
        )
        yield Hit(
            _subject(state, met),
            (second.at, *(line.at for line in met.level.lines if line is not second)),
            facts,
            Severity.MEDIUM if weak else Severity.LOW,
            variant="weak" if weak else "",
        )


def _subject(state: State, met: Met) -> Subject:
    return configuration(state) if met.level.server is None else server_subject(met.servers[0], state)


def _only_some_want(met: Met) -> frozenset[Protocol]:
    """The weak protocols that one of the lines leaves out, and the others bring back."""
    everywhere = frozenset.intersection(*(line.protocols for line in met.level.lines))
    return (met.level.union - everywhere) & _WEAK


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The lines away that are not certbot's, or those with weak protocols that another line leaves out."""
    for met in met_added_up(state):
        if _subject(state, met) == hit.subject:
            own = [line for line in met.level.lines if not is_certbots(line.at)]
            spare = own if len(own) < len(met.level.lines) else [line for line in own if line.protocols & _WEAK]
            if len(spare) < len(met.level.lines):
                yield from (Replace(line.at, "ssl_protocols", "") for line in spare)
