"""nginx passes requests on by TLS to a public name, and does not send the name that is wanted there.

Symptom:
    Visitors get 502 Bad Gateway. The error log has `SSL_do_handshake() failed` with alert 40 (handshake failure) or
    112 (unrecognized name) `while SSL handshaking to upstream`. Elsewhere the handshake works and the answer is that
    of another site. `nginx -t` passes, and curl from the same host works, because curl always sends the name.

Cause:
    nginx sends no SNI to an upstream unless `proxy_ssl_server_name on;` asks for it (`grpc_ssl_server_name`,
    `uwsgi_ssl_server_name`). CDNs and hosts with more than one certificate need the name to answer at all. It goes
    wrong when an address in the own network is replaced by such a host, or when the line is lost.

Before:
    server { listen 80; server_name shop.example; location / { proxy_pass http://10.0.0.5:8080; } }

After:
    server { listen 80; server_name shop.example; location / { proxy_pass https://origin.example.net; } }

Remedy:
    Write `proxy_ssl_server_name on;` in the location, the server or `http {}`. Where `proxy_pass` names an
    `upstream {}`, or the other side is asked by an address, write the name too: `proxy_ssl_name origin.example.net;`.
    `openssl s_client -noservername -connect HOST:443` tells whether the other side answers without a name.

References:
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_server_name
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_name
    https://github.com/jenkins-infra/helm-charts/pull/1507
    https://github.com/spantaleev/matrix-docker-ansible-deploy/pull/3055
    https://github.com/NginxProxyManager/nginx-proxy-manager/issues/4457
    https://www.rfc-editor.org/rfc/rfc6066#section-3
"""

from collections.abc import Iterator
from dataclasses import replace

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import upstream_subject
from driftscan.evidence.passing import hosts, name_sent, paired, place_of, strangers
from driftscan.nginx.backends import Backend, declared
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.upstreams import Upstream
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.UPSTREAM,
    severity=Severity.HIGH,
    messages={
        "tls": "{place} speaks TLS to {host} now and does not send the name it wants, because {directive} is off: "
        "a CDN, or a host with several certificates, refuses that or answers with another site.",
        "host": "{place} goes to {host} now, by TLS and without the name it wants, because {directive} is off: "
        "a CDN, or a host with several certificates, refuses that or answers with another site.",
        "renamed": "{place} asks {host} for {sent} now, by {name_directive}, and asked for {before} until now: a CDN, "
        "or a host with several certificates, refuses that or answers with another site.",
        "off": "{place} speaks TLS to {host} and has stopped sending the name it wants, because {directive} is off "
        "now: a CDN, or a host with several certificates, refuses that or answers with another site.",
    },
    visitors={
        "renamed": "everybody whose request {place} passes on, if {host} does not answer for {sent}",
        "": "everybody whose request {place} passes on, if {host} does not answer without a name",
    },
    remedies={
        "renamed": "If {host} answers for {before} only, write `{name_directive} {before};` in the block that begins "
        "at {block}. `openssl s_client -servername NAME -connect {host}` shows what it has for a name.",
        "": "Write {cure} in the block that begins at {block}. `openssl s_client -noservername -connect {host}` tells "
        "whether the other side answers without a name.",
    },
    symptoms=(
        "502 Bad Gateway",
        "sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream",
        "ssl/tls alert handshake failure:SSL alert number 40) while SSL handshaking to upstream",
        "error:0A000410:SSL routines::sslv3 alert handshake failure",
        "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure",
        "tlsv1 unrecognized name:SSL alert number 112) while SSL handshaking to upstream",
        "tlsv1 alert internal error:SSL alert number 80) while SSL handshaking to upstream",
        "peer closed connection in SSL handshake while SSL handshaking to upstream",
        "421 Misdirected Request",
    ),
    affects="nginx 1.7.0 and later, which has the directive and leaves it off; before that no nginx can send the name",
    also=("upstream-sni-missing",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each place that has come to speak TLS to a public name without sending it.

    One that always did evidently works.
    """
    for old, new in paired(transition):
        yield from _renamed(transition, old, new)
        found = _nameless(transition.after, new)
        # What was not known before may have been so all the time.
        if not found or not _known(old):
            continue
        before = {host.host for host in _nameless(transition.before, old)}
        strange = [host for host in found if host.host not in before]
        if strange:
            yield _hit(transition.after, new, strange[0], _what_changed(old, new))


def _renamed(transition: Transition, old: Upstream, new: Upstream) -> Iterator[Hit]:
    """A place that sends another name than that of its host, which it sent before.

    Where it checks certificates it is the check that fails, and that is told as such.
    """
    if new[declared(new, "verify")].value is not False or not (_sends_a_name(old) and _sends_a_name(new)):
        return
    before, sent = name_sent(transition.before, old), name_sent(transition.after, new)
    there = strangers(transition.after, new)
    same = {host.host for host in there} & {host.host for host in strangers(transition.before, old)}
    for host in there:
        if before == host.host and host.host in same and sent not in {None, before}:
            places = new[declared(new, "name")].places
            found = _hit(transition.after, new, host, "renamed")
            yield replace(
                found,
                evidence=tuple(dict.fromkeys((*places, *found.evidence))),
                # What is written may well be a name of the host; that of a group never is.
                severity=Severity.MEDIUM if places else Severity.HIGH,
                facts=(*found.facts, ("before", before), ("sent", str(sent))),
            )
            return


def _sends_a_name(place: Upstream) -> bool:
    return place.speaks_tls and place[declared(place, "server_name")].value is True


def _what_changed(old: Upstream, new: Upstream) -> str:
    if not old.speaks_tls:
        return "tls"
    return "host" if old[declared(old, "server_name")].value is False or old.target != new.target else "off"


def _known(place: Upstream) -> bool:
    return place[declared(place, "server_name")].known and (place.side.switch is None or place[place.side.switch].known)


def _nameless(state: State, place: Upstream) -> tuple[Backend, ...]:
    """The public hosts that a place speaks TLS to without sending a name."""
    if not place.speaks_tls or place[declared(place, "server_name")].value is not False:
        return ()
    return strangers(state, place)


def _hit(state: State, place: Upstream, host: Backend, variant: str) -> Hit:
    setting = place[declared(place, "server_name")]
    return Hit(
        upstream_subject(place, state),
        (place.at, *(() if host.at == place.at else (host.at,)), *setting.places),
        (
            ("place", str(upstream_subject(place, state))),
            ("host", str(host)),
            ("directive", declared(place, "server_name").name),
            ("name_directive", declared(place, "name").name),
            ("cure", " and ".join(f"`{line}`" for line in _lines(state, place))),
            ("block", str(place.settings_at)),
        ),
        needs=frozenset({Need.UPSTREAM}),
        variant=variant,
    )


def _lines(state: State, place: Upstream) -> Iterator[str]:
    """What sends the name: the switch, and the name itself where a group hides it."""
    yield f"{declared(place, 'server_name').name} on;"
    found = hosts(state, place)
    if not place[declared(place, "name")].places and len({host.host for host in found}) == 1 and found[0].group:
        yield f"{declared(place, 'name').name} {found[0].host};"


def mended(state: State, hit: Hit) -> bool:
    """The name is sent, the place is gone, or it goes elsewhere or without TLS."""
    place = place_of(state, hit.subject)
    if place is not None and hit.variant == "renamed":
        return not place.speaks_tls or name_sent(state, place) != dict(hit.facts)["sent"]
    return place is None or (_known(place) and dict(hit.facts)["host"] not in map(str, _nameless(state, place)))


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """Switch it on where it is off, or else in the innermost block; name the host where a group hides it."""
    place = place_of(state, hit.subject)
    if place is None or hit.variant == "renamed":
        return
    block = "location" if place.path else "server"
    setting = place[declared(place, "server_name")]
    switch, *name = _lines(state, place)
    if isinstance(setting.origin, Explicit):
        yield Replace(setting.places[0], declared(place, "server_name").name, switch)
    else:
        name.insert(0, switch)
    for line in name:
        yield Inside(place.settings_at, block, line)
