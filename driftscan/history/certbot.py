"""Which certbot ran, from what it leaves in letsencrypt/.

certbot-auto, snap and pip are in no list of packages, so this is often all there is. Read in certbot's source
(install_version_controlled_file, 0.15.0 to 5.6.0): the options file of the nginx plugin is replaced whenever it is one
that some release shipped, and left alone once somebody edited it; a file beside it then keeps the digest of the newest
one that was offered.
"""

import fnmatch
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from driftscan.history.commit import BlobId, Entry, Kind, PathChange
from driftscan.history.platform import Evidence, Known
from driftscan.history.snapshot import Snapshot, UnreadableBlob

RENEWAL: Final = "letsencrypt/renewal"
OPTIONS: Final = "letsencrypt/options-ssl-nginx.conf"
DIGEST: Final = "letsencrypt/.updated-options-ssl-nginx-conf-digest.txt"

STOCK: Final = {
    "0.1.0 to 0.8.1": {
        "f0081c1fcb70bee7c914f3ca507c4ed1c2cdbf2d": "7f95624dd95cf5afc708b9f967ee83a24b8025dc7c8d9df2b556bbc64256b3ff",
    },
    "0.9.0 to 0.12.0": {
        "89c920b3e0b8f2c5a5f2ed3999a219b69f91c7ff": "9a7b32c49001fed4cff8ad24353329472a50e86ade1ef9b2b9e43566a619612e",
    },
    "0.13.0 to 0.14.2": {
        "e1839909d7e74cb6617a0093d5e3ebc2c36b75d4": "0f81093a1465e3d4eaa8b0c14e77b2a2e93568b0fc1351c2b87893a95f0de87c",
    },
    "0.15.0 to 0.35.1": {
        "292d42984abb2c1ef036f5bdba11a653a9555f8d": "4b16fec2bcbcd8a2f3296d886f17f9953ffdcc0af54582452ca1e52f5f776f16",
    },
    "0.36.0": {
        "3cc2b9b287f6c9f95125b9fbc62f782ae37ed716": "2901debc7ecbc10917edd9084c05464c9c5930b463677571eaf8c94bffd11ae2",
        "627bafadbca726843fc50a96e263794cb9f65490": "c052ffff0ad683f43bffe105f7c606b339536163490930e2632a335c8d191cc4",
    },
    "0.37.0 to 0.37.1 or 1.2.0 to 1.27.0": {
        "1933cbc4faf2c8aff51e61f80dce863c6a7e5a5a": "30baca73ed9a5b0e9a69ea40e30482241d8b1a7343aa79b49dc5d7db0bf53b6c",
        "978e6e8ab6324bddb7e3da9da04c8398ca761d37": "108c4555058a087496a3893aea5d9e1cee0f20a3085d44a52dc1a66522299ac3",
    },
    "0.37.0 to 0.38.0 or 1.2.0 to 1.27.0": {
        "a678b0507f2969ec2b293557d163498131bc26c1": "02329eb19930af73c54b3632b3165d84571383b8c8c73361df940cb3894dd426",
    },
    "0.37.2 to 0.38.0 or 1.2.0 to 1.27.0": {
        "52fdfde245149ec7940f7302a286862afc48370a": "d5e021706ecdccc7090111b0ae9a29ef61523e927f020e410caf0a1fd7063981",
    },
    "0.39.0 to 1.1.0": {
        "33771a18914d9bc01f97ce38ac688485dcdfcbad": "af85f6193808a44789a1d293e6cffa249cad9a21135940800958b8e3c72dbc69",
        "731e389193669ab2817c414d18a5914d596a1e2b": "ef11e3fb17213e74d3e1816cde0ec37b8b95b4167cf21e7b8ff1eaa9c6f918ee",
        "91197d2c8bcd8c9ba7af0c282b9fd752083fa055": "a2a612fd21b02abaa32d9d11ac63d987d6e3054dbfa356de5800eea0d7ce17f3",
        "98b1c4ab945d57ad9c97f293fa0a483910bf09c6": "2d9648302e3588a172c318e46bff88ade46fc7a16d6afc85322776a04800d473",
    },
    "1.28.0 to 4.2.0": {
        "00ef6f3f5b886ebc06c7fe811cdc2f501031da83": "05a799c4db12f8e15e68219c98056824cbd5ae7b05863225318ae112f343880b",
        "48957f64a51c7dd8dedd338047d6c06b44d45e01": "f5615544105c4eee44f02a604e3e9ae55b3d5bad247160bb18731a0ac531af02",
        "917fef4969804755768ef213204f18a7627ee857": "dc81acfd9670f137d5abbccfe3438d9306d4b6a906439b0fbf6a6756272e7cc7",
    },
    "1.28.0 or later": {
        "f2aadba3dec1e6e7602cc56590fe9f15294bbcd1": "5e21cc66989f26ec46116d979421e538131cf8ab33ffff3f682fbfe491b0ace8",
    },
    "5.0.0 or later": {
        "3c1f3995989f15d4b2cfc025e89c68e285ebbe09": "dd72286f760c90550f34fbeeceb5a1f1351b09b812e65a18569a0f4a4d7f5847",
        "a4f3043028ffc6a690ee63775404f0dd504d9584": "246b520bedc461fcbd35f4d3efdd75ebf171baccaba5c38f488009566de6d5b3",
        "fef6f1252308a00fa426c7df6a40eb50c6c11290": "0175f71721dd8e5315a6d0f3efef703ff54e867d1ab2a4e076791b89a0b3511a",
    },
}
"""Every options-ssl-nginx.conf that a release of certbot installs: the releases, git's id of the file, its sha256.

Read off certbot's own tags up to 5.6.0. Variants for older nginx or OpenSSL may be the same file. A certbot before
0.15.0 never replaced the file, so there it tells the certbot that was used first. A file that somebody edited has an id
of its own, and tells nothing.
"""


def _blob(data: bytes) -> BlobId:
    return BlobId(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


FILES: Final = {BlobId(blob): releases for releases, files in STOCK.items() for blob in files}
"""The releases by the id of the options file."""

DIGESTS: Final = {_blob(digest.encode()): releases for releases, files in STOCK.items() for digest in files.values()}
"""The releases by the id of the file that holds the digest, without a newline."""


def renewed_by(renewal: bytes) -> str | None:
    """The version that wrote a renewal/*.conf."""
    found = re.search(rb"(?m)^version\s*=\s*(\d{1,9}(?:\.\d{1,9}){1,9})(?!\d)", (b"\n" + renewal).partition(b"\n[")[0])
    return found[1].decode("ascii") if found else None


def order(version: str) -> tuple[int, ...]:
    """Versions of certbot in the order of their release."""
    return tuple(map(int, version.split(".")))


@dataclass(slots=True)
class Traces:
    """What certbot left, and which certbot that was; follows the tree from one commit to the next."""

    read: Callable[[BlobId], bytes]
    _exact: Known[str] | None = None
    """By a package, or by a certificate's last renewal: whichever was later."""
    _options: Known[str] | None = None
    _digest: Known[str] | None = None

    @property
    def known(self) -> Known[str] | None:
        """The certbot that is known, or the releases that it may be one of.

        A renewal may be months old. An options file that is newer than that was installed by a newer certbot; an older
        one says nothing, for certbot replaces it only when its nginx plugin is asked to do something.
        """
        stock = self._options or self._digest
        if self._exact is None or stock is None:
            return self._exact or stock
        oldest = stock.version.partition(" ")[0]
        return stock if order(oldest) > order(self._exact.version) else self._exact

    def packaged(self, known: Known[str] | None) -> None:
        """Take in what a package line says."""
        self._exact = known or self._exact

    def replaced(self, known: Known[str] | None) -> Known[str] | None:
        """What ran until a package line replaced `known`; another than the one that was known tells of a gap."""
        return self.known if known is None or (self._exact and self._exact.version == known.version) else known

    def start(self, tree: Snapshot, source: str) -> None:
        """Take in a whole tree."""
        found = [] if self._exact is None else [self._exact]
        for name in sorted(fnmatch.filter(tree.names(RENEWAL) or (), "*.conf")):
            path = f"{RENEWAL}/{name}"
            version = self._renewed(tree.entry(path))
            if version is not None:
                found.append(Known(version, Evidence.CERTBOT, f"{path} {source}"))
        # None of these is dated here, but certbot does not go back in versions.
        self._exact = max(found, key=lambda known: order(known.version), default=None)
        for path in (OPTIONS, DIGEST):
            self.look(PathChange(path, None, tree.entry(path)), source)

    def look(self, change: PathChange, source: str) -> None:
        """Take in a path that changed; whatever has nothing to do with certbot is not read."""
        if change.path == OPTIONS:
            self._options = _stock(FILES, change, source)
        elif change.path == DIGEST:
            self._digest = _stock(DIGESTS, change, source)
        elif fnmatch.fnmatchcase(change.path, f"{RENEWAL}/*.conf"):
            version = self._renewed(change.after)
            # A file that is rewritten without a renewal keeps the old version.
            if version is not None and (self._exact is None or version != self._renewed(change.before)):
                self._exact = Known(version, Evidence.CERTBOT, f"{change.path} {source}")

    def _renewed(self, entry: Entry | None) -> str | None:
        """The version of certbot that wrote a renewal file."""
        if entry is None or entry.kind is not Kind.FILE:
            return None
        try:
            return renewed_by(self.read(entry.blob))
        except UnreadableBlob:
            return None


def _stock(table: dict[BlobId, str], change: PathChange, source: str) -> Known[str] | None:
    """Which certbot installed a file: the blob's id tells, so that it need not be read."""
    entry = change.after
    releases = None if entry is None or entry.kind is not Kind.FILE else table.get(entry.blob)
    return None if releases is None else Known(releases, Evidence.CERTBOT, f"{change.path} {source}")
