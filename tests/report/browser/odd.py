"""A history whose names look like what a page is made of: selectors, addresses, options, tags, filters."""

from pathlib import Path

from tests.etc import EtcHistory, Person

NAMES = (
    '"]',
    "#?q=shop",
    "</option>",
    "'><svg onload=alert(1)>",
    "</datalist><script>alert(2)</script>",
    "&amp;quot;",
    "a%20b&severity=low",
    "__proto__",
    "0-3 7",
    "javascript:alert(3)",
    "{{ 7 * 7 }}",
    "\u202egnp.exe",
    "\x1b[31mred",
    "x" * 900,
)
SITE = """server {{
    listen 443 ssl{default};
    server_name {name};
    ssl_certificate /etc/ssl/one.pem;
    ssl_certificate_key /etc/ssl/one.key;
    ssl_session_timeout {timeout};
}}
"""


def build(path: Path) -> EtcHistory:
    """A server of each name, and then a commit that changes each, made by somebody of that name."""
    etc = EtcHistory(path)
    etc.commit({"nginx/nginx.conf": "events {}\nhttp { include conf.d/*; }\n"}, "start", "2024-01-01T00:00:00+00:00")
    etc.commit(
        {_file(number): _site(number, "5m") for number in range(len(NAMES))}, "sites", "2024-01-02T00:00:00+00:00"
    )
    for number, name in enumerate(NAMES):
        person: Person = (name.replace("<", "(").replace(">", ")").strip() or "nobody", "a@b")
        etc.commit({_file(number): _site(number, "1d")}, name, f"2024-02-{number + 1:02}T00:00:00+00:00", author=person)
    return etc


def _file(number: int) -> str:
    return f"nginx/conf.d/{number:02}-{NAMES[number][:60].replace('/', '_')}"


def _site(number: int, timeout: str) -> str:
    # As nginx reads a string: what would end it or mean something in it is escaped.
    name = NAMES[number].replace("\\", "\\\\").replace('"', '\\"')
    return SITE.format(default=" default_server" if number == 0 else "", name=f'"{name}"', timeout=timeout)
