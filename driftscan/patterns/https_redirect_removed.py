"""A site that is served by HTTPS does not send visitors of plain HTTP there any more.

Symptom:
    Browsers call the site "Not secure", and the address begins with http. Cookies without `Secure` go over the
    network in the clear, forms as well. No client fails, and no log tells.

Cause:
    The server for port 80 lost its redirect and serves the site itself, or it is gone and another server of port 80
    answers for the name. Browsers that hold an HSTS policy for the name do not notice.

Before:
    server { listen 80; server_name shop.example; return 301 https://$host$request_uri; }
    server { listen 443 ssl; server_name shop.example; root /srv/shop; }

After:
    server { listen 80; listen 443 ssl; server_name shop.example; root /srv/shop; }

Remedy:
    Put the redirect back in a server of its own: `server { listen 80; server_name NAME; return 301
    https://$host$request_uri; }`. Requests below /.well-known/acme-challenge/ may stay on plain HTTP.

References:
    https://nginx.org/en/docs/http/configuring_https_servers.html
    https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import told
from driftscan.evidence.strict_transport import told_by_name
from driftscan.nginx.names import UNREACHABLE
from driftscan.nginx.redirects import PlainAnswer, claims, plain_answer, sample
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.MEDIUM,
    messages={
        "": "Plain HTTP for {names} was sent on to https, and {server} serves it in the clear now ({place}).",
    },
    symptoms=("Not secure", "Your connection to this site is not secure", "Cookie without Secure attribute"),
    affects="every nginx",
    visitors={"": "everybody who asks for {names} without https and holds no HSTS policy for it"},
    remedies={
        "": "Let a server that listens on port 80 for {names} say `return 301 https://$host$request_uri;` again, and "
        "keep {place} to the server with `ssl`. Reload nginx and check with `curl -sI http://{name}/`.",
    },
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server that shows in the clear what was sent on to https before."""
    before = {socket.address: socket for socket in transition.before.sockets if not socket.ssl}
    found: dict[int, tuple[PlainAnswer, list[str]]] = {}
    for socket in transition.after.sockets:
        old = before.get(socket.address)
        if old is None or socket.ssl:
            continue
        for name in old.names.owners:
            if name in UNREACHABLE or _same(old, socket, name):
                continue
            was, now = plain_answer(old, name), plain_answer(socket, name)
            if was is None or not was.to_https or now is None or now.served is None:
                continue
            if _by_tls(transition.after, name):
                found.setdefault(id(now.server), (now, []))[1].append(name)
    for answer, names in found.values():
        yield _hit(transition.after, answer, tuple(dict.fromkeys(names)))


def _same(old: Socket, new: Socket, name: str) -> bool:
    """Whether the name is answered by a server in which nothing changed."""
    host = sample(name)
    return host is None or old.select(host) is new.select(host)


def _by_tls(state: State, name: str) -> bool:
    """Whether the name is one of a TLS server: otherwise there is nothing to be sent on to."""
    return any(claims(socket, name) for socket in state.tls_sockets.values())


def _hit(state: State, now: PlainAnswer, names: tuple[str, ...]) -> Hit:
    place = now.served or now.server.at
    policies = told_by_name(state)
    preloaded = all((policy := policies.get(name)) is not None and policy.asks_for_the_list for name in names)
    return Hit(
        server_subject(now.server, state),
        tuple(dict.fromkeys((place, now.server.at))),
        (
            ("names", listed(names)),
            ("name", names[0]),
            ("server", str(server_subject(now.server, state))),
            ("place", str(place)),
        ),
        # Browsers that have the name on their list never ask by plain HTTP.
        Severity.LOW if preloaded else Severity.MEDIUM,
    )


def mended(state: State, hit: Hit) -> bool:
    """Nothing is served in the clear for the name any more, or it is no name of a TLS server."""
    name = told(hit, "name")
    answers = (plain_answer(socket, name) for socket in state.sockets)
    return not _by_tls(state, name) or all(answer is None or answer.served is None for answer in answers)
