"""A history whose names, values, messages and paths try to act on a terminal or a page."""

from pathlib import Path

from tests.etc import EtcHistory

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
BIDI = "\u202eevil\u2066"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&"
LONG = "x" * 3000
NGINX_CONF = f"""events {{}}
http {{
    include "conf.d/*.conf";
    server {{
        listen 443 ssl default_server;
        server_name _;
        ssl_certificate /etc/ssl/default.pem;
    }}
    server {{
        listen 443 ssl;
        server_name "{MARKUP.replace('"', "")}" "{BIDI}" "{LONG}.example";
        ssl_certificate "/etc/ssl/{MARKUP.replace('"', "")}{ESCAPE}.pem";
        ssl_ciphers "CIPHERS";
        ssl_session_tickets TICKETS;
    }}
}}
"""


def conf(ciphers: str, tickets: str) -> bytes:
    text = NGINX_CONF.replace("CIPHERS", ciphers).replace("TICKETS", tickets)
    return text.encode() + b"# caf\xe9 \x9b31m\n"


def build(path: Path) -> EtcHistory:
    """Three commits: a server, a breakage of it, and a file that cannot be read."""
    etc = EtcHistory(path)
    person = (f"{MARKUP.replace('<', '').replace('>', '')}{BIDI}", "a@b")
    etc.commit({"nginx/nginx.conf": conf("HIGH", "on")}, "Initial commit", "2020-01-01T00:00:00+00:00")
    etc.commit(
        {"nginx/nginx.conf": conf(f"LOW:{MARKUP.replace(chr(34), '')}{ESCAPE}", "off")},
        f"{MARKUP} {ESCAPE} {BIDI} \u2028\x9b",
        "2020-01-02T00:00:00+00:00",
        author=person,
    )
    etc.commit(
        {b"nginx/conf.d/<b>\xe9\x1b[31m'\".conf": b"server { listen 443 ssl"},
        b"bytes \xff\xfe </pre></script>",
        "2020-01-03T00:00:00+00:00",
    )
    return etc
