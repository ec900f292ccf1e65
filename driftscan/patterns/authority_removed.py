"""An authority whose own file the configuration names leaves the trusted certificates of the system.

Symptom:
    After an upgrade of ca-certificates, or of a base image, nginx does not start: `SSL_CTX_load_verify_locations()
    failed` or `cannot load certificate` with a file in /etc/ssl/certs. Until then the old process goes on. Where the
    file is a bundle that only lost the authority, requests to upstreams fail with `unable to get local issuer
    certificate`, and client certificates of that authority are refused.

Cause:
    Each file of one authority in /etc/ssl/certs is a link that update-ca-certificates makes of a line in
    /etc/ca-certificates.conf. When the line goes, or gets an exclamation mark, because the authority has expired or is
    not trusted any more, the link goes too. nginx opens every file that `ssl_trusted_certificate`,
    `ssl_client_certificate` and `proxy_ssl_trusted_certificate` name, whether it is still of use or not.

Before:
    # /etc/ssl/certs/ca-cert-DST_Root_CA_X3.pem is there
    server { listen 443 ssl; ssl_trusted_certificate /etc/ssl/certs/ca-cert-DST_Root_CA_X3.pem; }

After:
    # /etc/ssl/certs/ca-cert-DST_Root_CA_X3.pem is not there
    server { listen 443 ssl; ssl_trusted_certificate /etc/ssl/certs/ca-cert-DST_Root_CA_X3.pem; }

Remedy:
    Name a file of your own, outside of what the system manages, with the authority in it. For stapling, and for
    upstreams that are checked by name, the bundle of all trusted authorities will do:
    /etc/ssl/certs/ca-certificates.crt. Never name that where client certificates are checked: anybody can get a
    certificate from one of its authorities. Run `nginx -t` before the next restart.

References:
    https://github.com/Mailu/Mailu/issues/2199
    https://manpages.debian.org/stable/ca-certificates/update-ca-certificates.8.en.html
    https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_trusted_certificate
    https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_trusted_certificate
"""

from collections.abc import Iterator
from typing import Final

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.state import State
from driftscan.evidence.trust import Reference, deselected_at, is_missing, references, selected
from driftscan.nginx.edits import Edit, Replace
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.LOAD_FAILURE,
    severity=Severity.HIGH,
    messages={
        "missing": "{path} is not there any more, and {directive} of {who} names it: nginx cannot be started again.",
        "clients": "{path} is not there any more, and {directive} of {who} names it as the authority of client "
        "certificates: nginx cannot be started again.",
        "deselected": "ca-certificates.conf does not select {entry} any more, from which {path} is made, and "
        "{directive} of {who} names that file: once update-ca-certificates has taken it away, nginx cannot be "
        "started again.",
    },
    visitors={
        "missing": "nobody until nginx is started again; then everybody, on every site of the host",
        "clients": "nobody until nginx is started again; then everybody, on every site of the host",
        "deselected": "nobody until nginx is started again; then everybody, if the file is gone by then",
    },
    remedies={
        "missing": "Put the authority that {who} still needs into a file of your own, and name that at {at}. Where any "
        "public authority will do, as for stapling and for upstreams that are checked by name, name the bundle: "
        "`{directive} /etc/ssl/certs/ca-certificates.crt;`.",
        "clients": "Put the authority whose clients {who} lets in into a file of your own, and name that at {at}. Do "
        "not name the bundle of all authorities there: anybody can get a certificate from one of them.",
        "deselected": "Before nginx is restarted, put the authority that {who} still needs into a file of your own and "
        "name that at {at}, or select {entry} again and run `update-ca-certificates`. Where client certificates are "
        "checked never name the bundle of all authorities: anybody can get a certificate from one of them.",
    },
    symptoms=(
        "SSL_CTX_load_verify_locations() failed",
        'SSL_CTX_load_verify_locations("/etc/ssl/certs/ca-cert-DST_Root_CA_X3.pem") failed',
        "BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory",
        "unable to get local issuer certificate",
        "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
        "client SSL certificate verify error: (20:unable to get local issuer certificate)",
        "Job for nginx.service failed because the control process exited with error code",
    ),
    affects="every nginx",
    also=("ca-store-entry-removed",),
)

_BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
"""All authorities that the system trusts, in Debian, Alpine and what is made from them."""


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each file of one authority that left, about the first that names it."""
    told: set[str] = set()
    named_before: dict[str, Reference] | None = None
    for reference in references(transition.after):
        path = reference.path
        if path in told:
            continue
        gone = is_missing(transition.after, path)
        dropped = selected(transition.before, path) if selected(transition.after, path) is None else None
        if dropped is None and not (gone and is_missing(transition.before, path) is not True):
            continue
        if named_before is None:
            named_before = {before.path: before for before in references(transition.before)}
        # A line that names a file which was never there is the mistake of whoever wrote the line.
        if path in named_before and not is_missing(transition.before, path):
            told.add(path)
            yield _hit(transition.after, reference, dropped, missing=gone is True)


def _hit(state: State, reference: Reference, entry: str | None, *, missing: bool) -> Hit:
    facts = (
        ("path", reference.path),
        ("directive", reference.directive),
        ("who", str(reference.subject)),
        ("at", str(reference.places[0])),
    )
    return Hit(
        reference.subject,
        (*reference.places, *deselected_at(state, reference.path)),
        facts if entry is None or missing else (*facts, ("entry", entry)),
        Severity.HIGH,
        frozenset() if missing else frozenset({Need.RUNNING}),
        ("clients" if reference.admits else "missing") if missing else "deselected",
    )


def mended(state: State, hit: Hit) -> bool:
    """The file is there again, its entry is selected again, or nothing names it any more."""
    path = dict(hit.facts)["path"]
    if not any(reference.path == path for reference in references(state)):
        return True
    if hit.variant == "deselected":
        return selected(state, path) is not None
    return is_missing(state, path) is not True


def fix(state: State, hit: Hit) -> Iterator[Edit]:
    """The bundle in place of the file, where nobody gets in by a certificate of one of its authorities."""
    facts = dict(hit.facts)
    if facts["path"] == _BUNDLE:
        return
    for reference in references(state):
        if reference.path == facts["path"] and not reference.admits:
            for place in reference.places:
                yield Replace(place, reference.directive, f"{reference.directive} {_BUNDLE};")
