"""A server answers for a name that is not in the certificate it sends.

Symptom:
    The name opens with a warning: NET::ERR_CERT_COMMON_NAME_INVALID in Chrome, SSL_ERROR_BAD_CERT_DOMAIN in Firefox,
    and with HSTS there is no way past it. curl, Python, Java and Go refuse. Other names of the server may work.
    `nginx -t` passes: nginx never compares names.

Cause:
    `ssl_certificate` names a certificate whose subjectAltName lacks the name: a new `server_name` that the
    certificate was not reissued for, another lineage (`certbot certonly` with other names makes NAME-0001), a copied
    line. `*` stands for one label only, and the common name does not count. A server without `ssl_certificate` sends
    the certificate of the default server of its socket.

Before:
    # shop.pem is for shop.example and www.shop.example.
    server { listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; ssl_certificate_key shop.key; }

After:
    # shop.pem is for shop.example and www.shop.example.
    server {
        listen 443 ssl;
        server_name shop.example blog.example;
        ssl_certificate shop.pem;
        ssl_certificate_key shop.key;
    }

Remedy:
    Name the certificate that has the names, or have it reissued with all of them: certbot replaces the whole list,
    so give every name again, `certbot certonly --cert-name LINEAGE --expand -d OLD -d NEW`. Then reload nginx.

References:
    https://www.rfc-editor.org/rfc/rfc9525
    https://nginx.org/en/docs/http/configuring_https_servers.html
    https://github.com/certbot/certbot/issues/5174
    https://github.com/dokku/dokku/issues/3661
"""

from collections.abc import Iterator, Mapping

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.directives.base import Explicit
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CERTIFICATE_KEY
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.servers import Server
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import is_host, is_internal, listed, misnamed, names_of, suits
from driftscan.tls.endpoints import Endpoint

PATTERN = Pattern(
    category=Category.WRONG_CERTIFICATE,
    severity=Severity.CRITICAL,
    messages={
        "own": "{server} answers for {names}, but the certificate in {certificate} is for {covered}.",
        "borrowed": "{server} has no certificate, so {names} is answered with that of the default server, {default}: "
        "{certificate} is for {covered}.",
    },
    visitors={"": "everybody who visits {names}: browsers warn, and offer no way on with HSTS; programs refuse"},
    remedies={
        "own": "Have the certificate that {server} names in {place} reissued with {names} in it, or name one that has "
        "them. With certbot give all names again, old and new, with --expand. Reload nginx afterwards.",
        "borrowed": "Give the server at {place} an ssl_certificate and ssl_certificate_key for {names} of its own, "
        "then reload nginx.",
    },
    symptoms=(
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "curl: (60) SSL: no alternative certificate subject name matches target host name",
        "certificate verify failed: Hostname mismatch, certificate is not valid for",
        "No subject alternative DNS name matching",
        "x509: certificate is valid for",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "Hostname/IP does not match certificate's altnames",
    ),
    affects="every nginx; `$ssl_server_name` in the path (1.15.9 and later) is followed",
    also=("lineage-switch-wrong-names", "vhost-removed-falls-to-default"),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with a name that no certificate, or not every certificate, it sends is for."""
    for server in state.servers:
        wrong: dict[str, Endpoint] = {}
        for at in _met(state, server):
            if misnamed(at, state):
                wrong.setdefault(at.name, at)
        if wrong:
            yield _hit(state, server, wrong)


def _met(state: State, server: Server) -> Iterator[Endpoint]:
    """The endpoints at which a client that asks for one of its names finds a server."""
    for address in state.tls_addresses(server):
        for name in server.names:
            at = state.endpoints.get((address, name))
            if at is not None and at.server is server and is_host(name):
                yield at


def _hit(state: State, server: Server, wrong: Mapping[str, Endpoint]) -> Hit:
    at = next(iter(wrong.values()))
    files = misnamed(at, state)
    setting = server[SSL_CERTIFICATE]
    place = setting.places[0] if setting.places else server.at
    variant = "own" if setting.value else "borrowed"
    facts = {
        "server": str(server_subject(server, state)),
        "names": listed(wrong),
        "certificate": files[0].host_path,
        "covered": listed(names_of(files[:1])),
        "place": str(place),
    }
    if variant == "borrowed":
        facts["default"] = str(server_subject(at.default, state))
    hosts = {name for name in server.names if is_host(name)}
    severity = Severity.CRITICAL if hosts == wrong.keys() else Severity.HIGH
    if all(is_internal(name) for name in wrong):
        severity = Severity.LOW
    return Hit(
        server_subject(server, state),
        tuple(dict.fromkeys((place, *server.name_places, *at.default[SSL_CERTIFICATE].places[:1]))),
        tuple(facts.items()),
        severity,
        variant=variant,
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The certificate and key of another server, where that is for every name of this one."""
    for server in state.servers:
        if server_subject(server, state) == hit.subject:
            pair = _suitable(state, server)
            if pair is not None:
                yield from _named(server, pair)
            return


def _suitable(state: State, server: Server) -> tuple[str, str] | None:
    """A certificate of another server that is for all names of this one, with its key."""
    wanted = tuple(_met(state, server))
    for other in state.servers:
        certificates, keys = other[SSL_CERTIFICATE].value, other[SSL_CERTIFICATE_KEY].value
        if other is server or not certificates or not keys or not len(certificates) == len(keys) == 1:
            continue
        if all(suits(Endpoint(at.socket, at.name, other), state) for at in wanted):
            return certificates[0], keys[0]
    return None


def _named(server: Server, pair: tuple[str, str]) -> Iterator[Edit]:
    for declaration, path in zip((SSL_CERTIFICATE, SSL_CERTIFICATE_KEY), pair, strict=True):
        origin = server[declaration].origin
        line = f"{declaration.name} {path};"
        if isinstance(origin, Explicit) and len(origin.at) == 1:
            yield Replace(origin.at[0], declaration.name, line)
        elif not isinstance(origin, Explicit):
            yield Inside(server.at, "server", line)
