"""Parameters of Diffie-Hellman (`ssl_dhparam`): how long is the prime? They are public; nothing else of them matters.

PEM_read_bio_DHparams takes the first block of one of two kinds, and both begin with the prime: PKCS #3 has
SEQUENCE { INTEGER p, INTEGER g, ... }, X9.42 (RFC 3279, 2.3.3) has p, g and q.
"""

import binascii
import re
from typing import Final

_PEM: Final = re.compile(
    rb"-----BEGIN (?:X9\.42 )?DH PARAMETERS-----\s([A-Za-z0-9+/=\s]+?)-----END (?:X9\.42 )?DH PARAMETERS-----"
)
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02


def prime_bits(data: bytes) -> int | None:
    """The length of the prime in the first block of a PEM file; `None` where there is none, or it is none."""
    found = _PEM.search(data)
    if found is None:
        return None
    try:
        der = binascii.a2b_base64(found[1])
    except binascii.Error:
        return None
    sequence = _content(der, _SEQUENCE)
    integer = None if sequence is None else _content(sequence, _INTEGER)
    return None if not integer else int.from_bytes(integer).bit_length()


def _content(der: bytes, tag: int) -> bytes | None:
    """What the first element holds, if it is of this kind and whole."""
    if len(der) < 2 or der[0] != tag:
        return None
    size, start = der[1], 2
    if size >= 0x80:
        start += size - 0x80
        size = int.from_bytes(der[2:start])
    return der[start : start + size] if start + size <= len(der) else None
