"""nginx chooses the key at each handshake by the name, and its workers may not read the file.

Symptom:
    `nginx -t` and the reload are fine. Visitors of some names get SSL_ERROR_INTERNAL_ERROR_ALERT or
    ERR_SSL_PROTOCOL_ERROR, and error.log says `cannot load certificate key ...: BIO_new_file() failed (... Permission
    denied ...) while SSL handshaking`.

Cause:
    A key with a fixed name is read by the master process, which is root. One with `$ssl_server_name` in its path is
    read by a worker at each handshake, and the worker runs as the user that `user` names. certbot and most
    instructions let only root read keys, and only root enter the directories above them.

Before:
    # keys/shop.example.key has the mode 0640 and the group www-data
    server { listen 443 ssl; server_name shop.example; ssl_certificate_key /etc/nginx/keys/$ssl_server_name.key; }

After:
    # keys/shop.example.key has the mode 0600
    server { listen 443 ssl; server_name shop.example; ssl_certificate_key /etc/nginx/keys/$ssl_server_name.key; }

Remedy:
    Let the group of the workers read the keys, and enter the directories above them: `chgrp www-data FILE` and
    `chmod 640 FILE`, 750 for directories. Or name each key in a server of its own, so that the master reads it: then
    a worker that somebody takes over does not give away every key.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key
    https://nginx.org/en/docs/ngx_core_module.html#user
    https://github.com/0xJacky/nginx-ui/issues/1866
    https://github.com/bitnami/bitnami-docker-nginx/issues/164
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.lineages import first_line
from driftscan.evidence.private_keys import unreadable_by_workers
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE_KEY
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.HANDSHAKE_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "": "nginx's workers cannot read the private key {key} that {server} has for {names}: {obstacle} has {mode}.",
    },
    visitors={"": "everybody who visits {names}: the handshake fails"},
    remedies={
        "": "Let the group of nginx's workers read {key} and enter every directory above it ({obstacle} has {mode}): "
        "`chgrp` it to that group, and give it 640, a directory 750. Or name the key of {names} without a variable.",
    },
    symptoms=(
        "cannot load certificate key",
        "BIO_new_file() failed (SSL: error:8000000D:system library::Permission denied",
        "error:0200100D:system library:fopen:Permission denied",
        "Permission denied:calling fopen",
        "while SSL handshaking",
        "SSL_ERROR_INTERNAL_ERROR_ALERT",
        "ERR_SSL_PROTOCOL_ERROR",
        "tlsv1 alert internal error",
    ),
    affects="nginx 1.15.9 and later, where the path of a key has a variable in it",
    also=("private-key-permissions-tightened",),
)

_VARIABLES_SINCE = NginxVersion(1, 15, 9)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server with names whose keys only root can read."""
    if state.platform.nginx.version < _VARIABLES_SINCE:
        return
    for server in state.servers:
        refused = unreadable_by_workers(server, state) if state.tls_addresses(server) else {}
        for first in refused.values():
            facts = {
                "server": str(server_subject(server, state)),
                "names": listed(refused),
                "key": first.path,
                "obstacle": first.obstacle,
                "mode": first.permissions,
            }
            places = server[SSL_CERTIFICATE_KEY].places
            yield Hit(
                server_subject(server, state),
                (*places, first_line(first.path)),
                tuple(facts.items()),
                needs=frozenset({Need.NGINX}),
            )
            break
