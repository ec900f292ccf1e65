"""A small founding incident: certbot's file turns session tickets off under a default server that has them on."""

from datetime import UTC, datetime
from pathlib import Path

from driftscan.drift.chronicle import Witness
from driftscan.drift.scan import Outcome, Scan, finish
from driftscan.history.observe import Observer
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.patterns.catalogue import catalogue
from driftscan.report.about import lines_of
from driftscan.report.rows import Extent, Request
from tests.etc import EtcHistory

GENERATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MINA = ("mina", "mina@web1.example.jp")
OPTIONS = "letsencrypt/options-ssl-nginx.conf"
DEFAULT = "nginx/conf.d/000-default.conf"
INSTALLED = (
    "committing changes in /etc after apt run\n\nPackage changes:\n"
    "+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64\n+nginx-core 1.10.3-0ubuntu0.16.04.3 amd64\n"
)
NGINX_CONF = """events {}
http {
    include /etc/nginx/conf.d/*.conf;
}
"""
DEFAULT_SERVER = """server {
    listen 443 ssl default_server;
    server_name _;
    ssl_certificate /etc/ssl/default.pem;
    ssl_certificate_key /etc/ssl/default.key;
}
"""
LIKE_THE_SITES = """    ssl_session_tickets off;
    ssl_session_cache shared:le_nginx_SSL:10m;
"""
"""What mends it: without the cache of the sites, nobody could resume a session any more."""
SITE = """server {{
    listen 443 ssl;
    server_name {name} www.{name};
    ssl_certificate /etc/ssl/{name}.pem;
    ssl_certificate_key /etc/ssl/{name}.key;
    include /etc/letsencrypt/options-ssl-nginx.conf;
}}
"""


def build(path: Path) -> EtcHistory:
    """The history up to the commit that mended it."""
    etc = EtcHistory(path)
    etc.commit({"nginx/nginx.conf": NGINX_CONF}, INSTALLED, "2019-05-10T10:16:22+09:00")
    etc.commit(
        {
            DEFAULT: DEFAULT_SERVER,
            "nginx/conf.d/blog.conf": SITE.format(name="blog.example.jp"),
            "nginx/conf.d/shop.conf": SITE.format(name="shop.example.jp"),
            OPTIONS: "ssl_session_cache shared:le_nginx_SSL:1m;\n",
        },
        "nginx: shop and blog",
        "2019-06-18T06:31:47+09:00",
        author=MINA,
    )
    etc.commit(
        {OPTIONS: "ssl_session_cache shared:le_nginx_SSL:10m;\nssl_session_tickets off;\n"},
        "daily autocommit",
        "2019-07-13T03:17:02+09:00",
    )
    etc.commit(
        {DEFAULT: DEFAULT_SERVER.replace("}", f"{LIKE_THE_SITES}}}")},
        "nginx: session tickets off in the default server too",
        "2019-07-13T10:48:30+09:00",
        author=MINA,
    )
    return etc


def scan(path: Path, selection: Selection | None = None) -> tuple[Outcome, Request]:
    """The outcome of a history, and a request that says the same on every machine."""
    with Repository.open(path) as repository:
        segment = repository.select(selection or Selection())
        witness = Witness()
        matchers = tuple(entry.matcher for entry in catalogue())
        outcome = finish(Scan(repository, segment, matchers, Observer(repository.read), witness=witness))
        diffs: dict[str, str] = {
            step.commit.id: repository.raw_diff(step.commit.id, step.paths) for step in outcome.steps
        }
        request = Request(
            path="/etc",
            head=repository.head,
            range_line="the whole history",
            generated=GENERATED,
            version="0.1.0",
            extent=Extent.WHOLE,
            diffs=diffs,
            chronicle=witness.chronicle,
            sources={} if outcome.state is None else lines_of(outcome.state, repository.tree(repository.head)),
        )
    return outcome, request
