"""Parameters of Diffie-Hellman: the length of the prime, and nothing made up of what is broken."""

import pytest

from driftscan.nginx.dhparam import prime_bits
from tests.certificates import dhparam

# `openssl dhparam 512`, shorter than any that is in use.
OF_OPENSSL = b"""-----BEGIN DH PARAMETERS-----
MEYCQQC6FuxVQ84ilkS3nl1Lb723+7NAIrNlRUpHSxiU04mtoga51j5pPYF7Kx+1
zmf1GTGdFjxCrKBWE/b3B3UBdV0HAgEC
-----END DH PARAMETERS-----
"""


@pytest.mark.parametrize("bits", [512, 1024, 2048, 3072, 4096])
def test_the_prime_is_as_long_as_it_is(bits: int) -> None:
    assert prime_bits(dhparam(str(bits)).encode()) == bits


def test_what_openssl_writes_is_read() -> None:
    assert prime_bits(OF_OPENSSL) == 512


def test_the_first_block_counts_whatever_stands_around_it() -> None:
    assert prime_bits(b"text\r\n" + dhparam("1024").replace("\n", "\r\n").encode() + dhparam("2048").encode()) == 1024


def test_both_kinds_begin_with_the_prime() -> None:
    assert prime_bits(dhparam("2048").replace("DH PARAMETERS", "X9.42 DH PARAMETERS").encode()) == 2048


HEAD, END = b"-----BEGIN DH PARAMETERS-----\n", b"\n-----END DH PARAMETERS-----\n"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"nothing", HEAD, HEAD + END, b"\0\xff" * 99),
        *(HEAD + base64 + END for base64 in (b"A", b"MA==", b"MIIB", b"MAMCAQ==", b"MP8=", b"AgEX")),
    ],
)
def test_what_is_broken_has_no_length(data: bytes) -> None:
    assert prime_bits(data) is None
