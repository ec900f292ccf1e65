"""Readers of arguments against a real nginx: they refuse what it refuses, in its words, and nothing else."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftscan.nginx.directives import HTTP_DECLARATIONS
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES
from driftscan.nginx.directives.values import Occurrences, Refusal, milliseconds
from tests.oracle.load import refusal
from tests.oracle.server import MAIN

pytestmark = pytest.mark.nginx

LARGE = ["9223372036854775807", "9223372036854775808", "009223372036854775807", "8796093022207", "292471208678"]


def pieces(*words: str) -> st.SearchStrategy[str]:
    """Words that are made of these and stray letters."""
    return st.lists(st.sampled_from([*words, *words, "x", ":"]), max_size=5).map("".join)


def one(words: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.tuples(words)


TIMES = pieces("0", "1", "5", "30", *LARGE, "y", "M", "w", "d", "h", "m", "s", "ms", " ")
SIZES = pieces("0", "1", "16", *LARGE, "k", "K", "m", "M", "g", "-", " ", ".")
# A zone is really made: none of these is large.
ZONES = st.one_of(
    pieces("shared:", "shared", "A", "32k", "31k", "32768", "32767", "1m", "off"),
    st.builds(
        "shared:{}:{}".format, pieces("A", "B"), st.sampled_from(["32k", "31k", "32768", "32767", "1m", "m", ""])
    ),
)
CACHES = st.one_of(
    ZONES,
    st.sampled_from(["off", "none", "builtin", "OFF"]),
    st.builds("builtin:{}".format, pieces("0", "7", *LARGE)),
)
VERSIONS = st.one_of(
    st.sampled_from(["SSLv2", "sslv3", "TLSv1", "TLSv1.0", "TLSV1.1", "TLSv1.2", "tlsv1.3", "TLSv1.4"]),
    pieces("TLS", "v1", ".2"),
)
CASES: dict[str, st.SearchStrategy[tuple[str, ...]]] = {
    "ssl_session_tickets": one(st.one_of(st.sampled_from(["on", "oN", "off", "OFF", ""]), pieces("on", "off"))),
    "ssl_verify_client": one(
        st.one_of(st.sampled_from(["on", "Optional", "optional_no_ca"]), pieces("optional", "_no_ca"))
    ),
    "ssl_ocsp": one(st.sampled_from(["on", "off", "Leaf", "leaf ", "yes", ""])),
    "ssl_protocols": st.lists(VERSIONS, min_size=1, max_size=3).map(tuple),
    "ssl_session_timeout": one(TIMES),
    "client_header_timeout": one(TIMES),
    "ssl_buffer_size": one(SIZES),
    "ssl_verify_depth": one(pieces("0", "1", "7", *LARGE, "-", "+", " ")),
    "ssl_session_cache": st.lists(CACHES, min_size=1, max_size=2).map(tuple),
    "ssl_ocsp_cache": one(ZONES),
    "proxy_ssl_name": one(pieces("$", "{", "}", "host", "1", "-", "$host", "${host}")),
}
READERS: dict[str, Callable[[Occurrences], object]] = {
    **{name: declaration.read for name, declaration in HTTP_DECLARATIONS.items()},
    **{name: declaration.read for name, declaration in UPSTREAM_SIDES[0].declarations.items()},
    # http has no directive of TLS that counts milliseconds; that of stream has the same setter.
    "client_header_timeout": milliseconds,
}


def refused(name: str, args: tuple[str, ...]) -> str | None:
    try:
        READERS[name](Occurrences((args,), "/etc/nginx"))
    except Refusal as reason:
        return reason.text(name)
    return None


@pytest.mark.parametrize("name", CASES)
def test_a_reader_refuses_what_nginx_refuses_in_its_words(name: str, tmp_path: Path) -> None:
    outcomes: Counter[bool] = Counter()

    @given(args=CASES[name])
    def compare(args: tuple[str, ...]) -> None:
        words = " ".join(f'"{arg}"' for arg in args)
        said = refusal(tmp_path, f"{MAIN}{name} {words};\n}}\n")
        assert refused(name, args) == said
        outcomes[said is None] += 1

    compare()
    assert min(outcomes[True], outcomes[False]) >= 3, outcomes
