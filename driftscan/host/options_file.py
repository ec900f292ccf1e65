"""certbot's options-ssl-nginx.conf and the digest beside it: is it as certbot left it?"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OptionsFile:
    """The file that certbot's nginx plugin includes in each server."""

    path: str
    stock: str | None
    """The certbot releases that install this very file; `None` for a file that somebody edited or wrote."""
    digest: str | None
    """The releases whose file certbot last meant to install, by the digest it keeps; `None`: none there, or unknown."""
    edited: bool = False
    """certbot keeps a digest, and this is neither the file of that digest nor another one of its own: it was changed
    by somebody else, and certbot leaves it alone from then on. A release that is newer than those known here has
    the digest of its own file."""


_DIGEST: Final = re.compile(rb"\s*([0-9a-f]{64})\s*")


def parse_digest(_path: str, data: bytes) -> str | None:
    """The digest that certbot keeps (install_version_controlled_file), without a newline it never wrote."""
    found = _DIGEST.fullmatch(data)
    return found[1].decode("ascii") if found else None


def digest_of(_path: str, data: bytes) -> str:
    """The digest of a file as certbot makes it."""
    return hashlib.sha256(data).hexdigest()
