"""A certificate was renewed while nginx refuses its configuration, so the old one stays in use.

Symptom:
    Browsers say that the certificate has expired (NET::ERR_CERT_DATE_INVALID, SEC_ERROR_EXPIRED_CERTIFICATE), and the
    file on disk is fresh. `systemctl reload nginx` fails, or certbot says `nginx restart failed`; `nginx -t` shows an
    error that nobody noticed weeks ago.

Cause:
    nginx reads certificates when it is started or reloaded. While it refuses the configuration, whatever the reason,
    it goes on with everything it has, the old certificate with it, until that expires. certbot's nginx plugin runs
    `nginx -t` first, and cannot renew at all then; other plugins do, and their hook fails.

Before:
    # nginx.conf has a line that nginx refuses, and fullchain.pem is the certificate that nginx has
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate fullchain.pem;
        ssl_buffer_size 4k;
        ssl_buffer_size 4k;
    }

After:
    # nginx.conf has the line still, and fullchain.pem is a newer certificate
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate fullchain.pem;
        ssl_buffer_size 4k;
        ssl_buffer_size 4k;
    }

Remedy:
    Run `nginx -t`, mend the line that it names, and reload. Compare what is served with what is on disk:
    `openssl s_client -connect HOST:443 -servername NAME </dev/null | openssl x509 -noout -dates`. Let something watch
    the certificate that is served, and not the file.

References:
    https://nginx.org/en/docs/control.html
    https://eff-certbot.readthedocs.io/en/stable/using.html#renewing-certificates
    https://github.com/certbot/certbot/issues/5307
    https://github.com/certbot/certbot/issues/921
"""

from collections.abc import Iterator

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Hit, Severity
from driftscan.drift.loading import refusal_place
from driftscan.drift.renewed import Renewed, renewed
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import called
from driftscan.patterns.base import Category, Pattern

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.CRITICAL,
    messages={
        "": "{certificate} was renewed, but nginx refuses its configuration since an earlier commit ({place}): "
        "{servers} goes on with the old certificate.",
        "dated": "{certificate} was renewed, but nginx refuses its configuration since an earlier commit ({place}): "
        "{servers} goes on with the old certificate, which ends on {until}.",
        "expired": "{certificate} was renewed, but nginx refuses its configuration since an earlier commit ({place}): "
        "{servers} goes on with the old certificate, which ended on {until}.",
    },
    visitors={
        "": "nobody yet; everybody who visits {servers}, when the old certificate expires",
        "dated": "nobody yet; everybody who visits {servers}, from {until} on",
        "expired": "everybody who visits {servers}, since {until}",
    },
    remedies={
        "": "Mend {place}, run `nginx -t` until it succeeds, and reload nginx. Then look at the certificate that is "
        "served, not at {certificate}.",
        "expired": "Mend {place} now, run `nginx -t` until it succeeds, and reload nginx. Then look at the certificate "
        "that is served, not at {certificate}.",
        "dated": "Mend {place} before {until}, run `nginx -t` until it succeeds, and reload nginx. Then look at the "
        "certificate that is served, not at {certificate}.",
    },
    symptoms=(
        "NET::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
        "certificate has expired",
        "nginx restart failed",
        "Hook 'deploy-hook' reported error code",
        "Reload failed for nginx",
        "nginx.service: Control process exited, code=exited, status=1/FAILURE",
        "The nginx plugin is not working; there may be problems with your existing configuration",
    ),
    affects="every nginx",
    also=("reload-blocked-certificate-stale",),
)


def events(transition: Transition) -> Iterator[Hit]:
    """One hit for each certificate that came while the configuration was refused before and is refused after."""
    before, after = transition.before, transition.after
    if before.load.ok is False and after.load.ok is False:
        for certificate in renewed(before, after):
            yield _hit(after, certificate)


def _hit(state: State, certificate: Renewed) -> Hit:
    place = refusal_place(state)
    facts = {
        "certificate": certificate.host_path,
        "servers": called(certificate.servers, state),
        "place": str(place),
    }
    variant, severity = "", Severity.HIGH
    if certificate.until is not None:
        facts["until"] = f"{certificate.until:%Y-%m-%d}"
        expired = state.when is not None and certificate.until <= state.when
        variant, severity = ("expired", Severity.CRITICAL) if expired else ("dated", Severity.HIGH)
    return Hit(FileSubject(certificate.path), (certificate.at, place), tuple(facts.items()), severity, variant=variant)


def mended(state: State, _hit: Hit) -> bool:
    """nginx would load the configuration again, or may."""
    return state.load.ok is not False
