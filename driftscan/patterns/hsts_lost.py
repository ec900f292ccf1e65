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
from driftscan.nginx.directives.hsts import HSTS, Sent, start_page
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    messages={
        "": "{server} sets Strict-Transport-Security in {outer}, but answers for {path} are sent without it: {inner} "
        "adds a header, and that drops those of the outer level.",
    },
    symptoms=("Strict-Transport-Security header missing", "HSTS not offered"),
    affects="every nginx; `add_header_inherit merge` (1.29.3 and later) avoids it",
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS server whose start page lost the header.

    Browsers take the policy for the whole host from any answer, so a location for images without it is no breakage.
    """
    for server in state.servers:
        if not state.tls_addresses(server) or not server[HSTS].known:
            continue
        location, root = start_page(server.hsts_sent)
        outer = next((level for level in (server.hsts_sent[""], server.outer.sent()) if _is_policy(level)), None)
        # Without a line that displaced it, it was given up on purpose: `add_header_inherit off`.
        if root.policy is None and root.at is not None and outer is not None and outer.at is not None:
            yield Hit(
                server_subject(server, state),
                (root.at, outer.at),
                (
                    ("server", str(server_subject(server, state))),
                    ("path", f"location {location}" if location else "every location"),
                    ("outer", str(outer.at)),
                    ("inner", str(root.at)),
                ),
            )


def _is_policy(level: Sent) -> bool:
    """Whether a browser would keep it; max-age=0 takes an older policy back."""
    return level.policy is not None and bool(level.policy.max_age)
