from collections.abc import Iterable

import pytest

from driftscan.drift.compare import compare
from driftscan.drift.findings import Hit, Need, Severity
from driftscan.drift.subjects import ZoneSubject
from driftscan.evidence.met import (
    certificate_places,
    changed_endpoints,
    cipher_lines,
    decider_of,
    deciding_lines,
    listed,
    needs_library,
    needs_nginx,
    places,
    rewritten,
    told,
    worst,
)
from driftscan.nginx.directives.http_ssl import SSL_CIPHERS, SSL_CONF_COMMAND, SSL_PROTOCOLS
from driftscan.nginx.edits import Replace
from tests.certificates import expand
from tests.nginx.trees import MAIN, Files, line, meet, state

CERT = "ssl_certificate a.pem; ssl_certificate_key a.key;"
TWO = """http { %s
server { listen 443 ssl; listen [::]:443 ssl; listen 443 quic; %s }
server { listen 443 ssl; listen [::]:443 ssl; listen 443 quic; server_name a b; %s } }"""


def two(default: str = "", own: str = "", around: str = CERT) -> str:
    return TWO % (around, default, own)


def test_each_server_is_met_once_behind_each_default_server() -> None:
    found = state(two(), "1.28.0")
    assert [(str(at.socket.address), at.name, at.server.at.line) for at in places(found)] == [
        ("0.0.0.0:443", "", 2),
        ("0.0.0.0:443", "a", 3),
    ]


def changes(before: Files | str, after: Files | str, *directives: str) -> list[tuple[str, int]]:
    transition = compare(state(before, "1.28.0"), state(after, "1.28.0"))
    return [(new.name, new.server.at.line) for _, new in changed_endpoints(transition, directives)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (two(own="ssl_ciphers A;"), [("a", 3)]),
        (two(default="ssl_ciphers A;"), [("", 2)]),
        (two(around=f"{CERT} ssl_ciphers A;"), [("", 2), ("a", 3)]),
        (two(own="ssl_buffer_size 4k;"), []),
        (two(own="ssl_protocols TLSv1.2;"), []),
    ],
)
def test_an_endpoint_is_changed_where_clients_meet_another_value(after: str, expected: list[tuple[str, int]]) -> None:
    assert changes(two(), after, "ssl_ciphers", "ssl_protocols") == expected


def test_another_library_may_change_every_endpoint() -> None:
    transition = compare(state(two(), library="OpenSSL 1.1.1w"), state(two(), library="OpenSSL 3.0.19"))
    assert [new.name for _, new in changed_endpoints(transition, ("ssl_ciphers",))] == ["", "a"]


def test_the_lines_that_decide_are_those_that_changed() -> None:
    before, after = two(own="ssl_ciphers A;"), two(default="ssl_protocols TLSv1.2;", own="\nssl_ciphers B;")
    transition = compare(state(before), state(after))
    old, new = meet(transition.before, "a"), meet(transition.after, "a")
    assert deciding_lines(transition, old, new, SSL_PROTOCOLS, SSL_CIPHERS, SSL_CONF_COMMAND) == (line(2), line(4))
    assert deciding_lines(transition, old, new, SSL_CONF_COMMAND) == (line(3),)
    assert decider_of(new, SSL_PROTOCOLS, transition.after.platform) is new.default
    assert decider_of(new, SSL_CIPHERS, transition.after.platform) is new.server


@pytest.mark.parametrize(
    ("text", "library", "expected"),
    [
        (two(default="ssl_protocols TLSv1.2;", own="ssl_protocols TLSv1.3;"), "OpenSSL 3.0.19", {Need.NGINX}),
        (two(default="ssl_protocols TLSv1.2;", own="ssl_protocols TLSv1.3;"), "OpenSSL 1.0.2k", set()),
        (two(default="ssl_protocols TLSv1.2;", own="ssl_protocols TLSv1.2;"), "OpenSSL 3.0.19", set()),
        (two(), "OpenSSL 3.0.19", {Need.NGINX}),
    ],
)
def test_the_release_matters_where_another_one_would_make_a_difference(
    text: str, library: str, expected: set[Need]
) -> None:
    found = state(text, library=library)
    assert needs_nginx(meet(found, "a"), found.platform, SSL_PROTOCOLS) == expected


def test_the_library_matters_where_it_is_not_known() -> None:
    assert needs_library(state(two(), library=None).platform) == {Need.LIBRARY}
    assert needs_library(state(two()).platform) == set()


def test_the_list_of_ciphers_stands_where_the_last_word_is() -> None:
    def lines(own: str) -> Iterable[object]:
        found = state(two(own=own))
        return cipher_lines(found, meet(found, "a"))

    assert lines("") == (line(3),)
    assert lines("\nssl_ciphers A;") == (line(4),)
    assert lines("\nssl_ciphers A;\nssl_conf_command CipherString B;") == (line(5),)


def test_certificates_are_told_by_their_files() -> None:
    found = state({MAIN: two(), "nginx/a.pem": expand("@certificate names: a\n")})
    assert certificate_places(found, meet(found, "a")) == (line(1, "nginx/a.pem"),)
    assert certificate_places(state(two()), meet(state(two()), "a")) == ()


def test_a_directive_is_rewritten_as_one_line_and_not_where_certbot_keeps_it() -> None:
    own = "\nssl_protocols TLSv1.2;\nssl_protocols TLSv1.3;"
    setting = meet(state(two(own=own)), "a").server[SSL_PROTOCOLS]
    assert rewritten(setting, "ssl_protocols", "ssl_protocols TLSv1.2;") == (
        Replace(line(4), "ssl_protocols", "ssl_protocols TLSv1.2;"),
        Replace(line(5), "ssl_protocols", ""),
    )
    included = {
        MAIN: two(own="include /etc/letsencrypt/options.conf;"),
        "letsencrypt/options.conf": "ssl_protocols TLSv1.2;",
    }
    setting = meet(state(included), "a").server[SSL_PROTOCOLS]
    assert setting.places == (line(1, "letsencrypt/options.conf"),)
    assert rewritten(setting, "ssl_protocols", "ssl_protocols TLSv1.3;") == ()


def hit(zone: str, severity: Severity, **facts: str) -> Hit:
    return Hit(ZoneSubject(zone), (line(1),), tuple(facts.items()), severity)


def test_the_worst_hit_about_a_subject_counts() -> None:
    low, high, other = hit("a", Severity.LOW), hit("a", Severity.HIGH), hit("b", Severity.LOW)
    assert list(worst([low, other, high])) == [high, other]


def test_facts_are_read_back() -> None:
    found = hit("a", Severity.LOW, lost="x, y z")
    assert (listed(found, "lost"), told(found, "lost"), told(found, "none")) == (frozenset("xyz"), "x, y z", "")
