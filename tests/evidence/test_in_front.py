"""What a configuration says of the connections that reach a socket. What follows from it is in the cases."""

import pytest

from driftscan.evidence.in_front import header_agrees, sends_plain_requests_on
from tests.nginx.trees import state

SITE = "http { server { listen %s ssl proxy_protocol; ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key; } }"
LOCAL = "127.0.0.1:8443"


@pytest.mark.parametrize(
    ("stream", "agrees"),
    [
        ("server { listen 443; proxy_protocol on; proxy_pass 127.0.0.1:8443; }", True),
        ("proxy_protocol on; server { listen 443; proxy_pass $chosen; }", True),
        ("proxy_protocol on; server { listen 443; proxy_protocol off; proxy_pass 127.0.0.1:8443; }", False),
        ("server { listen 443; proxy_pass 127.0.0.1:8443; }", False),
        ("server { listen 443; proxy_protocol on; proxy_pass 127.0.0.1:9443; }", False),
    ],
)
def test_a_header_agrees_when_all_that_lead_to_the_socket_send_it(stream: str, agrees: bool) -> None:
    found = state(f"events {{}} stream {{ {stream} }} {SITE % LOCAL}")
    assert header_agrees(found, next(iter(found.tls_sockets.values()))) is agrees


def test_nothing_is_known_of_what_reaches_other_addresses() -> None:
    found = state(f"events {{}} {SITE % '8443'}")
    assert not header_agrees(found, next(iter(found.tls_sockets.values())))


@pytest.mark.parametrize(
    ("outer", "own", "sent_on"),
    [
        ("error_page 497 https://$host/;", "", True),
        ("error_page 497 https://$host/;", "error_page 404 /x;", False),
        ("", "error_page 404 497 =301 https://$host/;", True),
        ("", "error_page 497 /plain.html;", False),
        ("", "location / { error_page 497 https://$host/; }", False),
        ("", "", False),
    ],
)
def test_plain_requests_are_sent_on_by_the_innermost_error_page_of_the_server(
    outer: str, own: str, sent_on: bool
) -> None:
    found = state(f"events {{}} http {{ {outer} server {{ listen 8443 ssl; {own} }} }}")
    assert sends_plain_requests_on(found, found.servers[0]) is sent_on
