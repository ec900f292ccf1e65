"""What a raw difference shows of /etc, and what it never shows."""

import pytest

from driftscan.history.redact import HIDDEN
from driftscan.report.rawdiff import diff_lines

HEAD = "diff --git a/nginx/x b/nginx/x\nindex 1..2 100644\n--- a/nginx/x\n+++ b/nginx/x\n@@ -1 +1,2 @@\n"


def shown(body: str) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in diff_lines(HEAD + body)][5:]


def test_lines_are_told_from_headers_by_where_they_stand() -> None:
    body = " kept\n--- a comment in nginx\n+\tssl_ciphers HIGH:!aNULL;\n"
    assert shown(body) == [
        ("same", " kept"),
        ("removed", "--- a comment in nginx"),
        ("added", "+        ssl_ciphers HIGH:!aNULL;"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('proxy_set_header Authorization "Basic YTpi";', "proxy_set_header Authorization ***;"),
        ("    proxy_set_header X-Api-Key abc;", "    proxy_set_header X-Api-Key ***;"),
        ("set $backend_token abc;", "set $backend_token ***;"),
        ("secure_link_secret word;", "secure_link_secret ***;"),
        ("fastcgi_param DB_PASSWORD 'a;b';", "fastcgi_param DB_PASSWORD ***;"),
        ("proxy_pass http://user:pass@backend;", "proxy_pass http://***@backend;"),
        ("ssl_session_tickets off;", "ssl_session_tickets off;"),
        ("ssl_session_ticket_key /etc/nginx/ticket.key;", "ssl_session_ticket_key /etc/nginx/ticket.key;"),
        ("add_header Strict-Transport-Security max-age=1;", "add_header Strict-Transport-Security max-age=1;"),
    ],
)
def test_credentials_are_hidden_and_settings_are_not(line: str, expected: str) -> None:
    assert shown(f"+{line}\n") == [("added", f"+{expected}")]


def test_a_private_key_is_not_shown_whatever_the_file_is_called() -> None:
    key = "+-----BEGIN RSA PRIVATE KEY-----\n+MIIEow\n+-----END RSA PRIVATE KEY-----\n"
    lines = [line.text for line in diff_lines(HEAD + key + HEAD.replace("nginx/x", "nginx/y") + "+listen 443 ssl;\n")]
    assert lines[:2] == ["diff --git a/nginx/x b/nginx/x", "[holds a private key: not shown]"]
    assert lines[2] == "diff --git a/nginx/y b/nginx/y"
    assert not any("MIIE" in line for line in lines)
    assert lines[-1] == "+listen 443 ssl;"


def test_of_many_lines_of_which_nothing_is_left_one_says_how_many() -> None:
    body = "".join(f"+MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJ{number}\n" for number in range(9))
    diff = f"diff --git a/x b/x\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,9 @@\n{body}+listen 443;\n"
    assert [line.text for line in diff_lines(diff)][4:] == [f"+{HIDDEN} (9 lines)", "+listen 443;"]
    assert [line.place for line in diff_lines(diff)][4:] == ["", "x:10"]
