"""Two sites, two people and a package manager: a history whose every commit and finding is counted by hand.

when              who              what                             findings
2024-03-02 10:00  ana              both sites
2024-04-10 11:00  ben              shop: TLS 1.3 alone              high, shop, over
2024-04-12 12:00  ana              shop: TLS 1.2 again
2024-05-20 13:00  ben              blog: without HSTS               low, blog, suppressed
2024-06-01 06:25  package manager  nginx and OpenSSL are upgraded   low, of the host, over at once
2024-06-15 06:25  daily timer      shop: session timeout
2024-07-01 14:00  ana              shop: ciphers                    low, shop, open
2024-07-02 15:00  ben              a file nginx refuses             critical, of the host, over
2024-07-04 15:00  ben              the file is gone again
2024-07-08 16:00  ben              blog: TLS 1.3 alone              high, blog, open
2024-07-09 17:00  ana              shop: includes what is not in /etc
"""

from collections.abc import Callable
from pathlib import Path

from tests.etc import EtcHistory, Person

ANA: Person = ("ana", "ana@host.example")
BEN: Person = ("ben", "ben@host.example")
INSTALLED = (
    "committing changes in /etc after apt run\n\nPackage changes:\n"
    "+libssl1.1 1.1.1n-0+deb11u5 amd64\n+nginx 1.18.0-6 all\n"
)
UPGRADED = (
    "committing changes in /etc after apt run\n\nPackage changes:\n-nginx 1.18.0-6 all\n+nginx 1.22.1-9 all\n"
    "-libssl1.1 1.1.1n-0+deb11u5 amd64\n+libssl3 3.0.9-1 amd64\n"
)
NGINX_CONF = "events {}\nhttp {\n    include /etc/nginx/sites-enabled/*;\n}\n"
SITE = """server {{
    listen {address}:443 ssl;
    server_name {name};
    ssl_certificate /etc/ssl/{name}.pem;
    ssl_certificate_key /etc/ssl/{name}.key;
{settings}}}
"""
SHOP, BLOG, DRAFT = (f"nginx/sites-enabled/{name}" for name in ("shop", "blog", "draft"))
HSTS = "add_header Strict-Transport-Security max-age=31536000"
BOTH, NEW = "ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1.3"
TIMEOUT, CIPHERS = "ssl_session_timeout 1d", "ssl_ciphers HIGH:!kRSA"
DECISION = """[[suppress]]
pattern = "https-gone-under-hsts"
server = "blog.example"
until = 2099-12-31
owner = "ana"
reason = "the blog moves away"
"""
COMMITS = 13
"""Of which eleven tell something about TLS."""


def build(path: Path, commits: int = COMMITS) -> EtcHistory:
    """The history, or so many of its first commits; their ids are the same."""
    etc = EtcHistory(path)
    for one in _commits()[:commits]:
        one(etc)
    return etc


def _site(address: str, name: str, *settings: str) -> str:
    return SITE.format(address=address, name=name, settings="".join(f"    {line};\n" for line in settings))


def shop(*settings: str) -> str:
    return _site("192.0.2.1", "shop.example", *settings)


def blog(*settings: str) -> str:
    return _site("192.0.2.2", "blog.example", *settings)


def _commits() -> "list[Callable[[EtcHistory], object]]":
    return [
        lambda etc: etc.commit({"nginx/nginx.conf": NGINX_CONF}, INSTALLED, "2024-03-01T09:00:00+01:00"),
        lambda etc: etc.commit(
            {SHOP: shop(BOTH, HSTS), BLOG: blog(BOTH, HSTS)}, "both sites", "2024-03-02T10:00:00+01:00", author=ANA
        ),
        lambda etc: etc.commit({SHOP: shop(NEW, HSTS)}, "shop: new clients", "2024-04-10T11:00:00+02:00", author=BEN),
        lambda etc: etc.commit({SHOP: shop(BOTH, HSTS)}, "shop: all clients", "2024-04-12T12:00:00+02:00", author=ANA),
        lambda etc: etc.commit({BLOG: blog(BOTH)}, "blog: tidy up", "2024-05-20T13:00:00+02:00", author=BEN),
        lambda etc: etc.commit({"cron.d/renew": "@daily\n"}, UPGRADED, "2024-06-01T06:25:00+02:00"),
        lambda etc: etc.commit({SHOP: shop(BOTH, HSTS, TIMEOUT)}, "daily autocommit", "2024-06-15T06:25:00+02:00"),
        lambda etc: etc.commit(
            {SHOP: shop(BOTH, HSTS, TIMEOUT, CIPHERS)}, "shop: ciphers", "2024-07-01T14:00:00+02:00", author=ANA
        ),
        lambda etc: etc.commit(
            {DRAFT: "server { listen 192.0.2.3:443 ssl"}, "a draft", "2024-07-02T15:00:00+02:00", author=BEN
        ),
        lambda etc: etc.commit({DRAFT: None}, "no draft", "2024-07-04T15:00:00+02:00", author=BEN),
        lambda etc: etc.commit(
            {"driftscan/suppressions.toml": DECISION}, "live with it", "2024-07-05T15:00:00+02:00", author=ANA
        ),
        lambda etc: etc.commit({BLOG: blog(NEW)}, "blog: new clients", "2024-07-08T16:00:00+02:00", author=BEN),
        lambda etc: etc.commit(
            {SHOP: shop(BOTH, HSTS, TIMEOUT, CIPHERS, "include /usr/share/town/tls.conf")},
            "shop: like the package",
            "2024-07-09T17:00:00+02:00",
            author=ANA,
        ),
    ]
