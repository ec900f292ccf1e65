"""Two sockets of the configuration claim one address and port, and nginx cannot start with both.

Symptom:
    `nginx -t` says that the test is successful. A reload does nothing: the error log has `bind() to 0.0.0.0:443 failed
    (98: Address already in use)`, and the old configuration runs on. A restart, a reboot or a package upgrade ends
    with `still could not bind()`, and no nginx runs.

Cause:
    http, stream and mail know nothing of each other's addresses, so the same one may be written in two of them. nginx
    binds both, and the kernel refuses the second, a wildcard that covers the other address included, and
    `[::]` with `ipv6only=off`, which covers IPv4. The test of a configuration binds too, but passes over addresses
    that are in use, because as a rule they are those of the nginx that runs. The usual story is a server of stream
    that sorts connections by `ssl_preread` on port 443, where the sites of http still listen.

Before:
    server { listen 443 ssl; listen [::]:443 ssl; server_name shop.example; }

After:
    server { listen 443 ssl; listen [::]:443 ssl ipv6only=off; server_name shop.example; }

Remedy:
    Leave the port to one of them. With stream in front, let the sites listen on `127.0.0.1:8443 ssl` (with
    `proxy_protocol` on both sides, if they are to see the visitors' addresses), and pass the connections on to it.

References:
    https://nginx.org/en/docs/stream/ngx_stream_ssl_preread_module.html
    https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
    https://github.com/nginx/nginx/blob/release-1.22.1/src/core/ngx_connection.c
    https://man7.org/linux/man-pages/man7/socket.7.html
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import SocketSubject, server_subject
from driftscan.nginx.binding import Clash, clashes
from driftscan.nginx.edits import Edit
from driftscan.nginx.listen_edits import with_parameters
from driftscan.nginx.sockets import Socket
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

_CLASH = (
    "nginx cannot start: {first} of {first_family}, for {first_servers}, and {second} of {second_family}, for "
    "{second_servers}, cannot be bound at the same time, and `nginx -t` does not see that."
)

PATTERN = Pattern(
    category=Category.OUTAGE,
    severity=Severity.CRITICAL,
    messages={
        "": _CLASH,
        "ipv6only": _CLASH,
        "shared": "{first} is bound by {first_family}, for {first_servers}, and with reuseport by {second_family}, for "
        "{second_servers}, too: each connection goes to either of them at random.",
    },
    symptoms=(
        "bind() to 0.0.0.0:443 failed (98: Address already in use)",
        "bind() to [::]:443 failed (98: Address already in use)",
        "still could not bind()",
        "ERR_CONNECTION_REFUSED",
        "Job for nginx.service failed because the control process exited with error code",
    ),
    affects="every nginx with stream (1.9.0) or mail; Linux",
    visitors={
        "": "nobody while the running nginx goes on with its old configuration and its old certificates; everybody as "
        "soon as it is started anew, by a restart, a reboot or a package upgrade",
        "shared": "about half of the connections to {first}, at random, whoever makes them",
    },
    remedies={
        "": "Give one of the two another address or port: the `listen` in {second_place}, or the one in {first_place}. "
        "Then reload, and look into the error log: `nginx -t` passes either way, but no `bind()` may fail.",
        "ipv6only": "Take `ipv6only=off`, by which the IPv6 wildcard takes IPv4 too, out of the `listen` in "
        "{second_place} or {first_place}. Then reload, and look into the error log: no `bind()` may fail.",
        "shared": "Give one of the two another address or port: the `listen` in {second_place}, or the one in "
        "{first_place}. Then reload nginx.",
    },
    also=("stream-port-clash-or-preread",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each socket that cannot be bound beside another one."""
    told = set()
    for clash in clashes(state.sockets):
        if clash.second.address not in told:
            told.add(clash.second.address)
            yield _hit(state, clash)


def _hit(state: State, clash: Clash) -> Hit:
    first, second = clash.first, clash.second
    return Hit(
        SocketSubject(second.address),
        tuple(dict.fromkeys(listen.at for socket in (second, first) for _, listen in socket.listens)),
        (*_facts(state, "first", first), *_facts(state, "second", second)),
        variant=_variant(clash),
    )


def _variant(clash: Clash) -> str:
    if clash.shared:
        return "shared"
    both = (clash.first, clash.second)
    said = any(listen.ipv6only is False for socket in both for _, listen in socket.listens)
    return "ipv6only" if said and clash.first.address != clash.second.address else ""


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """`ipv6only=off` away, where that alone makes two wildcards overlap; an address has to be chosen by a person."""
    for clash in clashes(state.sockets):
        both = (clash.first, clash.second)
        if SocketSubject(clash.second.address) == hit.subject and clash.first.address != clash.second.address:
            listens = [listen for socket in both for _, listen in socket.listens if listen.ipv6only is False]
            yield from with_parameters(listens, lambda word: word != "ipv6only=off")


def _facts(state: State, which: str, socket: Socket) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(server_subject(server, state).name or "a server without a name" for server in socket.servers)
    yield which, str(socket.address)
    yield f"{which}_family", socket.family.value
    yield f"{which}_servers", listed(names)
    yield f"{which}_place", str(socket.listens[0][1].at)
