"""ssl_conf_command makes something else of what ssl_protocols, ssl_ciphers or ssl_ecdh_curve say.

Symptom:
    The versions, suites or groups that clients get are not the ones that are written. Somebody changes `ssl_protocols`
    or `ssl_ciphers`, and nothing happens. Or a command of one site does nothing, because the default server decides.

Cause:
    nginx hands the commands to OpenSSL after everything else, so MinProtocol, MaxProtocol and Protocol win over
    `ssl_protocols`, CipherString over `ssl_ciphers`, Groups and Curves over `ssl_ecdh_curve`, and Options
    ServerPreference over `ssl_prefer_server_ciphers`. Groups, Curves, MinProtocol and MaxProtocol are those of the
    socket's default server in every version; before nginx 1.29.2 so are Protocol and Ciphersuites.

Before:
    server { listen 443 ssl; server_name shop.example; ssl_protocols TLSv1.1 TLSv1.2; }

After:
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_protocols TLSv1.1 TLSv1.2;
        ssl_conf_command MinProtocol TLSv1.2;
    }

Remedy:
    Say each thing once: take the command out, or the directive that it overrides. Keep `ssl_conf_command` for what has
    no directive (Ciphersuites, Options), and write it in the default server or in `http {}`.

References:
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_conf_command
    https://docs.openssl.org/master/man3/SSL_CONF_cmd/
    https://github.com/nginx/nginx/commit/ac9c1622822260f81edcf582887a5f0271c2c4c6
    https://github.com/mozilla/ssl-config-generator/issues/124
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.met import needs_library, places, worst, written_at
from driftscan.nginx.directives.http_ssl import SSL_CONF_COMMAND
from driftscan.nginx.directives.values import show
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.commanded import ignored, overridden
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import holder

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.MEDIUM,
    messages={
        "overrides": "{server} says {written}, and ssl_conf_command {command} makes it {result}.",
        "ignored": "{server} says ssl_conf_command {command}, which has no effect: the default server of its socket, "
        "{default}, decides for every name.",
    },
    symptoms=(
        "ssl_protocols has no effect",
        "ssl_ciphers has no effect",
        "ssl_conf_command Ciphersuites has no effect",
        "alert protocol version",
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
    ),
    affects="nginx 1.19.4 and later with OpenSSL 1.0.2 or later",
    visitors={
        "overrides": "clients that need what is written and not given",
        "ignored": "nobody",
    },
    remedies={
        "overrides": "Say it once: take `ssl_conf_command {command}` away ({place}), or write in {server} what it "
        "makes of {written}.",
        "ignored": "Write {command} in {default}, or in `http {{}}` beside its other commands; in {server} ({place}) "
        "it does nothing.",
    },
    also=("ssl-conf-command-overrides",),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server whose commands contradict its directives, or are not heard."""
    yield from worst(hit for at in places(state) if (hit := _hit(state, at)) is not None)


def _hit(state: State, at: Endpoint) -> Hit | None:
    # Without a command in either of them there is nothing to look at.
    if not at.server[SSL_CONF_COMMAND].value and not at.default[SSL_CONF_COMMAND].value:
        return None
    subject = server_subject(holder(at), state)
    # What another server decides is told there.
    found = [one for one in overridden(at, state.platform) if one.met.server in {None, holder(at)}]
    if found:
        said = [f"{one.directive.name} {show(one.met.setting.value)}" for one in found]
        commands = at.in_force(SSL_CONF_COMMAND, state.platform)
        lines = written_at(commands.setting, commands.server or at.server)
        return Hit(
            subject,
            (*lines, *(place for one in found for place in one.met.setting.places)),
            (
                ("server", str(subject)),
                ("written", ", ".join(said)),
                ("command", ", ".join(one.command for one in found)),
                ("result", ", ".join(one.result or "nothing" for one in found)),
                ("place", str(lines[0])),
            ),
            Severity.MEDIUM,
            needs_library(state.platform),
            "overrides",
        )
    lost = ignored(at, state.platform)
    if lost is None:
        return None
    own = at.server[SSL_CONF_COMMAND]
    return Hit(
        subject,
        own.places,
        (
            ("server", str(subject)),
            ("command", ", ".join(lost.commands)),
            ("default", str(server_subject(at.default, state))),
            ("place", str(own.places[0])),
        ),
        Severity.LOW,
        frozenset({Need.NGINX} if lost.by_release else ()),
        "ignored",
    )
