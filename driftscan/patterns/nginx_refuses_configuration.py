"""nginx would refuse to load the configuration.

Symptom:
    `nginx -t` fails, and so does a reload: the running nginx goes on with the configuration it has, so that nothing is
    wrong for visitors yet. Renewed certificates are not taken up any more until they expire in the browser. The next
    restart, reboot or package upgrade leaves no nginx running at all.

Cause:
    nginx reads the whole configuration or none of it. One unknown directive, one missing file, a setting that stands
    twice in a block, or an address that two servers claim as their default is enough, wherever it stands. What is
    refused depends on the release too: directives come and go.

Before:
    server { listen 443 ssl default_server; server_name shop.example; }

After:
    server { listen 443 ssl default_server; server_name shop.example; }
    server { listen 443 ssl default_server; server_name shop.example; }    # shop.bak, which sites-enabled/* matches too

Remedy:
    Run `nginx -t` on the host and mend the line that it names, until it says that the test is successful. Then reload.
    Nothing that was changed since then is in force before that.

References:
    https://nginx.org/en/docs/switches.html
    https://nginx.org/en/docs/control.html
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.loading import configuration, refusal
from driftscan.drift.state import State
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "": "nginx will not load this configuration: [{level}] {message} in {place}.",
        "release": "nginx {nginx} will not load this configuration, another release may: [{level}] {message} in "
        "{place}.",
    },
    symptoms=(
        "nginx: configuration file /etc/nginx/nginx.conf test failed",
        "unknown directive",
        "directive is duplicate",
        "directive is not allowed here",
        "invalid number of arguments in",
        "a duplicate default server for",
        "a duplicate listen",
        "duplicate listen options for",
        "cannot load certificate",
        'no "ssl_certificate" is defined for the "listen ... ssl" directive',
        "BIO_new_file() failed",
        "Job for nginx.service failed because the control process exited with error code",
    ),
    affects="every nginx; what is refused depends on the release",
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for the configuration; nginx stops at the first thing it refuses, and so does this.

    Where that is a shared memory zone, `session-cache-zone-conflict` tells all of them.
    """
    found = refusal(state)
    if found is None:
        return
    message, at = found
    facts = (("level", message.level), ("message", message.text), ("place", str(at)))
    if not message.by_release:
        yield Hit(configuration(state), (at,), facts)
        return
    yield Hit(
        configuration(state),
        (at,),
        (("nginx", str(state.platform.nginx.version)), *facts),
        needs=frozenset({Need.NGINX}),
        variant="release",
    )
