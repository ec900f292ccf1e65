"""certbot's options-ssl-nginx.conf was edited, so certbot does not update it any more.

Symptom:
    None for visitors. letsencrypt.log warns once for each new version: `/etc/letsencrypt/options-ssl-nginx.conf has
    been manually modified; updated file saved to ...`. Years later the sites still offer what was good practice then.

Cause:
    certbot replaces this file by its newest one whenever it finds one of its own releases in it. Any other content,
    be it one changed character, is somebody's own, and it is left alone from then on (certbot 0.15.0 and later).

Before:
    # letsencrypt/options-ssl-nginx.conf is as certbot installed it
    server { listen 443 ssl; server_name shop.example; include /etc/letsencrypt/options-ssl-nginx.conf; }

After:
    # letsencrypt/options-ssl-nginx.conf has another ssl_protocols now
    server { listen 443 ssl; server_name shop.example; include /etc/letsencrypt/options-ssl-nginx.conf; }

Remedy:
    Keep the differences where certbot writes nothing: directives that its file does not have in the server itself, or
    all of them in a file of your own that the server includes in place of certbot's. Then put certbot's file back,
    from the path that letsencrypt.log names or from the history, and it is updated again.

References:
    https://github.com/certbot/certbot/blob/main/certbot/src/certbot/plugins/common.py
    https://github.com/certbot/certbot/commit/033c995bd288fe42f36df4ddae1aa31327c47df7
    https://github.com/certbot/certbot/pull/10410
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import including
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.NO_EFFECT,
    severity=Severity.LOW,
    messages={
        "": "{file}, included by {servers}, is not as certbot installed it: certbot does not update it any more.",
    },
    visitors={"": "nobody today; the visitors of {servers}, when a setting of {file} becomes unsafe and stays"},
    remedies={
        "": "Compare {file} with the one that certbot installed, in this history or in certbot's package. Write the "
        "differences into the servers that need them, or into a file of your own that they include in its place, and "
        "put certbot's own content back.",
    },
    symptoms=(
        "has been manually modified; updated file saved to",
        "We recommend updating",
        "options-ssl-nginx.conf",
    ),
    affects="certbot 0.15.0 and later with its nginx plugin",
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit, when servers include it."""
    options = state.host.options_file
    if options is None or not options.edited:
        return
    users = including(options.path, state)
    if users:
        yield Hit(
            FileSubject(options.path),
            (next(iter(users.values())),),
            (("file", options.path), ("servers", listed(users))),
        )
