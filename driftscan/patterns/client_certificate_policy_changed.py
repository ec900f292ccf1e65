"""Who needs a client certificate, or whose certificates are good, is not as it was.

Symptom:
    Everybody without a certificate gets status 400, `No required SSL certificate was sent`, or with an authority that
    is not trusted any more `The SSL certificate error`. In the other direction nothing is seen: the site opens for
    everybody. nginx logs `client sent no required SSL certificate` at level info only.

Cause:
    `ssl_verify_client` was switched, the condition that made use of `optional` ($ssl_client_verify) was taken away or
    added, the file of `ssl_client_certificate` lost an authority, `ssl_verify_depth` became less, or `ssl_crl` came or
    went: with it OpenSSL asks for a current list of every authority in the chain (ngx_ssl_crl). A server that lost its
    own certificate counts as well: the handshake is then the default server's, which may ask for nothing.

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
from driftscan.evidence.client_certificates import admits_strangers, guarded, trusted, verification
from driftscan.evidence.mentions import mentions
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Family
from driftscan.nginx.directives.http_ssl import SSL_CRL, SSL_VERIFY_CLIENT, SSL_VERIFY_DEPTH
from driftscan.nginx.names import UNREACHABLE
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed
from driftscan.tls.endpoints import ANY_OTHER_NAME, Endpoint

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.CRITICAL,
    messages={
        "demanded": "{server} refuses everybody who has no client certificate, and did not before.",
        "dropped": "{what} let nobody in without a client certificate, and lets everybody in now.",
        "authorities": "{server} does not take client certificates of {lost} any more.",
        "file": "{server} checks client certificates against {files} now, and not against {old} any more.",
        "depth": "{server} follows the chain of a client certificate to a depth of {depth} now, and of {old} before.",
        "revoking": "{server} looks client certificates up in the revocation lists of {crl} now, and refuses those "
        "whose issuer has no current list there.",
        "not-revoking": "{server} does not look client certificates up in the revocation lists of {crl} any more.",
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
        "dropped": "those whose data {what} guards: anybody can open it",
        "authorities": "clients of {server} whose certificate {lost} has issued: the answer is 400",
        "file": "clients of {server} whose certificate was issued by an authority in {old} only",
        "depth": "clients of {server} with a longer chain than `ssl_verify_depth {depth}` allows: the answer is 400",
        "revoking": "clients of {server} whose certificate is revoked, or whose issuer's list is missing or too old",
        "not-revoking": "those whose data {server} guards: holders of revoked certificates can open it",
    },
    remedies={
        "demanded": "If {server} is meant for the public, take `ssl_verify_client` back at {place}; if only a part of "
        "it is to be protected, use `optional` and check `$ssl_client_verify` in that location.",
        "dropped": "If this was not meant, bring back what guarded {what}; look at {place}. Then look through the "
        "access log for who came in meanwhile.",
        "authorities": "Put {lost} back into {files} until its clients have other certificates; the line is {place}.",
        "file": "Compare the authorities in {old} and {files}: `openssl crl2pkcs7 -nocrl -certfile FILE | openssl "
        "pkcs7 -print_certs -noout`. Trust both until all clients have moved; the line is {place}.",
        "depth": "Write `ssl_verify_depth {old};` for {server} again; look at {place}.",
        "revoking": "Put a current list of every authority in the chain into {crl} (`openssl crl -in FILE -noout "
        "-issuer -nextupdate`), and renew them before they end; the line is {place}.",
        "not-revoking": "If this was not meant, write `ssl_crl {crl};` for {server} again; look at {place}.",
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
    if not _is_open(after, new) and admits_strangers(before, old) is True and admits_strangers(after, new) is False:
        return _hit(after, new, "demanded", Severity.CRITICAL)
    if _is_open(before, old):
        return None
    for path in ("/", *guarded(old.server)):
        if admits_strangers(before, old, path) is False and admits_strangers(after, new, path) is True:
            # What an application makes of the result is not in /etc.
            told = not _is_open(after, new) and mentions(after, new.server, "ssl_client_")
            what = ("what", str(server_subject(new.server, after)) + path.removesuffix("/"))
            return _hit(after, new, "dropped", Severity.HIGH, what, needs=frozenset({Need.UPSTREAM} if told else ()))
    if authorities and not _is_open(after, new):
        return _lost(transition, old, new) or _verified_otherwise(transition, old, new)
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
        old_files = ("old", listed(was.files))
        return _hit(transition.after, new, "file", Severity.HIGH, files, old_files, lines=now.lines, needs=needs)
    lost = sorted(authority.subject for authority in was.authorities - now.authorities)
    if not lost:
        return None
    return _hit(transition.after, new, "authorities", Severity.HIGH, files, ("lost", listed(lost)), lines=now.lines)


def _verified_otherwise(transition: Transition, old: Endpoint, new: Endpoint) -> Hit | None:
    """The same authorities, and a shorter way to them, or another answer to whether certificates are revoked."""
    before, after = transition.before, transition.after
    was, now = old.in_force(SSL_VERIFY_DEPTH, before.platform), new.in_force(SSL_VERIFY_DEPTH, after.platform)
    unseen = frozenset({Need.CERTIFICATE})
    if isinstance(was.value, int) and isinstance(now.value, int) and now.value < was.value:
        facts = ("depth", str(now.value)), ("old", str(was.value))
        return _hit(after, new, "depth", Severity.HIGH, *facts, lines=now.setting.places, needs=unseen)
    was, now = old.in_force(SSL_CRL, before.platform), new.in_force(SSL_CRL, after.platform)
    if not (was.known and now.known) or bool(was.value) == bool(now.value):
        return None
    crl = ("crl", str(now.value or was.value))
    if now.value:
        return _hit(after, new, "revoking", Severity.MEDIUM, crl, lines=now.setting.places, needs=unseen)
    return _hit(after, new, "not-revoking", Severity.HIGH, crl)


def _hit(  # noqa: PLR0913 - the facts, lines and needs of each variant are its own
    state: State,
    at: Endpoint,
    variant: str,
    severity: Severity,
    *more: tuple[str, str],
    lines: tuple[Location, ...] = (),
    needs: frozenset[Need] = frozenset(),
) -> Hit:
    setting = at.in_force(SSL_VERIFY_CLIENT, state.platform).setting
    lines = (*lines, *setting.places, at.server.at)
    return Hit(
        server_subject(at.server, state),
        tuple(dict.fromkeys(lines)),
        (("server", str(server_subject(at.server, state))), ("place", str(lines[0])), *more),
        severity,
        needs,
        variant,
    )
