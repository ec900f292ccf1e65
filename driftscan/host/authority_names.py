"""Which file below /etc/ssl/certs an authority of ca-certificates.conf becomes.

update-ca-certificates(8) of Debian links `mozilla/ISRG_Root_X1.crt` as `ISRG_Root_X1.pem`, Alpine's as
`ca-cert-ISRG_Root_X1.pem`; what Red Hat's makes has no files for single authorities.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

_STORES: Final = ("/etc/ssl/certs", "/etc/ca-certificates", "/etc/pki/ca-trust", "/etc/pki/tls/certs")
_PREFIX: Final = "ca-cert-"


def in_store(path: str) -> bool:
    """Whether a file on the host is part of what the system trusts."""
    return path.startswith(tuple(f"{store}/" for store in _STORES))


def entry_for(path: str, entries: Iterable[str]) -> str | None:
    """The entry of ca-certificates.conf that makes a file in the store; `None` where none of these does."""
    if not in_store(path):
        return None
    stem = PurePosixPath(path).stem.removeprefix(_PREFIX)
    return next((entry for entry in sorted(entries) if _stem(entry) == stem), None)


def _stem(entry: str) -> str:
    """The name that the program gives it: blanks and commas become underscores, brackets go."""
    text = PurePosixPath(entry).stem.replace(" ", "_").replace(",", "_")
    return text.replace("(", "=").replace(")", "=")
