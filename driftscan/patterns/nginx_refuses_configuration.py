"""nginx would refuse to load the configuration.

Symptom:
    `nginx -t` fails, and so does a reload: the running nginx goes on with the configuration it has, so that nothing is
    wrong for visitors yet. Renewed certificates are not taken up any more until they expire in the browser. The next
    restart, reboot or package upgrade leaves no nginx running at all.

Cause:
    nginx reads the whole configuration or none of it. One unknown directive, one missing file, a setting that stands
    twice in a block, or an address that two servers claim as their default (the copy `shop.bak` of a site, which
    `sites-enabled/*` matches too) is enough, wherever it stands. What is refused depends on the release too:
    directives come and go.

Before:
    server { listen 443 ssl default_server; server_name shop.example; }

After:
    server { listen 443 ssl default_server; server_name shop.example; }
    server { listen 443 ssl default_server; server_name shop.example; }

Remedy:
    Run `nginx -t` on the host and mend the line that it names, until it says that the test is successful. Then reload.
    Nothing that was changed since then is in force before that.

References:
    https://nginx.org/en/docs/switches.html
    https://nginx.org/en/docs/control.html
    https://nginx.org/en/CHANGES
    https://github.com/nginx/nginx/commit/76be1ea9de13c5e8bb0d9523c6a2ad4009a5d7cf
    https://github.com/nginx/nginx/commit/d32f66f1e8dc81a0edbadbacf74191684a653d09
    https://github.com/certbot/certbot/issues/5307
    https://github.com/certbot/certbot/pull/4557
    https://github.com/NginxProxyManager/nginx-proxy-manager/issues/3420
    https://github.com/virtualmin/virtualmin-nginx-ssl/issues/1
    https://github.com/macbre/docker-nginx-http3/issues/60
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.loading import configuration
from driftscan.drift.state import State
from driftscan.evidence.refusals import edits, refused
from driftscan.nginx.edits import Edit
from driftscan.patterns.base import Category, Pattern

_RELOAD = "Then run `nginx -t`, and reload when it succeeds."
_REFUSES = "nginx will not load this configuration: [{level}] {message}"

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.CRITICAL,
    messages={
        "": f"{_REFUSES} in {{place}}.",
        "release": "nginx {nginx} will not load this configuration, another release may: [{level}] {message} in "
        "{place}.",
        "syntax": f"{_REFUSES} in {{place}}; it cannot make sense of the text there.",
        "duplicate": f"{_REFUSES} in {{second}}; in the same block, {{directive}} is in {{first}} already.",
        "included-twice": f"{_REFUSES} in {{second}}; one block includes {{file}} twice, and {{directive}} with it.",
        "newer": f"{_REFUSES} in {{place}}; this is nginx {{nginx}}, and {{what}} came with {{release}}.",
        "gone": f"{_REFUSES} in {{place}}; this is nginx {{nginx}}, and {{what}} went with {{release}}.",
        "include": f"{_REFUSES} in {{place}}; {{file}} is included there, and is not there.",
        "file": f"{_REFUSES}; {{directive}} in {{place}} names {{file}}, which is not there.",
        "lineage": f"{_REFUSES}; {{directive}} in {{place}} names {{file}}, and certbot's certificate {{lineage}} is "
        "not there.",
        "weak": f"{_REFUSES}; the certificate {{file}} in {{place}} has an {{key}}, which {{library}} takes for too "
        "weak.",
        "group": f"{_REFUSES}; {{library}} does not take {{groups}}, which {{place}} asks for.",
        "default-server": f"{_REFUSES} in {{second}}; {{first}} makes its server the default one of {{socket}} "
        "already.",
        "listen-options": f"{_REFUSES} in {{second}}; {{first}} has set options of the socket {{socket}} already.",
        "listen-twice": f"{_REFUSES} in {{second}}; its server listens on {{socket}} by {{first}} already.",
        "no-certificate": f"{_REFUSES} in {{place}}; {{server}} is the default server of {{sockets}}, which speaks "
        "TLS, and has no certificate.",
        "quic": f"{_REFUSES} in {{place}}; {{server}} is the default server of {{sockets}}, and QUIC is made of TLS "
        "1.3.",
        "host": f"{_REFUSES} in {{place}}; no host can have the name {{host}}.",
    },
    symptoms=(
        "nginx: configuration file /etc/nginx/nginx.conf test failed",
        "unknown directive",
        "directive is duplicate",
        "directive is not allowed here",
        "invalid number of arguments in",
        "invalid parameter",
        "invalid value",
        "unexpected end of file, expecting",
        'unexpected "}"',
        "is not terminated by",
        "a duplicate default server for",
        "a duplicate listen",
        "duplicate listen options for",
        "cannot load certificate",
        "cannot load certificate key",
        'no "ssl_certificate" is defined for the "listen ... ssl" directive',
        'no "ssl_certificate_key" is defined',
        '"ssl_protocols" must enable TLSv1.3 for the "listen ... quic" directive',
        "SSL_CTX_set1_curves_list",
        "SSL_CTX_use_certificate",
        "ee key too small",
        "key values mismatch",
        "BIO_new_file() failed",
        "open() failed (2: No such file or directory)",
        "host not found in upstream",
        "Job for nginx.service failed because the control process exited with error code",
        "ERR_CONNECTION_REFUSED",
    ),
    affects="every nginx; what is refused depends on the release",
    visitors={
        "": "nobody while the running nginx goes on with its old configuration and its old certificates; everybody as "
        "soon as it is started anew, by a restart, a reboot or a package upgrade",
    },
    remedies={
        "": f"Mend {{place}}: nginx stops there with `[{{level}}] {{message}}`. {_RELOAD}",
        "release": f"Mend {{place}}, or use an nginx that takes it: this one is {{nginx}}, and stops there with "
        f"`[{{level}}] {{message}}`. {_RELOAD}",
        "syntax": "Look at {place} and at the lines above it for a semicolon, a quotation mark or a brace that is "
        f"missing, or one too many: `{{message}}`. {_RELOAD}",
        "duplicate": "Take {directive} in {spare} away, or the include that brings it, and keep the one in {kept}. "
        f"{_RELOAD}",
        "included-twice": "Take one of the two includes of {file} away from the block that both are in. For a file of "
        f"certbot's that is the one without the words `managed by Certbot`. {_RELOAD}",
        "newer": f"In {{place}}, {{cure}}, or upgrade nginx to {{release}} or later. {_RELOAD}",
        "gone": f"In {{place}}, {{cure}}. {_RELOAD}",
        "include": "Bring {file} back (`git log -- {file}` in /etc tells which commit took it away, and "
        f"`git show COMMIT^:{{file}}` what it said), or take the include in {{place}} away. {_RELOAD}",
        "file": f"Bring {{file}} back, or take {{directive}} in {{place}} away together with what needs it. {_RELOAD}",
        "lineage": "If the site is gone, disable its server, whose {directive} is in {place}. If it is not, get the "
        "certificate anew: disable the server, reload, run `certbot certonly --cert-name {lineage}` with the names of "
        f"the site, and enable the server again. {_RELOAD}",
        "weak": "Have {file} issued again with a new key of 2048 bits (RSA) or 256 bits (ECDSA) or more; with certbot, "
        f"`certbot renew --force-renewal --key-type ecdsa` does it. {_RELOAD}",
        "group": "Take {groups} out of the list in {place}, or upgrade OpenSSL: this host has {library}. From OpenSSL "
        f"3.3 on, a name with `?` before it may be unknown. {_RELOAD}",
        "default-server": "Take `default_server` out of {second}, or out of {first}. Where one of the two files is a "
        f"copy that somebody left behind, move it out of the directory that is included. {_RELOAD}",
        "listen-options": "Take the options of the socket (`ipv6only`, `reuseport`, `backlog` and the like) out of "
        f"{{second}}: those in {{first}} hold for every server on {{socket}}. {_RELOAD}",
        "listen-twice": f"Take one of the two lines away, {{second}} or {{first}}. {_RELOAD}",
        "no-certificate": "Write `ssl_reject_handshake on;` into the server in {place} (nginx 1.19.4 or later), if it "
        "is only there to turn unknown names away, or give it `ssl_certificate` and `ssl_certificate_key`. Where "
        f"another server is meant to be the default one, write `default_server` on its `listen`. {_RELOAD}",
        "quic": "Enable TLS 1.3 in the server in {place}: `ssl_protocols TLSv1.2 TLSv1.3;`. Or take its "
        f"`listen ... quic` away. {_RELOAD}",
        "host": f"Write a name that exists, or an address, in place of {{host}} in {{place}}. {_RELOAD}",
    },
    also=(
        "certificate-file-missing",
        "duplicate-tls-directive-same-block",
        "default-ssl-listen-without-certificate",
        "directive-newer-than-nginx",
        "duplicate-default-server",
        "listen-options-duplicated",
        "quic-listen-reuseport-dup",
        "ecdh-curve-unknown-group",
        "include-missing-or-empty",
        "weak-certificate-key-or-signature",
        "dhparam-weak-or-too-small",
    ),
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for the configuration; nginx stops at the first thing it refuses, and so does this.

    Where that is a shared memory zone, `session-cache-zone-conflict` tells all of them.
    """
    found = refused(state)
    if found is not None:
        evidence = tuple(dict.fromkeys((found.at, *found.others)))
        yield Hit(configuration(state), evidence, found.facts, needs=found.needs, variant=found.variant)


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The line that is one too many taken away, or written as this release takes it."""
    found = refused(state)
    if found is not None and (found.variant, found.at) == (hit.variant, hit.evidence[0]):
        yield from edits(state, found)
