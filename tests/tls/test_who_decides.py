"""For each directive, whose value a client of the selected server meets: seen on real nginx, here as a table.

The default server and the selected one were given the values A and B in all four combinations.
"""

from collections.abc import Iterator

import pytest

from driftscan.nginx.directives import HTTP_DECLARATIONS
from driftscan.nginx.directives.http3 import HTTP3
from driftscan.tls.endpoints import Split
from tests.nginx.trees import meet, platform, state

LEGACY = ("1.14.2", "1.18.0", "1.20.2", "1.22.1", "1.24.0", "1.25.1", "1.26.3", "1.27.4", "1.28.3", "1.29.1")
EARLY = ("1.29.2", "1.31.4")
ALWAYS = LEGACY + EARLY

# directive, A, B, who decides, versions
Row = tuple[str, str, str, str, tuple[str, ...]]
TABLE: list[Row] = [
    ("ssl_certificate", "a.crt", "b.crt", "selected", ALWAYS),
    ("ssl_protocols", "TLSv1.2", "TLSv1.3", "default", LEGACY),
    ("ssl_protocols", "TLSv1.2", "TLSv1.3", "selected", EARLY),
    ("ssl_protocols", "TLSv1.2 TLSv1.3", "TLSv1.2", "default", LEGACY),
    ("ssl_ciphers", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "selected", ALWAYS),
    ("ssl_prefer_server_ciphers", "off", "on", "both", LEGACY),
    ("ssl_prefer_server_ciphers", "off", "on", "selected", EARLY),
    ("ssl_ecdh_curve", "secp384r1", "prime256v1", "default", ALWAYS),
    ("ssl_ecdh_curve", "auto", "secp384r1", "default", ALWAYS),
    ("ssl_dhparam", "dh2048.pem", "dh3072.pem", "selected", ALWAYS),
    ("ssl_session_tickets", "on", "off", "both", LEGACY),
    ("ssl_session_tickets", "on", "off", "selected", EARLY),
    ("ssl_session_timeout", "111", "222", "default", ALWAYS),
    ("ssl_session_ticket_key", "a.key", "b.key", "default", ALWAYS),
    ("ssl_session_cache", "none", "shared:X:1m", "default", ALWAYS),
    ("ssl_session_cache", "shared:Y:1m", "shared:X:1m", "default", ALWAYS),
    ("ssl_session_cache", "off", "shared:X:1m", "both", ALWAYS),
    ("ssl_verify_client", "off", "on", "selected", ALWAYS),
    ("ssl_client_certificate", "ca1.crt", "ca2.crt", "selected", ALWAYS),
    ("ssl_trusted_certificate", "ca1.crt", "ca2.crt", "selected", ALWAYS),
    ("ssl_verify_depth", "0", "1", "selected", ALWAYS),
    ("ssl_crl", "a.crl", "b.crl", "selected", ALWAYS),
    ("ssl_stapling", "off", "on", "selected", ALWAYS),
    ("ssl_buffer_size", "4k", "8k", "selected", ALWAYS),
    ("ssl_early_data", "off", "on", "default", ALWAYS[1:]),
    ("ssl_reject_handshake", "off", "on", "selected", ALWAYS[2:]),
    ("ssl_conf_command", "Groups P-384", "Groups P-256", "default", ALWAYS[2:]),
    ("ssl_conf_command", "Curves P-384", "Curves P-256", "default", ALWAYS[2:]),
    ("ssl_conf_command", "MinProtocol TLSv1.2", "MinProtocol TLSv1.3", "default", ALWAYS[2:]),
    ("ssl_conf_command", "MaxProtocol TLSv1.3", "maxprotocol TLSv1.2", "default", ALWAYS[2:]),
    ("ssl_conf_command", "Protocol ALL", "Protocol -TLSv1.3", "default", LEGACY[2:]),
    ("ssl_conf_command", "Protocol ALL", "Protocol -TLSv1.3", "selected", EARLY),
    ("ssl_conf_command", "Ciphersuites A", "Ciphersuites B", "default", LEGACY[2:]),
    ("ssl_conf_command", "Ciphersuites A", "Ciphersuites B", "selected", EARLY),
    ("ssl_conf_command", "SignatureAlgorithms A", "SignatureAlgorithms B", "selected", ALWAYS[2:]),
    ("ssl_conf_command", "Options -ServerPreference", "Options ServerPreference", "selected", ALWAYS[2:]),
    ("ssl_conf_command", "Options SessionTicket", "Options -SessionTicket", "both", LEGACY[2:]),
    ("ssl_conf_command", "Options SessionTicket", "Options -SessionTicket", "selected", EARLY),
    ("http2", "off", "on", "selected", ("1.25.1", "1.31.4")),
    # Read in the source: the buffer size was not copied before 1.11.10.
    ("ssl_buffer_size", "4k", "8k", "default", ("1.11.9",)),
    ("ssl_buffer_size", "4k", "8k", "selected", ("1.11.10",)),
]


def observations(directive: str, values: tuple[str, str], nginx: str, library: str) -> Iterator[str]:
    """What is in force with (default, selected) as AA, AB, BA, BB."""
    for default, selected in ((0, 0), (0, 1), (1, 0), (1, 1)):
        certificate = "" if directive == "ssl_certificate" else "ssl_certificate x; ssl_certificate_key y;"
        text = "http {"
        for name, which in (("a.test", default), ("b.test", selected)):
            text += f"server {{ listen 443 ssl; server_name {name}; {certificate} {directive} {values[which]}; }}"
        endpoint = meet(state(f"{text} }}", nginx, library), "b.test")
        value = endpoint.in_force(HTTP_DECLARATIONS[directive], platform(nginx, library)).value
        yield repr((value.sni_server, value.default_server) if isinstance(value, Split) else value)


def who(directive: str, values: tuple[str, str], nginx: str, library: str = "OpenSSL 3.0.22") -> str:
    aa, ab, ba, bb = observations(directive, values, nginx, library)
    if aa == ab != ba == bb:
        return "default"
    if aa == ba != ab == bb:
        return "selected"
    return "both" if len({aa, ab, ba, bb}) > 2 else "nobody"


@pytest.mark.parametrize(("directive", "a", "b", "decides", "versions"), TABLE)
def test_who_decides(directive: str, a: str, b: str, decides: str, versions: tuple[str, ...]) -> None:
    assert {nginx: who(directive, (a, b), nginx) for nginx in versions} == dict.fromkeys(versions, decides)


@pytest.mark.parametrize("library", ["OpenSSL 1.1.0l", "OpenSSL 1.0.2k", "LibreSSL 4.3.2"])
def test_without_a_client_hello_callback_the_newest_nginx_decides_as_the_old_ones(library: str) -> None:
    assert who("ssl_protocols", ("TLSv1.2", "TLSv1.1"), "1.31.4", library) == "default"
    assert who("ssl_session_tickets", ("on", "off"), "1.31.4", library) == "both"
    assert who("ssl_conf_command", ("Ciphersuites A", "Ciphersuites B"), "1.31.4", library) == "default"


def test_every_directive_of_the_handshake_is_in_the_table() -> None:
    unseen = {
        *("ssl", "ssl_certificate_key", "ssl_certificate_cache", "ssl_certificate_compression", "ssl_ech_file"),
        *("ssl_ocsp", "ssl_ocsp_cache", "ssl_ocsp_responder", "ssl_password_file"),
        *("ssl_stapling_file", "ssl_stapling_responder", "ssl_stapling_verify"),
        *(declaration.name for declaration in HTTP3),
    }
    assert {*HTTP_DECLARATIONS} - {row[0] for row in TABLE} == unseen
