"""The targets of `make fuzz` with a few bytes each, and all bytes that ever broke one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import as_bytes, seeds
from tests.fuzz.targets import TARGETS
from tests.fuzz.trees import tree_of

FOUND = [
    (
        "configuration",
        b"events {}\nhttp { upstream app { server 80; } server { location / { proxy_pass http://app; } } }",
    ),
    ("configuration", b"http {\n ssl_certificate a; ssl_certificate_key b; server { listen *:6886-8445 ssl; } }"),
    ("configuration", b"http { server { listen 4" + b"D" * 60 + b"\xff ssl; } }"),
    ("configuration", b"http { server { listen 1.1.1." + b"1" * 5000 + b":" + b"4" * 5000 + b" ssl; } }"),
    ("patterns", b"*" * 58 + b"s[iab*.c it\n"),
    ("patterns", b"sites\n[s-e]abl\n[[a]b\n"),
    ("host_files", b"maybe chmod 0644 'a'\nmaybe chmod 0640 'a'\nmaybe chmod 0644 'a'\n"),
    ("syntax", b"a_by_lua_block " + b"{" * 16_000),
]
"""What was found, made as short as it can be."""
ODD = st.sampled_from(
    (
        *(bytes([byte]) for byte in b"{};'\"\\#$*[]=\r\n\t \x1b"),
        *(b"${", b"include ", b"server ", b"listen ", b"443", b" ssl", b"\xe2\x80\xae"),
        *(b"\n@@ nginx/a\n", b"\n@@ b -> nginx/a\n", b"-----BEGIN CERTIFICATE-----\n"),
        *(b"\nPackage changes:\n", b"+nginx 1.22.1-9 amd64\n", b"-nginx 1.18.0-6 amd64\n"),
    )
)
BYTES = st.lists(st.one_of(ODD, st.binary(max_size=6)), max_size=40).map(b"".join)


@pytest.mark.parametrize(("target", "data"), FOUND)
def test_what_was_found_stays_mended(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
@settings(max_examples=40)
def test_any_bytes(target: str, data: st.DataObject) -> None:
    TARGETS[target](data.draw(BYTES))


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
@settings(max_examples=15)
def test_bytes_that_nearly_make_sense(target: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS[target]))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 40)))
    TARGETS[target](seed[:start] + data.draw(BYTES) + seed[end:])


def test_a_tree_comes_back_as_it_went() -> None:
    tree = tree_of(as_bytes({"nginx/nginx.conf": "events {}", "a/b": b"\xff"}) + b"\n@@ ../../c//d -> /x\n")
    folders = {folder: sorted(tree.names(folder) or ()) for folder in ("", "nginx", "a", "c")}
    assert folders == {"": ["a", "c", "nginx"], "nginx": ["nginx.conf"], "a": ["b"], "c": ["d"]}


SEEDS = {target: sorted(set(seeds(target)), key=lambda seed: (len(seed), seed))[:120] for target in TARGETS}
