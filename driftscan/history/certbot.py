"""Which certbot ran, from what it leaves in letsencrypt/."""

import re
from typing import Final

from driftscan.history.commit import BlobId

RENEWAL: Final = "letsencrypt/renewal"
OPTIONS: Final = "letsencrypt/options-ssl-nginx.conf"

FILES: Final = {
    BlobId("f0081c1fcb70bee7c914f3ca507c4ed1c2cdbf2d"): "0.1.0 to 0.8.1",
    BlobId("89c920b3e0b8f2c5a5f2ed3999a219b69f91c7ff"): "0.9.0 to 0.12.0",
    BlobId("e1839909d7e74cb6617a0093d5e3ebc2c36b75d4"): "0.13.0 to 0.14.2",
    BlobId("292d42984abb2c1ef036f5bdba11a653a9555f8d"): "0.15.0 to 0.35.1",
    BlobId("3cc2b9b287f6c9f95125b9fbc62f782ae37ed716"): "0.36.0",
    BlobId("627bafadbca726843fc50a96e263794cb9f65490"): "0.36.0",
    BlobId("1933cbc4faf2c8aff51e61f80dce863c6a7e5a5a"): "0.37.0 to 0.37.1 or 1.2.0 to 1.27.0",
    BlobId("978e6e8ab6324bddb7e3da9da04c8398ca761d37"): "0.37.0 to 0.37.1 or 1.2.0 to 1.27.0",
    BlobId("a678b0507f2969ec2b293557d163498131bc26c1"): "0.37.0 to 0.38.0 or 1.2.0 to 1.27.0",
    BlobId("52fdfde245149ec7940f7302a286862afc48370a"): "0.37.2 to 0.38.0 or 1.2.0 to 1.27.0",
    BlobId("33771a18914d9bc01f97ce38ac688485dcdfcbad"): "0.39.0 to 1.1.0",
    BlobId("731e389193669ab2817c414d18a5914d596a1e2b"): "0.39.0 to 1.1.0",
    BlobId("91197d2c8bcd8c9ba7af0c282b9fd752083fa055"): "0.39.0 to 1.1.0",
    BlobId("98b1c4ab945d57ad9c97f293fa0a483910bf09c6"): "0.39.0 to 1.1.0",
    BlobId("00ef6f3f5b886ebc06c7fe811cdc2f501031da83"): "1.28.0 to 4.2.0",
    BlobId("48957f64a51c7dd8dedd338047d6c06b44d45e01"): "1.28.0 to 4.2.0",
    BlobId("917fef4969804755768ef213204f18a7627ee857"): "1.28.0 to 4.2.0",
    BlobId("f2aadba3dec1e6e7602cc56590fe9f15294bbcd1"): "1.28.0 or later",
    BlobId("3c1f3995989f15d4b2cfc025e89c68e285ebbe09"): "5.0.0 or later",
    BlobId("a4f3043028ffc6a690ee63775404f0dd504d9584"): "5.0.0 or later",
    BlobId("fef6f1252308a00fa426c7df6a40eb50c6c11290"): "5.0.0 or later",
}
"""git's ids of every options-ssl-nginx.conf that a certbot release installs, and which releases do.

Read off certbot's own tags up to 5.6.0. Variants for older nginx or OpenSSL may be the same file. certbot from 0.15.0
on replaces the file at its next run whenever its own is another one; an older one never did, so there it tells the
certbot that was used first. A file that somebody edited has an id of its own, and tells nothing.
"""


def renewed_by(renewal: bytes) -> str | None:
    """The version that wrote a renewal/*.conf."""
    found = re.search(rb"(?m)^version\s*=\s*(\d+(?:\.\d+)+)", renewal.partition(b"\n[")[0])
    return found[1].decode("ascii") if found else None


def order(version: str) -> tuple[int, ...]:
    """Versions of certbot in the order of their release."""
    return tuple(map(int, version.split(".")))
