"""certbot's options-ssl-nginx.conf and the digest beside it: is it as certbot left it?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionsFile:
    """The file that certbot's nginx plugin includes in each server."""

    path: str
    stock: str | None
    """The certbot releases that install this very file; `None` for a file that somebody edited or wrote."""
    digest: str | None
    """The releases whose file certbot last meant to install, by the digest it keeps; `None`: none there, or unknown."""
