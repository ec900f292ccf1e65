"""HSTS is configured, and an inner add_header drops it.

Symptom:
    Nothing is seen by visitors at first. Strict-Transport-Security is missing from the answers of the site, scanners
    complain, and browsers forget the policy when its max-age ends: then the first visit can be sent to plain HTTP.

Cause:
    A level that has any `add_header` of its own inherits none from the levels above. One unrelated header in a
    server or in `location /` is enough to drop every header of `http {}` or of the server.

Before:
    server { listen 443 ssl; add_header Strict-Transport-Security "max-age=31536000" always; location / { } }

After:
    server {
        listen 443 ssl;
        add_header Strict-Transport-Security "max-age=31536000" always;
        location / { add_header X-Frame-Options DENY; }
    }

Remedy:
    Repeat the header in every level that adds one, best through a snippet that both include. From nginx 1.29.3 on,
    `add_header_inherit merge;` in the inner level keeps the outer headers.

References:
    https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header
    https://github.com/nginx-proxy/nginx-proxy/issues/1136
    https://github.com/getodk/central/issues/303
    https://www.rfc-editor.org/rfc/rfc6797
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.directives.hsts import HEADER, HSTS, sent
from driftscan.nginx.edits import Edit, Inside
from driftscan.nginx.headers import Header, start_page
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    messages={
        "": "{server} has Strict-Transport-Security from {outer}, but answers for {path} lack it: the add_header at "
        "{inner} drops every header of the level around it.",
    },
    symptoms=("Strict-Transport-Security header missing", "HSTS not offered"),
    affects="every nginx; `add_header_inherit merge` (1.29.3 and later) avoids it",
    visitors={
        "": "browsers that are new to {server}, or that it has not told for longer than max-age: whoever is in between "
        "can keep them on plain HTTP",
    },
    remedies={
        "": "Repeat the header of {outer} beside the one at {inner}, or let both levels include one file of headers. "
        "Then reload nginx; `curl -sI` must show Strict-Transport-Security.",
    },
    also=("hsts-lost-add-header-inheritance",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS server whose start page lost the header.

    Browsers take the policy for the whole host from any answer, so a location for images without it is no breakage.
    """
    for server in state.servers:
        if not state.tls_addresses(server) or not server[HSTS].known:
            continue
        location = start_page(server.hsts_sent)
        root = server.hsts_sent[location]
        # Without a line that displaced it, it was given up on purpose: `add_header_inherit off`.
        if root.policy is None and root.at is not None and (outer := _outer(server)) is not None:
            yield Hit(
                server_subject(server, state),
                tuple(dict.fromkeys((root.at, outer.at))),
                (
                    ("server", str(server_subject(server, state))),
                    ("path", f"location {location}" if location else "every location"),
                    ("outer", str(outer.at)),
                    ("inner", str(root.at)),
                ),
            )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The header once more, in the block that dropped it."""
    for server in state.servers:
        if server_subject(server, state) == hit.subject and (header := _outer(server)) is not None and header.text:
            location = server.headers[start_page(server.headers)].location
            if location is None:
                yield Inside(server.at, "server", header.text)
            else:
                yield Inside(location.at, "location", header.text)


def _outer(server: Server) -> Header | None:
    """The header of the innermost level that sends a policy, if a browser would keep it."""
    for level in (server.headers[""], server.outer):
        policy = sent(level).policy
        # max-age=0 takes an older policy back.
        if policy is not None and policy.max_age:
            return level.first(HEADER)
    return None
