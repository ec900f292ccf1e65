"""A file of letsencrypt/live is no link into certbot's archive any more.

Symptom:
    The site goes on as before, and one day its certificate has expired. letsencrypt.log says `expected
    /etc/letsencrypt/live/NAME/cert.pem to be a symlink` and `Renewal configuration file ... is broken. Skipping.`

Cause:
    certbot keeps every certificate in archive/NAME under a number, and lets the links in live/NAME lead to the newest.
    Copying or restoring /etc/letsencrypt without links (`cp -L`, `rsync -L`, a zip file, a synchronised folder) puts
    files in their place, and certbot skips such a certificate. A link that somebody led elsewhere makes nginx serve
    what is there, and certbot count the numbers and the days of that.

Before:
    # letsencrypt/live/shop.example/fullchain.pem is a link to ../../archive/shop.example/fullchain3.pem
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
    }

After:
    # letsencrypt/live/shop.example/fullchain.pem is a file
    server {
        listen 443 ssl;
        server_name shop.example;
        ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;
    }

Remedy:
    Make the four files links again, each to the file with the highest number of its kind in archive/NAME, with
    `ln -sfn ../../archive/NAME/cert3.pem /etc/letsencrypt/live/NAME/cert.pem` and so on for chain, fullchain and
    privkey. `certbot update_symlinks` mends only links that lead to another directory. Then `certbot renew --dry-run`.

References:
    https://eff-certbot.readthedocs.io/en/stable/using.html#where-are-my-certificates
    https://github.com/certbot/certbot/blob/main/certbot/src/certbot/_internal/storage.py
"""

from collections.abc import Iterator

from driftscan.drift.findings import Hit, Severity
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject
from driftscan.evidence.lineages import called, first_line, in_use
from driftscan.evidence.renewals import renewal_file
from driftscan.host.lineages import LiveKind
from driftscan.patterns.base import Category, Pattern
from driftscan.tls.coverage import listed

PATTERN = Pattern(
    category=Category.RENEWAL,
    severity=Severity.HIGH,
    messages={
        "file": "In {directory} there is no link, but a file, for {files}: certbot takes its certificate {name} for "
        "broken, and does not renew it any more.",
        "elsewhere": "In {directory} the link for {files} does not lead into {archive}, but to {target}: nginx serves "
        "what is there, and certbot takes it for the certificate {name}.",
    },
    visitors={"": "nobody yet; everybody who visits {servers}, when the certificate {name} expires"},
    remedies={
        "file": "Put links into {archive} back for {files}, each to the file of its kind with the highest number "
        "there, such as `ln -sfn ../../archive/{name}/cert3.pem cert.pem`; compare the two before, for the copy may be "
        "the newer one. Then try `certbot renew --dry-run --cert-name {name}`.",
        "elsewhere": "Lead {files} into {archive} again, to the file of its kind with the highest number there. Where "
        "the site is to have {target}, name that in nginx itself. Then reload nginx and try "
        "`certbot renew --dry-run --cert-name {name}`.",
    },
    symptoms=(
        "to be a symlink",
        "is broken. Skipping.",
        "Renewal configuration file is broken",
        "The following renewal configurations were invalid",
        "CertStorageError",
        "max() arg is an empty sequence",
        "NET::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
    ),
    affects="every certbot",
    also=("live-symlink-tampered",),
)


_KINDS = 4
"""cert.pem, chain.pem, fullchain.pem and privkey.pem."""


def hazards(state: State) -> Iterator[Hit]:
    """One hit for each lineage with such files, high where a server has its certificate."""
    root = state.host.root
    broken = {name: lineage.strays(root) for name, lineage in state.host.lineages.items()}
    if not any(broken.values()):
        return
    users = in_use(state)
    for name, strays in broken.items():
        files = [file for file in strays if file.kind is LiveKind.FILE] or list(strays)
        if not files:
            continue
        variant = "file" if files[0].kind is LiveKind.FILE else "elsewhere"
        facts = {
            "name": name,
            "directory": files[0].path.rpartition("/")[0],
            "files": listed((file.path.rpartition("/")[2] for file in files), most=_KINDS),
            "archive": state.host.lineages[name].archive(root),
            "servers": called(users.get(name, ()), state) if name in users else "sites that have it",
        }
        if variant == "elsewhere":
            facts["target"] = files[0].target or ""
        severity = Severity.HIGH if variant == "file" else Severity.MEDIUM
        yield Hit(
            FileSubject(renewal_file(name)),
            tuple(first_line(file.path) for file in files),
            tuple(facts.items()),
            severity if name in users else Severity.LOW,
            variant=variant,
        )
