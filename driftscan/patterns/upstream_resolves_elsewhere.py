"""A host that requests are passed on to has another address in /etc/hosts, or none any more.

Symptom:
    After the next start `host not found in upstream` stops nginx altogether: every site of the host is down, not only
    the one that passes requests on. `nginx -t` says so before. Where the name still has an address, requests go to
    another machine, which may speak no TLS or have another certificate: visitors get 502, or somebody else's answers.

Cause:
    nginx looks up the names in `proxy_pass` and in the servers of an `upstream {}` once, while it loads, with the C
    library: /etc/hosts first, then the name servers of /etc/resolv.conf. It goes on with what it found then until it
    is reloaded. A name that only /etc/hosts knew is unknown to the next start when its line goes away.

Before:
    # /etc/hosts: 10.0.0.5 backend.example.net
    server { listen 80; server_name shop.example; location / { proxy_pass https://backend.example.net; } }

After:
    # /etc/hosts: nothing of it
    server { listen 80; server_name shop.example; location / { proxy_pass https://backend.example.net; } }

Remedy:
    Put the line back into /etc/hosts, or make sure that `getent hosts NAME` answers on the host. Run `nginx -t` before
    every reload. A host that must not stop nginx is named in a variable, with a `resolver`, or in an `upstream {}`
    with `resolve` (nginx 1.27.3 or later): then only its own location fails.

References:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
    https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
    https://man7.org/linux/man-pages/man5/hosts.5.html
    https://man7.org/linux/man-pages/man5/nsswitch.conf.5.html
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import upstream_subject
from driftscan.evidence.passing import hosts, is_private, place_of
from driftscan.host.value import Value
from driftscan.nginx.backends import Backend
from driftscan.nginx.upstreams import Upstream
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.HIGH,
    messages={
        "gone": "/etc/hosts does not name {name} any more, which had {before} there, and {place} needs its address: "
        "if nothing else knows it, the next start of nginx fails with `host not found in upstream`.",
        "moved": "{name} is {after} in /etc/hosts now and was {before}: after the next reload {place} goes there.",
        "left-to-dns": "/etc/hosts does not name {name} any more, which had {before} there: after the next reload "
        "{place} goes where the DNS says.",
        "nameservers": "{place} needs the address of {name}, a name of the own network, and every name server in "
        "/etc/resolv.conf is another one than before: it was {before} and is {after}.",
    },
    visitors={
        "gone": "everybody who visits any site of this host, after the next start of nginx, if nothing else knows the "
        "address of {name}",
        "moved": "everybody whose request {place} passes on, if {after} does not answer as {before} did",
        "left-to-dns": "everybody whose request {place} passes on, if the DNS says anything else than {before}",
        "nameservers": "everybody who visits any site of this host, after the next start of nginx, if the new name "
        "servers do not know {name}",
    },
    remedies={
        "gone": "Run `getent hosts {name}` on the host. Where it prints nothing, put `{address} {name}` back into "
        "/etc/hosts before nginx is started again; {file} names it.",
        "moved": "Make sure that {after} answers at {host} with the certificate and the names that {before} had, and "
        "reload nginx: until then it goes to {before}.",
        "left-to-dns": "Run `getent hosts {name}` on the host. Where it prints nothing, or another address than is "
        "wanted, put `{address} {name}` back into /etc/hosts; {file} names it.",
        "nameservers": "Run `getent hosts {name}` on the host. Where it prints nothing, put the name into /etc/hosts, "
        "or the old name server back into /etc/resolv.conf; {file} names it.",
    },
    symptoms=(
        "host not found in upstream",
        "nginx: [emerg] host not found in upstream",
        "502 Bad Gateway",
        "no live upstreams while connecting to upstream",
        "connect() failed (113: No route to host) while connecting to upstream",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "Job for nginx.service failed because the control process exited with error code",
    ),
    affects="every nginx; servers with `resolve` in an `upstream {}` are looked up while it runs (1.27.3 and later)",
    also=("upstream-host-resolution-change",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each name whose line in /etc/hosts changed, about the first place that needs it.

    What only variables name, or `resolve`, is asked of nginx's own `resolver`, which reads neither file.
    """
    before, after = transition.before.host.resolver, transition.after.host.resolver
    if before == after:
        return
    needed = dict(_needed(transition.after))
    told: set[str] = set()
    for name, (place, host) in needed.items() if after.hosts else ():
        was, now = _texts(before.hosts.get(name, ())), after.hosts.get(name, ())
        subject = upstream_subject(place, transition.after)
        # nginx asks all addresses of a name in turn, so that one more takes nothing away.
        if subject.key in told or not was or set(was) <= set(_texts(now)):
            continue
        told.add(subject.key)
        variant, severity = ("moved", Severity.LOW) if now else ("gone", Severity.HIGH)
        if not now and host.is_public and not any(map(is_private, was)):
            # The DNS most probably knows it as well, and perhaps another address.
            variant, severity = "left-to-dns", Severity.LOW
        yield _hit(transition.after, (place, host), was, now, variant, severity)
    old, new = _texts(before.nameservers), _texts(after.nameservers)
    if old and new and not set(old) & set(new):
        strange = not any(map(is_private, new)) and any(map(is_private, old))
        for name, (place, host) in needed.items():
            subject = upstream_subject(place, transition.after)
            known = host.is_public or name == "localhost" or after.hosts.get(name)
            if not known and subject.key not in told:
                severity = Severity.HIGH if strange else Severity.LOW
                yield _hit(transition.after, (place, host), old, after.nameservers, "nameservers", severity)
                return


def _needed(state: State) -> Iterator[tuple[str, tuple[Upstream, Backend]]]:
    """The names that nginx looks up while it loads, each with the last place that needs it first."""
    for place in reversed(state.upstreams):
        for host in hosts(state, place):
            if not (host.late or host.is_number):
                yield host.host, (place, host)


def _texts(values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(value.text for value in values)


def _hit(  # noqa: PLR0913, PLR0917 - who needs it, the addresses before and after, and what was made of them
    state: State,
    needed: tuple[Upstream, Backend],
    before: tuple[str, ...],
    after: tuple[Value, ...],
    variant: str,
    severity: Severity,
) -> Hit:
    place, host = needed
    need = Need.UPSTREAM if variant == "moved" else Need.DNS
    return Hit(
        upstream_subject(place, state),
        (*(value.at for value in after), host.at, *(() if host.at == place.at else (place.at,))),
        (
            ("place", str(upstream_subject(place, state))),
            ("name", host.host),
            ("host", str(host)),
            ("before", ", ".join(before)),
            ("address", before[0]),
            ("after", ", ".join(_texts(after))),
            ("file", str(host.at)),
        ),
        severity,
        frozenset({need}),
        variant,
    )


def mended(state: State, hit: Hit) -> bool:
    """The name has an address in /etc/hosts again (for one that moved: the old one), or nobody needs it any more."""
    facts, place = dict(hit.facts), place_of(state, hit.subject)
    if place is None or facts["name"] not in {host.host for host in hosts(state, place) if not host.late}:
        return True
    known = state.host.resolver.hosts.get(facts["name"], ())
    match hit.variant:
        case "gone" | "left-to-dns":
            return bool(known)
        case "moved":
            return ", ".join(_texts(known)) == facts["before"]
        case _:
            return bool(known) or ", ".join(_texts(state.host.resolver.nameservers)) == facts["before"]
