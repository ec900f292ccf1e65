import pytest

from driftscan.tls.tickets import tickets
from tests.nginx.trees import MAIN, line, state


@pytest.mark.parametrize(
    ("lines", "on", "by_command"),
    [
        ("", True, False),
        ("ssl_session_tickets off;", False, False),
        ("ssl_conf_command Options -SessionTicket;", False, True),
        ("ssl_session_tickets off; ssl_conf_command options ServerPreference,SessionTicket;", True, True),
        ("ssl_conf_command Options PrioritizeChaCha;", True, False),
        ("ssl_conf_command MinProtocol TLSv1.2;", True, False),
        ("include missing/tickets.conf;", None, False),
    ],
)
def test_a_command_has_the_last_word(lines: str, on: bool | None, by_command: bool) -> None:
    (server,) = state({MAIN: f"http {{ server {{ listen 443 ssl; {lines} }} }}"}).servers
    found = tickets(server)
    assert (found.on, found.by_command) == (on, by_command)


def test_the_line_that_says_so_is_told() -> None:
    text = "http { server {\nssl_session_tickets on;\nssl_conf_command Options -SessionTicket;\n} }"
    (server,) = state({MAIN: text}).servers
    assert tickets(server).places == (line(3),)
