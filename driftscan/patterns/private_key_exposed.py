"""Others than root can read a private key, or it leaves the host with the history of /etc.

Symptom:
    None. Whoever has read the key can pose as the site for as long as the certificate is valid, and without forward
    secrecy read what was recorded before.

Cause:
    The mode of the key, and of every directory above it, lets all users read it: after a copy, a restore, `chmod -R`,
    or a key made with the usual umask. Or the history has the key, as etckeeper commits everything that no .gitignore
    names, and etckeeper pushes it to another host after each commit (PUSH_REMOTE).

Before:
    # ssl/private/shop.key has the mode 0600
    server { listen 443 ssl; server_name shop.example; ssl_certificate_key /etc/ssl/private/shop.key; }

After:
    # ssl/private/shop.key has the mode 0644, and ssl/private 0755
    server { listen 443 ssl; server_name shop.example; ssl_certificate_key /etc/ssl/private/shop.key; }

Remedy:
    `chmod 600` the key, and let .gitignore name it (`letsencrypt/archive/*/privkey*.pem`, `ssl/private/*`), then
    `git rm --cached` it. Neither takes back what was read or pushed: get a certificate with a new key, have the old one
    revoked, and only then think of removing the key from the history (`git filter-repo`).

References:
    https://eff-certbot.readthedocs.io/en/stable/using.html#where-are-my-certificates
    https://nginx.org/en/docs/http/configuring_https_servers.html
    https://etckeeper.branchable.com/README/
    https://letsencrypt.org/docs/revoking/
    https://github.com/certbot/certbot/issues/1473
    https://github.com/nginx-proxy/acme-companion/issues/412
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import called, first_line, lineages_of
from driftscan.evidence.private_keys import PrivateKey, private_keys
from driftscan.patterns.base import Category, Pattern

_NEW = "Then get {servers} a certificate with a new key ({new}), and"

PATTERN = Pattern(
    category=Category.SECURITY,
    severity=Severity.HIGH,
    messages={
        "readable": "Every user of the host can read {key}, the private key of {servers}.",
        "pushed": "The history has {key}, the private key of {servers}, and etckeeper pushes it to {remote}.",
        "readable-and-pushed": "Every user of the host can read {key}, the private key of {servers}; the history has "
        "it too, and etckeeper pushes it to {remote}.",
    },
    visitors={"": "whoever visits {servers}: somebody else may pose as the site"},
    remedies={
        "readable": "Run `chmod 600 {key}` in /etc; a group that must read it gets 640. "
        f"{_NEW} have the old one revoked, unless everybody with a login here may know it.",
        "pushed": "Run `git rm --cached {key}` in /etc and name it in .gitignore, or take PUSH_REMOTE out of "
        f"etckeeper.conf. {_NEW} have the old one revoked: {{remote}} has it already, and keeps it.",
        "readable-and-pushed": "Run `chmod 600 {key}` and `git rm --cached {key}` in /etc and name it in .gitignore. "
        f"{_NEW} have the old one revoked: {{remote}} has it already, and keeps it.",
    },
    symptoms=(
        "Private key is world readable",
        "private key file permissions are too open",
        "GitGuardian has detected the following RSA Private Key exposed",
        "key compromise",
    ),
    affects="every nginx; certbot before 0.29.0 wrote keys that all may read into directories that only root may enter",
)


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each key, low where all of its certificates have signed themselves."""
    remote = state.host.push_remote
    for key in private_keys(state):
        if key.readable_by_all or remote is not None:
            yield _hit(state, key)


def _how(state: State, key: PrivateKey) -> str:
    """What makes a new key; certbot keeps to one lineage only where it is told so."""
    name = next((lineage.name for server in key.servers for lineage in lineages_of(server, state)), None)
    if name is None:
        return "one that the old key had no part in"
    return f"`certbot renew --cert-name {name} --force-renewal --new-key`"


def _hit(state: State, key: PrivateKey) -> Hit:
    remote = state.host.push_remote
    facts = {"key": key.path, "servers": called(key.servers, state), "new": _how(state, key)}
    evidence = [key.at, first_line(key.path)]
    variant = "readable"
    if remote is not None:
        facts["remote"] = " and ".join(remote.text.split())
        evidence.insert(0, remote.at)
        variant = "readable-and-pushed" if key.readable_by_all else "pushed"
    return Hit(
        FileSubject(key.path),
        tuple(evidence),
        tuple(facts.items()),
        Severity.HIGH if key.matters else Severity.LOW,
        variant=variant,
    )
