"""A server that answers HTTPS redirects every request to where it came from.

Symptom:
    No page of the site opens: ERR_TOO_MANY_REDIRECTS in Chrome, "The page isn't redirecting properly" in Firefox,
    `Maximum (50) redirects followed` in curl. The access log shows the same client with 301 again and again.
    `nginx -t` passes.

Cause:
    The redirect to https stands in a server that also listens with `ssl`, so it answers the requests that already
    came by https. It gets there when a redirect is copied, when certbot adds `listen 443 ssl` to a server that has
    one, or when two servers send visitors to each other. (Where a CDN or load balancer ends TLS and passes plain
    HTTP on, a redirect of port 80 loops as well; that cannot be seen in /etc.)

Before:
    server { listen 80; server_name shop.example; return 301 https://$host$request_uri; }
    server { listen 443 ssl; server_name shop.example; root /srv/shop; }

After:
    server { listen 80; listen 443 ssl; server_name shop.example; return 301 https://$host$request_uri; }

Remedy:
    Redirect in a server of its own that listens on port 80 only, and serve the site in the one with `ssl`. In one
    server for both, put the redirect in `if ($scheme = http) { ... }`. Behind a proxy that ends TLS, redirect there,
    or let it speak https to nginx.

References:
    https://github.com/certbot/certbot/issues/6146
    https://github.com/JonasAlfredsson/docker-nginx-certbot/issues/209
    https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.listen import Transport
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.redirects import Loop, loop, sample, sends_everybody_on
from driftscan.nginx.responses import may_redirect
from driftscan.nginx.rewriting import Request
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.endpoints import ANY_OTHER_NAME

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "": "{server} sends everybody who asks for {url} from one redirect to the next without end: {lines}.",
        "circle": "{server} sends everybody who asks for {url} round in a circle: {lines}.",
        "unknown": "{server} sends everybody who asks for a name that no server has from one redirect to the next "
        "without end: {lines}.",
    },
    symptoms=(
        "ERR_TOO_MANY_REDIRECTS",
        "The page isn't redirecting properly",
        "curl: (47) Maximum (50) redirects followed",
        "Exceeded 30 redirects",
        "NSURLErrorHTTPTooManyRedirects",
    ),
    affects="every nginx",
    visitors={
        "": "everybody who visits {url}",
        "unknown": "whoever asks the address itself, or for a name that no server of {server}'s socket has",
    },
    remedies={
        "": "Let {lines} redirect only what came by plain HTTP: give the redirect a server of its own that listens on "
        "port 80 and not with `ssl`, or put it in `if ($scheme = http) {{ ... }}`. Then run `nginx -t`, reload nginx "
        "and ask once more with `curl -sIL {url}`.",
        "circle": "Let only one of {lines} redirect, and serve the site where it leads. Then run `nginx -t`, reload "
        "nginx and ask once more with `curl -sIL {url}`.",
        "unknown": "Answer unknown names with `return 444;` or `ssl_reject_handshake on;` (nginx 1.19.4 or later) in "
        "the place of {lines}, or redirect to a name that is served.",
    },
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each TLS server that lets visitors of some name come to no end."""
    for server in state.servers:
        if not state.tls_addresses(server) or not may_redirect(server):
            continue
        found = next(_loops(state, server), None)
        if found is None:
            continue
        name, around = found
        # With other servers on the socket, such a server is for names that nobody is told of.
        stray = name == ANY_OTHER_NAME and any(
            len(state.tls_sockets[address].servers) > 1 for address in state.tls_addresses(server)
        )
        facts = (
            ("server", str(server_subject(server, state))),
            *((("url", str(around.request)),) if not stray else ()),
            ("lines", " and ".join(map(str, around.lines))),
        )
        yield Hit(
            server_subject(server, state),
            around.lines,
            facts,
            Severity.LOW if stray else Severity.CRITICAL,
            variant="unknown" if stray else "circle" if len(around.lines) > 1 else "",
        )


def _loops(state: State, server: Server) -> Iterator[tuple[str, Loop]]:
    names = [name for name in server.names if name not in UNREACHABLE] or [ANY_OTHER_NAME]
    addresses = [address for address in state.tls_addresses(server) if address.transport is Transport.TCP]
    for name in names:
        host = sample(name)
        ports = {address.port for address in addresses} if host is not None else ()
        looping = {port for port in ports if sends_everybody_on(server, Request("https", host or "", port))}
        for address in addresses if looping else ():
            met = state.endpoints.get((address, name))
            if met is None or met.server is not server or address.port not in looping:
                continue
            around = loop(state.sockets, address, name)
            if around is not None:
                yield name, around
