import pytest

from driftscan.nginx.directives.base import AnyDeclaration, Decider
from driftscan.nginx.directives.hsts import HSTS, Hsts
from driftscan.nginx.directives.http2 import HTTP2
from driftscan.nginx.directives.http_ssl import (
    SSL_CERTIFICATE,
    SSL_CIPHERS,
    SSL_CONF_COMMAND,
    SSL_ECDH_CURVE,
    SSL_PREFER_SERVER_CIPHERS,
    SSL_PROTOCOLS,
    SSL_SESSION_CACHE,
    SSL_SESSION_TICKETS,
    SSL_VERIFY_CLIENT,
)
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.nginx.directives.values import Protocol
from driftscan.tls.endpoints import Endpoint, InForce, Split, endpoints, has_context
from tests.nginx.trees import line, meet, only_server, platform, state

CERT = "ssl_certificate x; ssl_certificate_key y;"


def endpoint(default: str, selected: str, nginx: str = "1.22.1", http: str = "") -> Endpoint:
    """The selected server of a socket with two, each on a line of its own: 2 and 3."""
    text = (
        f"http {{ {http}\nserver {{ listen 443 ssl; {default} }}\nserver {{ listen 443; server_name b; {selected} }} }}"
    )
    return meet(state(text, nginx), "b")


def met(at: Endpoint, declaration: AnyDeclaration, nginx: str = "1.22.1") -> InForce:
    return at.in_force(declaration, platform(nginx))


def test_each_name_of_a_tls_socket_is_an_endpoint_and_so_is_every_other_name() -> None:
    text = """http {
        server { listen 443 ssl; server_name a *.b _ ""; }
        server { listen 443; server_name c a; }
        server { listen 80; server_name d; }
    }"""
    found = state(text)
    assert [(str(at.socket.address), at.name, at.server.at.line) for at in endpoints(found.sockets)] == [
        ("0.0.0.0:443", "", 2),
        ("0.0.0.0:443", "a", 2),
        ("0.0.0.0:443", "*.b", 2),
        ("0.0.0.0:443", "c", 3),
    ]


def test_the_selected_server_decides_what_sni_can_still_change() -> None:
    at = endpoint(f"{CERT} ssl_ciphers A;", f"{CERT} ssl_ciphers B;")
    own = at.server[SSL_CIPHERS]
    assert met(at, SSL_CIPHERS) == InForce("B", own, Decider.SNI_SERVER, at.server, known=True)


def test_the_default_server_decides_what_is_settled_before_sni_and_says_why() -> None:
    at = endpoint(f"{CERT} ssl_ecdh_curve A;", f"{CERT} ssl_ecdh_curve B;")
    reason = "ssl_ecdh_curve is taken from the default server of the socket, whatever other servers say"
    first = at.default[SSL_ECDH_CURVE]
    assert met(at, SSL_ECDH_CURVE) == InForce("A", first, Decider.DEFAULT_SERVER, at.default, known=True, reason=reason)


def test_there_is_no_reason_to_give_where_the_selected_server_says_nothing() -> None:
    at = endpoint(f"{CERT} ssl_ecdh_curve A;", CERT)
    assert met(at, SSL_ECDH_CURVE).reason is None


def test_a_server_without_certificate_is_met_with_everything_of_the_default_server() -> None:
    at = endpoint(
        f"{CERT} ssl_ciphers A; ssl_verify_client off;", "ssl_ciphers B; ssl_verify_client on; ssl_session_tickets off;"
    )
    reason = "the selected server has no certificate"
    for nginx in ("1.22.1", "1.31.4"):
        for declaration, value in ((SSL_CIPHERS, "A"), (SSL_SESSION_TICKETS, True)):
            found = met(at, declaration, nginx)
            assert (found.value, found.decider, found.server, found.reason) == (
                *(value, Decider.DEFAULT_SERVER),
                *(at.default, reason),
            )
        # nginx does not ask for a certificate then, and answers 400 because none came.
        assert (met(at, SSL_VERIFY_CLIENT, nginx).value, met(at, SSL_VERIFY_CLIENT, nginx).server) == ("on", at.server)
    assert met(at, SSL_CERTIFICATE).value == ("/etc/nginx/x",)


def test_the_default_server_itself_needs_no_reason() -> None:
    text = "http { server { listen 443 ssl; ssl_ciphers A; } server { listen 443; } }"
    at = meet(state(text), "")
    found = met(at, SSL_CIPHERS)
    assert (found.value, found.decider, found.reason) == ("A", Decider.DEFAULT_SERVER, None)


@pytest.mark.parametrize(
    ("server", "context"),
    [
        (CERT, True),
        ("", False),
        ("ssl_certificate_key y;", False),
        ("ssl_reject_handshake on;", True),
        ("ssl_reject_handshake off;", False),
        ("include gone;", True),
    ],
)
def test_a_certificate_or_a_refusal_makes_a_tls_context(server: str, context: bool) -> None:
    assert has_context(only_server(f"http {{ server {{ {server} }} }}")) is context


def test_an_inherited_certificate_counts() -> None:
    at = endpoint("", "ssl_ciphers B;", http=CERT)
    assert met(at, SSL_CIPHERS).value == "B"


def test_tickets_are_decided_by_both_until_1_29_2() -> None:
    at = endpoint(CERT, f"{CERT} ssl_session_tickets off;")
    split = Split(False, True, "{sni} (default server: {default})")
    own = at.server[SSL_SESSION_TICKETS]
    assert met(at, SSL_SESSION_TICKETS, "1.29.1") == InForce(split, own, Decider.TICKETS, at.server, known=True)
    assert str(split) == "off (default server: on)"
    assert met(at, SSL_SESSION_TICKETS, "1.29.2") == InForce(False, own, Decider.SNI_SERVER, at.server, known=True)


def test_two_servers_that_agree_are_not_split() -> None:
    at = endpoint(f"{CERT} ssl_session_tickets off;", CERT, http="ssl_session_tickets off;")
    found = met(at, SSL_SESSION_TICKETS)
    assert (found.value, found.decider) == (False, Decider.TICKETS)


def test_the_preference_is_split_by_protocol_version() -> None:
    at = endpoint(CERT, f"{CERT} ssl_prefer_server_ciphers on;")
    assert str(met(at, SSL_PREFER_SERVER_CIPHERS).value) == "on (TLS 1.3: off)"
    assert met(at, SSL_PREFER_SERVER_CIPHERS, "1.29.2").value is True


@pytest.mark.parametrize(
    ("default", "selected", "shown", "reason"),
    [
        ("shared:A:1m", "shared:B:1m", "shared:A:1m", True),
        ("shared:A:1m", "none", "shared:A:1m", True),
        ("shared:A:1m", "off", "shared:A:1m, but no session ids (off in the selected server)", False),
        ("off", "shared:B:1m", "off", True),
        ("off", "off", "off", False),
        ("shared:A:1m", "", "shared:A:1m", False),
    ],
)
def test_sessions_are_kept_by_the_default_server(default: str, selected: str, shown: str, reason: bool) -> None:
    lines = [f"{CERT} ssl_session_cache {each};" if each else CERT for each in (default, selected)]
    for nginx in ("1.22.1", "1.31.4"):
        found = met(endpoint(lines[0], lines[1], nginx), SSL_SESSION_CACHE, nginx)
        assert str(found.value) == shown
        assert (found.reason is not None) is reason
        assert found.decider is Decider.SESSION_CACHE


def test_the_selected_server_without_a_cache_has_that_of_the_default_server() -> None:
    at = endpoint(f"{CERT} ssl_session_cache off;", CERT)
    assert met(at, SSL_SESSION_CACHE).value == SessionCache("off")


def test_http_settings_are_those_of_the_server_that_answers_certificate_or_not() -> None:
    at = endpoint(f"{CERT} add_header Strict-Transport-Security max-age=1;", "")
    found = met(at, HSTS)
    assert (found.value, found.decider, found.server) == (Hsts(None, None), Decider.HTTP_SERVER, at.server)


@pytest.mark.parametrize(
    ("default", "selected", "value", "decider"),
    [
        ("http2 on;", "", False, Decider.HTTP_SERVER),
        ("", "http2 on;", True, Decider.HTTP_SERVER),
    ],
)
def test_http2_is_the_answering_servers(default: str, selected: str, value: bool, decider: Decider) -> None:
    at = endpoint(f"{CERT} {default}", selected, "1.25.1")
    found = met(at, HTTP2, "1.25.1")
    assert (found.value, found.decider) == (value, decider)


def test_one_http2_parameter_offers_it_to_every_name_and_nothing_undoes_it() -> None:
    text = f"http {{\nserver {{ listen 443 ssl http2; {CERT} }}\nserver {{ listen 443; server_name b; http2 off; }}\n}}"
    at = meet(state(text, "1.25.1"), "b")
    found = met(at, HTTP2, "1.25.1")
    assert (found.value, found.decider, found.known) == (True, Decider.SOCKET, True)


def test_commands_come_from_whoever_decides_each_of_them() -> None:
    default = f"{CERT} ssl_conf_command Groups A; ssl_conf_command Ciphersuites A; ssl_conf_command Options A;"
    selected = f"{CERT} ssl_conf_command Groups B; ssl_conf_command Ciphersuites B; ssl_conf_command Options B;"
    at = endpoint(default, selected)
    assert met(at, SSL_CONF_COMMAND).value == (("Groups", "A"), ("Ciphersuites", "A"), ("Options", "B"))
    assert met(at, SSL_CONF_COMMAND, "1.29.2").value == (("Groups", "A"), ("Ciphersuites", "B"), ("Options", "B"))
    found = met(endpoint(default, CERT), SSL_CONF_COMMAND, "1.29.2")
    assert (found.value, found.setting.places) == ((("Groups", "A"),), (line(2),) * 3)
    assert met(endpoint(CERT, f"{CERT} ssl_conf_command Groups B;"), SSL_CONF_COMMAND).value is None


def test_the_option_that_switches_tickets_is_decided_by_both_as_tickets_are() -> None:
    at = endpoint(f"{CERT} ssl_conf_command Options -SessionTicket;", f"{CERT} ssl_conf_command Options Bugs;")
    both = (("Options", "-SessionTicket"), ("Options", "Bugs"))
    assert met(at, SSL_CONF_COMMAND, "1.29.1").value == both
    assert met(at, SSL_CONF_COMMAND, "1.29.2").value == both[1:]


def test_what_is_not_known_of_the_server_that_decides_is_not_known() -> None:
    at = endpoint("include gone;", CERT)
    known = {
        declaration.name: met(at, declaration).known
        for declaration in (SSL_PROTOCOLS, SSL_CIPHERS, SSL_SESSION_TICKETS, SSL_SESSION_CACHE, SSL_CONF_COMMAND)
    }
    assert known == {
        "ssl_protocols": False,
        "ssl_ciphers": True,
        "ssl_session_tickets": False,
        "ssl_session_cache": False,
        "ssl_conf_command": False,
    }


def test_an_upgrade_alone_changes_what_is_in_force() -> None:
    at = endpoint(f"{CERT} ssl_protocols TLSv1.2;", f"{CERT} ssl_protocols TLSv1.3;")
    assert [met(at, SSL_PROTOCOLS, nginx).value for nginx in ("1.29.1", "1.29.2")] == [
        {Protocol.TLS12},
        {Protocol.TLS13},
    ]
