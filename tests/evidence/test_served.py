"""The certificates of a state: which files are sent by which servers, what stapling comes to, and what time does."""

from pathlib import Path

import pytest

from driftscan.drift.findings import FindingState
from driftscan.drift.state import State
from driftscan.drift.subjects import FileSubject, server_subject
from driftscan.evidence.key_pairs import key_pairs
from driftscan.evidence.served import Served, by_server, find, naming, on_host, served, tell
from driftscan.evidence.shown import shown
from driftscan.evidence.stapling import Stapling, stapling
from tests.certificates import expand
from tests.drift.walks import walk
from tests.etc import EtcHistory, Link
from tests.nginx.trees import MAIN, Files, state

CHAIN = "@certificate cn: Lab Issuing CA; issuer: Lab Root; authority\n"
WEAK_CHAIN = "@certificate cn: Lab Issuing CA; issuer: Lab Root; authority; signature: sha1"
FILES: Files = {
    "nginx/shop.pem": expand(f"@certificate names: shop.example\n{CHAIN}"),
    "nginx/rsa.pem": expand(f"@certificate names: shop.example; key: rsa2048\n{CHAIN}"),
    "nginx/new.pem": expand(f"@certificate names: shop.example; key-id: 2\n{CHAIN}"),
    "nginx/ocsp.pem": expand(f"@certificate names: shop.example; ocsp: http://o.example\n{CHAIN}"),
    "nginx/alone.pem": expand("@certificate names: shop.example; ocsp: http://o.example\n"),
    "nginx/ca.pem": expand(CHAIN),
    "nginx/a.key": expand("@key ec256\n"),
    "nginx/broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
}


def nginx(*lines: str, files: Files | None = None) -> State:
    return state({MAIN: "\n".join(["events {}", "http {", *lines, "}"]), **FILES, **(files or {})})


def site(certificate: str, *more: str, name: str = "shop.example", key: str = "a.key") -> str:
    pairs = f"ssl_certificate {certificate}; ssl_certificate_key {key};" if certificate else ""
    return f"server {{ listen 443 ssl; server_name {name}; {pairs} {' '.join(more)} }}"


def only(found: State) -> Served:
    (held,) = served(found)
    return held


def paths(found: State) -> list[tuple[str, list[str]]]:
    return [(held.subject.path, [server.name for server in held.servers]) for held in served(found)]


# ---------------------------------------------------------------------- who sends what


def test_a_file_is_sent_by_all_servers_that_name_it_or_inherit_it() -> None:
    found = nginx(
        "ssl_certificate shop.pem; ssl_certificate_key a.key;",
        site("", name="shop.example"),
        site("new.pem", name="b.example"),
        site("", name="c.example"),
    )
    assert paths(found) == [("nginx/shop.pem", ["shop.example", "c.example"]), ("nginx/new.pem", ["b.example"])]


def test_a_server_without_a_certificate_sends_that_of_the_default_server() -> None:
    found = nginx(site("shop.pem"), site("", name="b.example"))
    assert paths(found) == [("nginx/shop.pem", ["shop.example", "b.example"])]
    assert [server.name for server in naming(found, only(found))] == ["shop.example"]
    assert only(found).places == tuple(found.servers[0].own.written["ssl_certificate"][1])


def test_of_two_files_with_one_type_of_key_the_last_one_is_sent() -> None:
    pair = "ssl_certificate {}; ssl_certificate_key a.key;"
    assert paths(nginx(site("shop.pem", pair.format("new.pem")))) == [("nginx/new.pem", ["shop.example"])]
    both = nginx(site("shop.pem", pair.format("rsa.pem")))
    assert [path for path, _ in paths(both)] == ["nginx/shop.pem", "nginx/rsa.pem"]
    assert [held.own.key_type for held in by_server(both)[id(both.servers[0])]] == ["EC", "RSA"]


@pytest.mark.parametrize("path", ["broken.pem", "/srv/shop.pem", "missing.pem", "$host.pem"])
def test_what_is_not_known_is_not_sent(path: str) -> None:
    assert served(nginx(site(path))) == ()


def test_a_server_that_refuses_handshakes_sends_nothing() -> None:
    assert served(nginx(site("shop.pem", "ssl_reject_handshake on;"))) == ()


def test_a_server_without_tls_sends_nothing() -> None:
    assert served(nginx("server { listen 80; ssl_certificate shop.pem; ssl_certificate_key a.key; }")) == ()


def test_a_link_is_called_by_its_own_name() -> None:
    files: Files = {
        "letsencrypt/live/shop/fullchain.pem": Link("../../archive/shop/fullchain3.pem"),
        "letsencrypt/archive/shop/fullchain3.pem": FILES["nginx/shop.pem"],
    }
    held = only(nginx(site("/etc/letsencrypt/live/shop/fullchain.pem"), files=files))
    assert held.subject == FileSubject("letsencrypt/live/shop/fullchain.pem")
    assert held.file.path == "letsencrypt/archive/shop/fullchain3.pem"
    assert on_host(held, "nginx/shop.pem") == "/etc/nginx/shop.pem"
    assert held.certbot is not None
    assert (held.certbot.lineage, held.certbot.kind, held.certbot.number) == ("shop", "fullchain", None)


@pytest.mark.parametrize(
    ("name", "hosts", "public"), [("shop.example", True, True), ("wiki.lan", True, False), ("_", False, False)]
)
def test_a_name_may_be_public_or_internal_or_none(name: str, hosts: bool, public: bool) -> None:
    held = only(nginx(site("shop.pem", name=name)))
    assert (held.has_hosts, held.is_public) == (hosts, public)


def test_a_file_is_found_again_as_long_as_it_is_sent() -> None:
    first, second = nginx(site("shop.pem")), nginx(site("new.pem"))
    assert find(first, only(first).subject) is only(first)
    assert find(second, only(first).subject) is None
    assert find(first, server_subject(first.servers[0], first)) is None


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a"], "a:443"),
        (["a", "b"], "a:443 and b:443"),
        (["a", "b", "c"], "a:443, b:443 and c:443"),
        (["a", "b", "c", "d", "e"], "a:443, b:443, c:443 and 2 more"),
    ],
)
def test_servers_are_told_in_a_sentence(names: list[str], told: str) -> None:
    found = nginx(*(site("shop.pem", name=name) for name in names))
    assert tell(found.servers, found) == told


# ---------------------------------------------------------------------- stapling


@pytest.mark.parametrize(
    ("certificate", "lines", "expected"),
    [
        ("ocsp.pem", "", Stapling.OFF),
        ("ocsp.pem", "ssl_stapling off;", Stapling.OFF),
        ("ocsp.pem", "ssl_stapling on; resolver 127.0.0.53;", Stapling.DONE),
        ("ocsp.pem", "ssl_stapling on;", Stapling.NO_RESOLVER),
        ("ocsp.pem", "ssl_stapling on; location / { resolver 127.0.0.53; }", Stapling.NO_RESOLVER),
        ("ocsp.pem", "ssl_stapling on; ssl_stapling_responder https://o.example;", Stapling.NO_RESPONDER),
        ("ocsp.pem", "ssl_stapling on; ssl_stapling_responder http://[broken;", Stapling.NO_RESPONDER),
        ("shop.pem", "ssl_stapling on;", Stapling.NO_RESPONDER),
        ("alone.pem", "ssl_stapling on;", Stapling.NO_ISSUER),
        ("alone.pem", "ssl_stapling on; ssl_trusted_certificate ca.pem; resolver 127.0.0.53;", Stapling.DONE),
        ("alone.pem", "ssl_stapling on; ssl_trusted_certificate /srv/ca.pem;", Stapling.UNKNOWN),
        ("alone.pem", "ssl_stapling on; ssl_trusted_certificate shop.pem; resolver 127.0.0.53;", Stapling.DONE),
        ("shop.pem", "ssl_stapling on; ssl_stapling_responder http://127.0.0.1/;", Stapling.DONE),
        ("alone.pem", "ssl_stapling on; ssl_stapling_file a.der;", Stapling.DONE),
    ],
)
def test_what_stapling_comes_to(certificate: str, lines: str, expected: Stapling) -> None:
    found = nginx(site(certificate, lines))
    assert stapling(found.servers[0], only(found), found) is expected


# ---------------------------------------------------------------------- keys and client certificates


def test_a_key_is_known_by_its_name_and_by_whether_it_is_the_same_file() -> None:
    found = nginx(site("/etc/letsencrypt/live/shop/fullchain.pem", key="/etc/letsencrypt/archive/other/privkey2.pem"))
    (pair,) = key_pairs(found, found.servers[0])
    assert pair.certbot_certificate is not None
    assert pair.certbot_key is not None
    assert (pair.certbot_certificate.lineage, pair.certbot_key.lineage, pair.certbot_key.number) == ("shop", "other", 2)
    assert (pair.own, pair.key_mark, pair.certificate_mark) == (None, "", "")
    assert pair.key_of_lineage == "/etc/letsencrypt/live/shop/privkey.pem"
    one, same, other = (nginx(site("shop.pem"), files={"nginx/a.key": text}) for text in ("a", "a", "b"))
    marks = [key_pairs(at, at.servers[0])[0].key_mark for at in (one, same, other)]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize(
    ("target", "count"), [("https://api.example", 1), ("http://api.example", 0), ("https://$host", 1)]
)
def test_a_client_certificate_is_shown_where_tls_is_spoken(target: str, count: int) -> None:
    lines = f"location / {{ proxy_pass {target}; proxy_ssl_certificate new.pem; proxy_ssl_certificate_key a.key; }}"
    assert [held.file.host_path for held in shown(nginx(site("shop.pem", lines)))] == ["/etc/nginx/new.pem"] * count


# ---------------------------------------------------------------------- what nginx refuses


@pytest.mark.parametrize(
    ("words", "library", "message"),
    [
        ("names: a.example; signature: sha1", "3.0.19", 'SSL_CTX_use_certificate("/etc/nginx/a.pem") failed'),
        ("names: a.example; signature: md5", "3.0.19", 'SSL_CTX_use_certificate("/etc/nginx/a.pem") failed'),
        ("cn: a.example; key: rsa2048; signature: sha1; self-signed", "3.0.19", None),
        ("names: a.example; signature: sha1", "1.0.2k", None),
        (f"names: a.example\n{WEAK_CHAIN}", "3.0.19", 'SSL_CTX_set0_chain("/etc/nginx/a.pem") failed'),
        (f"names: a.example\n{WEAK_CHAIN}", "1.0.2k", None),
    ],
)
def test_a_signature_that_the_library_does_not_take_is_refused(words: str, library: str, message: str | None) -> None:
    files: Files = {
        MAIN: f"events {{}}\nhttp {{\n{site('a.pem')}\n}}\n",
        "nginx/a.pem": expand(f"@certificate {words}\n"),
        "nginx/a.key": "a key",
    }
    refusal = state(files, library=f"OpenSSL {library}").load.refusal
    assert (None if refusal is None else refusal.text) == message


@pytest.mark.parametrize(
    ("bits", "ciphers", "refused"),
    [
        (1024, "DEFAULT@SECLEVEL=2", True),
        (1536, "DEFAULT@SECLEVEL=2", True),
        (2048, "DEFAULT@SECLEVEL=2", False),
        (1024, "DEFAULT@SECLEVEL=1", False),
        (512, "DEFAULT@SECLEVEL=1", True),
        (512, "DEFAULT@SECLEVEL=0", True),
    ],
)
def test_short_parameters_are_refused_as_nginx_1_22_1_refuses_them(bits: int, ciphers: str, refused: bool) -> None:
    load = nginx(
        site("shop.pem", "ssl_dhparam dh.pem;", f"ssl_ciphers {ciphers};"),
        files={"nginx/dh.pem": expand(f"@dhparam {bits}\n")},
    ).load
    told = None if load.refusal is None else load.refusal.text
    assert told == ('SSL_CTX_set_tmp_dh("/etc/nginx/dh.pem") failed' if refused else None)


# ---------------------------------------------------------------------- time, and what lasts

FULL = "events {}\nhttp { server { listen 443 ssl; server_name shop.example; ssl_certificate a.pem; %s } }\n"
KEY = "ssl_certificate_key a.key;"


def of(words: str) -> str:
    return expand(f"@certificate names: shop.example; {words}\n{CHAIN}")


def test_a_certificate_expires_by_itself_and_no_commit_is_to_blame(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({MAIN: FULL % KEY, "nginx/a.pem": of("until: 2026-01-20")}, when="2026-01-01T06:25:00+01:00")
    etc.commit({"motd": "hello"}, when="2026-01-15T06:25:00+01:00")
    (soon,) = walk(etc).open
    assert (soon.finding.hit.variant, soon.introduced) == ("soon", None)
    assert str(soon.finding.hit.since) == "2026-01-13 00:00:00+00:00"
    etc.commit({"motd": "hello again"}, when="2026-01-21T06:25:00+01:00")
    (expired,) = walk(etc).open
    assert (expired.finding.hit.variant, expired.introduced) == ("expired", None)
    assert str(expired.finding.hit.since) == "2026-01-20 00:00:00+00:00"
    assert expired.finding.fingerprint == soon.finding.fingerprint


@pytest.mark.parametrize(
    ("later", "mended"),
    [
        ({"nginx/a.key": "the new key"}, True),
        ({"nginx/a.pem": of("until: 2026-05-01")}, True),
        ({MAIN: FULL % f"{KEY} keepalive_timeout 5s;"}, False),
        ({MAIN: "events {}\nhttp {}\n"}, True),
    ],
)
def test_a_key_that_does_not_fit_is_told_until_one_of_the_two_changes(
    tmp_path: Path, later: dict[str, str], mended: bool
) -> None:
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({MAIN: FULL % KEY, "nginx/a.pem": of("until: 2026-04-01"), "nginx/a.key": "the old key"})
    etc.commit({"nginx/a.pem": of("key-id: 2")})
    etc.commit(later)
    outcome = walk(etc)
    told = [event for step in outcome.steps for event in step.findings if event.finding.pattern == "key-does-not-fit"]
    assert [event.state for event in told] == [FindingState.INTRODUCED, *([FindingState.RESOLVED] if mended else [])]
