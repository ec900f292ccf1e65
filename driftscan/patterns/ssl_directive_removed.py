"""A server still says `ssl on` or `ssl off`, which nginx has not known since 1.25.1.

Symptom:
    None yet, but for a warning of `nginx -t` since 1.15.0 that the "ssl" directive is deprecated. After the upgrade to
    nginx 1.25.1 or later, `nginx -t` says `unknown directive "ssl"`, and no nginx runs.

Cause:
    The directive was the way to switch TLS on before `listen` had the parameter `ssl`. nginx 1.15.0 deprecated it,
    1.25.1 took it away, and distributions bring the new release with an ordinary upgrade of the system.

Before:
    server { listen 443 ssl; server_name shop.example; }

After:
    server { listen 443; ssl on; server_name shop.example; }

Remedy:
    Take the line away before the upgrade. For `ssl on`, write `ssl` in every `listen` line of the server that is to
    speak TLS: `listen 443 ssl;`. `ssl off` says nothing and can simply go.

References:
    https://nginx.org/en/CHANGES
    https://github.com/nginx/nginx/commit/658a84f4252b65ef060b1d33b2ff0e749902978b
    https://github.com/nginx/nginx/commit/d32f66f1e8dc81a0edbadbacf74191684a653d09
    https://github.com/webdevops/Dockerfile/issues/475
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.loading import configuration
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.evidence.ssl_directive import without
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives.base import AnySetting, Explicit, Inherited
from driftscan.nginx.directives.http_ssl import SSL
from driftscan.nginx.edits import Edit
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.LOW,
    messages={
        "on": "{server} speaks TLS by `ssl on` in {place}: nginx {nginx} takes it, and nginx 1.25.1 and later will not "
        "start with it.",
        "off": "{server} says `ssl off` in {place}: nginx {nginx} takes it, and nginx 1.25.1 and later will not start "
        "with it.",
    },
    symptoms=(
        'the "ssl" directive is deprecated, use the "listen ... ssl" directive instead',
        'unknown directive "ssl"',
    ),
    affects="nginx before 1.25.1, when it is upgraded",
    visitors={"": "nobody before the upgrade to nginx 1.25.1 or later, and everybody from then on"},
    remedies={
        "on": "Take `ssl on;` in {place} away and write `ssl` in the `listen` lines that it stands for: "
        "`listen 443 ssl;`. Then run `nginx -t`, and reload when it succeeds.",
        "off": "Take `ssl off;` in {place} away: without it nginx does the same. Then run `nginx -t`, and reload when "
        "it succeeds.",
    },
)

_GONE = NginxVersion(1, 25, 1)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each server that has the line, and one for those that have it from `http {}`.

    From 1.25.1 on, `nginx-refuses-configuration` tells it.
    """
    if state.platform.nginx.version >= _GONE:
        return
    outer_told = False
    for server in state.servers:
        setting: AnySetting = server[SSL]
        match setting.origin:
            case Explicit():
                subject = server_subject(server, state)
                yield _hit(state, Hit(subject, setting.places, (("server", str(subject)),)), setting)
            case Inherited() if not outer_told:
                outer_told = True
                told = Hit(configuration(state), setting.places, (("server", "every server of the block"),))
                yield _hit(state, told, setting)
            case _:
                pass


def _hit(state: State, hit: Hit, setting: AnySetting) -> Hit:
    return Hit(
        hit.subject,
        hit.evidence,
        (*hit.facts, ("place", str(hit.evidence[0])), ("nginx", str(state.platform.nginx.version))),
        needs=frozenset({Need.NGINX}),
        variant="on" if setting.value else "off",
    )


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The word moves to the `listen` lines; where all servers have it from `http {}`, a person has to do it."""
    for server in state.servers:
        if server_subject(server, state) == hit.subject and isinstance(server[SSL].origin, Explicit):
            yield from without(server)
