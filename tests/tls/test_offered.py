import pytest

from driftscan.drift.state import State
from driftscan.evidence.underneath import underneath
from driftscan.nginx.directives.values import Protocol
from driftscan.tls.clients import BROWSER_SUITES, CLASSES, ClientClass
from driftscan.tls.endpoints import Endpoint
from driftscan.tls.offered import (
    Offered,
    Underneath,
    Versions,
    connects,
    is_modern,
    kind,
    misfit,
    offered,
    read_groups,
    versions,
    weakness,
)
from tests.certificates import expand
from tests.nginx.trees import MAIN, meet, state

CERT = "ssl_certificate a.pem; ssl_certificate_key a.key;"
OLD = frozenset({Protocol.TLS10, Protocol.TLS11})
TLS12 = frozenset({Protocol.TLS12})
TLS13 = frozenset({Protocol.TLS13})


def conf(text: str, around: str = CERT) -> str:
    return f"http {{ {around} server {{ listen 443 ssl; server_name a.example; {text} }} }}"


def spoken(text: str, nginx: str = "1.22.1", library: str | None = "OpenSSL 3.0.19") -> Versions | None:
    found = state(conf(text), nginx, library)
    return versions(meet(found, "a.example"), found.platform, underneath(found))


def offer(text: str, library: str | None = "OpenSSL 3.0.19", key: str | None = None, nginx: str = "1.22.1") -> Offered:
    files = {MAIN: conf(text)}
    if key is not None:
        files["nginx/a.pem"] = expand(f"@certificate names: a.example; key: {key}\n")
    found = state(files, nginx, library)
    made = offered(meet(found, "a.example"), found.platform, found.config.named, underneath(found))
    assert made is not None
    return made


def client(name: str) -> ClientClass:
    return next(found for found in CLASSES if found.name.startswith(name))


# ---------------------------------------------------------------------- versions


@pytest.mark.parametrize(
    ("text", "library", "expected"),
    [
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", "OpenSSL 1.1.1w", Versions(OLD | TLS12, frozenset())),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", "OpenSSL 3.0.19", Versions(TLS12, frozenset())),
        (
            "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT@SECLEVEL=0;",
            "OpenSSL 3.0.19",
            Versions(OLD | TLS12, frozenset()),
        ),
        ("ssl_protocols TLSv1.2 TLSv1.3;", "OpenSSL 1.0.2k", Versions(TLS12, frozenset())),
        ("ssl_protocols TLSv1.3;", "OpenSSL 1.0.2k", Versions(frozenset(), frozenset())),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", None, Versions(OLD | TLS12, OLD)),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL@SECLEVEL=0;", None, Versions(OLD | TLS12, frozenset())),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", "LibreSSL 3.8.2", Versions(TLS12, frozenset())),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", "LibreSSL 3.7.0", Versions(OLD | TLS12, OLD)),
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", "BoringSSL", Versions(OLD | TLS12, OLD)),
        ("ssl_conf_command MaxProtocol TLSv1.2; ssl_protocols TLSv1.2 TLSv1.3;", None, Versions(TLS12, frozenset())),
        ("ssl_reject_handshake on;", None, None),
    ],
)
def test_versions_are_those_that_somebody_can_get(text: str, library: str | None, expected: Versions | None) -> None:
    assert spoken(text, library=library) == expected


@pytest.mark.parametrize(
    ("text", "brought", "expected"),
    [
        ("", Underneath(0), OLD | TLS12),
        ("", Underneath(1), TLS12),
        ("ssl_ciphers ALL@SECLEVEL=1;", Underneath(0), TLS12),
        ("ssl_conf_command CipherString ALL@SECLEVEL=0;", Underneath(2), OLD | TLS12),
        ("", Underneath(0, Protocol.TLS12), TLS12),
    ],
)
def test_what_is_underneath_holds_until_the_list_says_otherwise(
    text: str, brought: Underneath, expected: frozenset[Protocol]
) -> None:
    found = state(conf(f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; {text}"), "1.22.1", "OpenSSL 3.0.19")
    spoken_now = versions(meet(found, "a.example"), found.platform, brought)
    assert spoken_now == Versions(expected, frozenset())


@pytest.mark.parametrize(
    ("text", "expected"), [("", frozenset({"secp384r1"})), ("ssl_ecdh_curve X25519;", frozenset({"x25519"}))]
)
def test_groups_from_underneath_hold_for_auto(text: str, expected: frozenset[str]) -> None:
    found = state(conf(text), "1.22.1", "OpenSSL 3.0.19")
    at, brought = meet(found, "a.example"), Underneath(2, groups=frozenset({"secp384r1"}))
    made = offered(at, found.platform, found.config.named, brought)
    assert made is not None
    assert made.groups == expected


def test_nobody_connects_where_the_default_server_has_no_certificate() -> None:
    found = state(conf("", around=""))
    assert versions(meet(found, "a.example"), found.platform, underneath(found)) is None
    assert offered(meet(found, "a.example"), found.platform, found.config.named, underneath(found)) is None


def test_nothing_is_told_of_what_is_not_read() -> None:
    found = state(conf("include gone.conf;"))
    assert versions(meet(found, "a.example"), found.platform, underneath(found)) is None


# ---------------------------------------------------------------------- suites


def names(made: Offered) -> list[str]:
    return [suite.name for suite in made.suites]


def test_suites_are_those_that_the_library_has_and_the_level_permits_and_a_key_exchange_is_there_for() -> None:
    made = offer("ssl_ciphers RC4-SHA:AES128-SHA:DHE-RSA-AES128-SHA:PSK-AES128-CBC-SHA:ADH-AES128-SHA;")
    assert names(made) == ["AES128-SHA"]
    assert [suite.name for suite in made.idle] == ["DHE-RSA-AES128-SHA"]


@pytest.mark.parametrize("text", ["ssl_dhparam dh.pem;", "ssl_conf_command DHParameters dh.pem;"])
def test_parameters_make_dhe_work(text: str) -> None:
    made = offer(f"ssl_ciphers DHE-RSA-AES128-SHA; {text}")
    assert (names(made), made.idle) == (["DHE-RSA-AES128-SHA"], ())


@pytest.mark.parametrize(
    ("key", "keys", "fit", "is_misfit"),
    [
        ("rsa2048", {"RSA"}, ["ECDHE-RSA-AES128-GCM-SHA256"], False),
        ("ec256", {"ECDSA"}, [], True),
        (None, None, ["ECDHE-RSA-AES128-GCM-SHA256"], False),
    ],
)
def test_a_suite_fits_the_key_of_the_certificate(
    key: str | None, keys: set[str] | None, fit: list[str], is_misfit: bool
) -> None:
    made = offer("ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256; ssl_protocols TLSv1.2;", key=key)
    assert made.keys == keys
    assert [suite.name for suite in made.fitting] == fit
    assert misfit(made) is is_misfit


def test_no_list_is_a_misfit_where_only_tls13_is_spoken() -> None:
    assert not misfit(offer("ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256; ssl_protocols TLSv1.3;", key="ec256"))


def test_a_suite_of_tls12_is_of_no_use_to_older_versions() -> None:
    made = offer("ssl_ciphers AES128-SHA:AES128-GCM-SHA256; ssl_protocols TLSv1;", "OpenSSL 1.1.1w")
    assert [suite.name for suite in made.fitting] == ["AES128-SHA"]


def test_suites_have_the_names_that_people_give_them() -> None:
    text = "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA:AES128-SHA:DES-CBC3-SHA:RC4-MD5:NULL-SHA"
    text += ":EXP-RC4-MD5:ADH-AES128-SHA"
    made = offer(f"ssl_ciphers {text}; ssl_dhparam x;", "OpenSSL 1.0.1u")
    assert {suite.name: kind(suite) for suite in made.suites} == {
        "ECDHE-RSA-AES128-GCM-SHA256": "ECDHE with AEAD",
        "DHE-RSA-AES128-SHA": "DHE with CBC",
        "AES128-SHA": "static RSA",
        "DES-CBC3-SHA": "3DES",
        "RC4-MD5": "RC4",
        "NULL-SHA": "no encryption",
        "EXP-RC4-MD5": "export ciphers",
        "ADH-AES128-SHA": "no authentication",
    }
    assert [suite.name for suite in made.suites if is_modern(suite)] == ["ECDHE-RSA-AES128-GCM-SHA256"]
    assert [suite.name for suite in made.suites if weakness(suite) is None] == [
        "ECDHE-RSA-AES128-GCM-SHA256",
        "DHE-RSA-AES128-SHA",
        "AES128-SHA",
    ]


# ---------------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("auto", None),
        ("X25519:P-256:secp384r1", {"x25519", "prime256v1", "secp384r1"}),
        ("secp256r1", {"prime256v1"}),
        ("?X25519MLKEM768:*X25519/P-521", {"x25519mlkem768", "x25519", "secp521r1"}),
        ("X25519:P-256:-P-256", {"x25519"}),
        ("DEFAULT:-X25519", None),
    ],
)
def test_groups_are_read_as_openssl_names_them(text: str, groups: set[str] | None) -> None:
    assert read_groups(text) == (None if groups is None else frozenset(groups))


def test_a_command_has_the_last_word_about_groups() -> None:
    assert offer("ssl_ecdh_curve secp384r1; ssl_conf_command Groups X25519;").groups == frozenset({"x25519"})


# ---------------------------------------------------------------------- clients


@pytest.mark.parametrize(
    ("text", "name", "reached"),
    [
        ("ssl_protocols TLSv1.3;", "today's browsers", True),
        ("ssl_protocols TLSv1.3;", "Android 8", False),
        ("ssl_protocols TLSv1.2; ssl_ciphers ECDHE+AESGCM;", "Android 8", True),
        ("ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;", "Internet Explorer 11", False),
        ("ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-SHA;", "Internet Explorer 11", True),
        ("ssl_protocols TLSv1.2; ssl_ciphers ECDHE+AESGCM; ssl_ecdh_curve secp384r1;", "Android 7.0", False),
        ("ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA; ssl_ecdh_curve secp384r1;", "Android 7.0", True),
        ("ssl_protocols TLSv1 TLSv1.2;", "Android 4.0", True),
        ("ssl_protocols TLSv1.2;", "Android 4.0", False),
    ],
)
def test_a_client_connects_with_a_version_a_suite_and_a_group(text: str, name: str, reached: bool) -> None:
    assert connects(client(name), offer(text, "OpenSSL 1.1.1w")) is reached


def test_clients_that_send_no_name_reach_the_default_server_only() -> None:
    second = f"server {{ listen 443 ssl; server_name b.example; ssl_protocols TLSv1; {CERT} }}"
    found = state(f"{conf('ssl_protocols TLSv1;')[:-2]} {second} }}", library="OpenSSL 1.1.1w")

    def reached(name: str) -> bool:
        made = _offered(found, meet(found, name))
        return connects(client("Android 2.3"), made)

    assert (reached("a.example"), reached("b.example")) == (True, False)


def _offered(found: State, at: Endpoint) -> Offered:
    made = offered(at, found.platform, found.config.named, underneath(found))
    assert made is not None
    return made


def test_every_class_of_clients_connects_to_a_server_that_has_everything() -> None:
    made = offer(
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL; ssl_dhparam x;", "OpenSSL 1.0.2k", nginx="1.22.1"
    )
    assert [found.name for found in CLASSES if not connects(found, made)] == []


def test_todays_browsers_have_no_weak_suite() -> None:
    made = offer("ssl_ciphers ALL:COMPLEMENTOFALL; ssl_dhparam x;", "OpenSSL 1.0.2k")
    assert [suite.name for suite in made.suites if suite.code in BROWSER_SUITES and weakness(suite)] == []
