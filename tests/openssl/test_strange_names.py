import pytest

from driftscan.openssl.strange_names import StrangeName, strange_names
from driftscan.openssl.suites import FORMER, SUITES


def words(text: str) -> list[str]:
    return [name.word for name in strange_names(text)]


@pytest.mark.parametrize(
    "text",
    [
        "HIGH:!aNULL:!MD5",
        "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!kRSA@SECLEVEL=2",
        "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP",
        "EECDH+ECDSA+AESGCM EECDH+aRSA+AESGCM, -RC4; !EDH-RSA-DES-CBC3-SHA",
        "DEFAULT:@STRENGTH:@SECLEVEL=0",
        "PROFILE=SYSTEM",
        "GOST2012-GOST8912-GOST8912:!KRB5-RC4-MD5:!EXP-RC4-MD5",
        "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-NONSENSE]",
        "",
    ],
)
def test_what_some_library_knows_is_nothing_strange(text: str) -> None:
    assert words(text) == []


def test_no_suite_is_strange() -> None:
    names = [suite.name for suite in (*SUITES, *FORMER) if suite.version != "TLSv1.3"]
    assert words(":".join([*names, *(f"!{name}" for name in names)])) == []


def test_each_strange_word_is_told_once_with_what_it_was_for() -> None:
    assert strange_names("HIGH:!aNUL:ECDHE-RSA-AES128-CGM-SHA256:-nope+AES:!aNUL:hIGH@SECLEVEL=1") == (
        StrangeName("aNUL", excludes=True, tls13=False),
        StrangeName("ECDHE-RSA-AES128-CGM-SHA256", excludes=False, tls13=False),
        StrangeName("nope", excludes=True, tls13=False),
        StrangeName("hIGH", excludes=False, tls13=False),
    )


@pytest.mark.parametrize("word", ["TLS_AES_128_GCM_SHA256", "TLS13-CHACHA20-POLY1305-SHA256", "TLS-AES-256-GCM-SHA384"])
def test_suites_of_tls13_are_told_apart(word: str) -> None:
    assert strange_names(f"HIGH:!{word}") == (StrangeName(word, excludes=False, tls13=True),)
