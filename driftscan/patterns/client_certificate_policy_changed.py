"""Who needs a client certificate, or whose certificates are good, is not as it was.

Symptom:
    Everybody without a certificate gets status 400, `No required SSL certificate was sent`, or with an authority that
    is not trusted any more `The SSL certificate error`. In the other direction nothing is seen: the site opens for
    everybody. nginx logs `client sent no required SSL certificate` at level info only.

Cause:
    `ssl_verify_client` was switched, the condition that made use of `optional` ($ssl_client_verify) was taken away or
    added, or the file of `ssl_client_certificate` lost an authority. A server that lost its own certificate counts as
    well: the handshake is then the default server's, which may ask for nothing.

Before:
    server { listen 443 ssl; server_name staff.example; root /srv/staff; }

After:
    server {
        listen 443 ssl;
        server_name staff.example;
        ssl_verify_client on;
        ssl_client_certificate staff.pem;
        root /srv/staff;
    }

Remedy:
    Treat it as the change of access control that it is: ask who wanted it. To introduce client certificates, begin
    with `optional` and log `$ssl_client_verify`. Replace an authority by trusting the old and the new one together
    until every client has a new certificate.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_verify_client
    https://github.com/nginx/nginx/commit/18afcda938cd2d4712d0d083b57161290a5a2d34
    https://github.com/grahamedgecombe/nginx-ct/issues/23
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.client_certificates import admits_strangers, trusted, verification
from driftscan.evidence.mentions import mentions
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL_VERIFY_CLIENT
from driftscan.nginx.names import UNREACHABLE
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed
from driftscan.tls.endpoints import ANY_OTHER_NAME, Endpoint

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.CRITICAL,
    messages={
        "demanded": "{server} refuses everybody who has no client certificate, and did not before.",
        "dropped": "{server} let nobody in without a client certificate, and lets everybody in now.",
        "authorities": "{server} does not take client certificates of {lost} any more.",
        "file": "{server} checks client certificates against {files} now, and not against {old} any more.",
    },
    symptoms=(
        "400 No required SSL certificate was sent",
        "400 The SSL certificate error",
        "client sent no required SSL certificate while reading client request headers",
        "client SSL certificate verify error",
        "421 Misdirected Request",
        "client attempted to request the server name different from the one that was negotiated",
        "ERR_BAD_SSL_CLIENT_AUTH_CERT",
        "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
        "tlsv13 alert certificate required",
    ),
    affects="every nginx; since 1.27.2 `ssl_trusted_certificate` alone is enough",
    visitors={
        "demanded": "everybody who visits {server} without a client certificate: the answer is 400",
        "dropped": "nobody is refused; anybody can open {server}",
        "authorities": "clients of {server} whose certificate {lost} has issued: the answer is 400",
        "file": "clients of {server} whose certificate was issued by an authority in {old} only",
    },
    remedies={
        "demanded": "If {server} is meant for the public, take `ssl_verify_client` back at {place}; if only a part of "
        "it is to be protected, use `optional` and check `$ssl_client_verify` in that location.",
        "dropped": "If this was not meant, bring back what guarded {server}; look at {place}. Then look through the "
        "access log for who came in meanwhile.",
        "authorities": "Put {lost} back into {files} until its clients have other certificates; the line is {place}.",
        "file": "Compare the authorities in {old} and {files}: `openssl crl2pkcs7 -nocrl -certfile FILE | openssl "
        "pkcs7 -print_certs -noout`. Trust both until all clients have moved; the line is {place}.",
    },
    also=("verify-client-toggled",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each server that was there before and lets in other people now; the worst of what it is."""
    before, after = transition.before, transition.after
    found: dict[str, Hit] = {}
    seen: set[tuple[int, ...]] = set()
    for key, new in after.endpoints.items():
        old = before.endpoints.get(key)
        if old is None or new.socket.family is not Family.HTTP or not _is_meant(new):
            continue
        mark = id(old.server), id(old.default), id(new.server), id(new.default)
        if _is_open(before, old) and _is_open(after, new):
            continue
        first = mark not in seen
        seen.add(mark)
        hit = _judged(transition, old, new, authorities=first)
        known = None if hit is None else found.get(hit.subject.key)
        if hit is not None and (known is None or (hit.severity or 0) > (known.severity or 0)):
            found[hit.subject.key] = hit
    yield from found.values()


def _is_meant(at: Endpoint) -> bool:
    """Whether anybody is told to ask for it: names that nobody has lead to a catch-all, if that is all there is."""
    return at.name != ANY_OTHER_NAME or UNREACHABLE.issuperset(at.server.names)


def _is_open(state: State, at: Endpoint) -> bool:
    return verification(state, at) == "off"


def _judged(transition: Transition, old: Endpoint, new: Endpoint, *, authorities: bool) -> Hit | None:
    before, after = transition.before, transition.after
    was, now = admits_strangers(before, old), admits_strangers(after, new)
    if was is True and now is False and not _is_open(after, new):
        return _hit(after, new, "demanded", Severity.CRITICAL)
    if was is False and now is True and not _is_open(before, old):
        # What an application makes of the result is not in /etc.
        told = not _is_open(after, new) and mentions(after, new.server, "ssl_client_")
        return _hit(after, new, "dropped", Severity.HIGH, needs=frozenset({Need.UPSTREAM} if told else ()))
    if authorities and not _is_open(before, old) and not _is_open(after, new):
        return _lost(transition, old, new)
    return None


def _lost(transition: Transition, old: Endpoint, new: Endpoint) -> Hit | None:
    """Authorities that are not trusted any more, or a file of which it cannot be told."""
    was, now = trusted(transition.before, old), trusted(transition.after, new)
    if was is None or now is None or not was.files or not now.files:
        return None
    files = ("files", listed(now.files))
    if was.authorities is None or now.authorities is None:
        if set(was.files) <= set(now.files):
            return None
        needs = frozenset({Need.CERTIFICATE})
        return _hit(transition.after, new, "file", Severity.HIGH, files, ("old", listed(was.files)), needs=needs)
    lost = sorted(authority.subject for authority in was.authorities - now.authorities)
    if not lost:
        return None
    return _hit(transition.after, new, "authorities", Severity.HIGH, files, ("lost", listed(lost)))


def _hit(
    state: State,
    at: Endpoint,
    variant: str,
    severity: Severity,
    *more: tuple[str, str],
    needs: frozenset[Need] = frozenset(),
) -> Hit:
    trust = trusted(state, at) if more else None
    setting = at.in_force(SSL_VERIFY_CLIENT, state.platform).setting
    lines = (*(trust.lines if trust else ()), *setting.places, at.server.at)
    return Hit(
        server_subject(at.server, state),
        tuple(dict.fromkeys(lines)),
        (("server", str(server_subject(at.server, state))), ("place", str(lines[0])), *more),
        severity,
        needs,
        variant,
    )
