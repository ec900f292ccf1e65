"""The founding incident, committed by a real etckeeper: one night certbot's options file got a line more.

Nothing in the diff of that commit names the default server, `nginx -t` is content, and every browser fails.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from driftscan.drift.changes import Scope, SettingChanged
from driftscan.drift.findings import Certainty, FindingState, Severity
from driftscan.drift.scan import Outcome, Step
from driftscan.history.etckeeper import MadeBy, origin
from driftscan.nginx.config import Location
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.patterns.catalogue import catalogue
from tests.corpus.conftest import existing
from tests.drift.trees import ANY4, ANY6
from tests.drift.walks import told, walk
from tests.etc import ENVIRONMENT

pytestmark = pytest.mark.etckeeper

OPTIONS = "letsencrypt/options-ssl-nginx.conf"
SITES = "nginx/sites-available"
MAIN = """\
user www-data;
events { worker_connections 768; }
http {
    access_log /var/log/nginx/access.log;
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}
"""
DEFAULT = """\
server {
    listen 443 ssl default_server;
    listen [::]:443 ssl default_server;
    server_name _;
    ssl_certificate /etc/ssl/certs/host.pem;
    ssl_certificate_key /etc/ssl/private/host.key;
    return 404;
}
"""
HOST = """\
server {{
    listen 80;
    server_name {name};
    return 301 https://$host$request_uri;
}}
server {{
    listen 443 ssl; # managed by a program
    listen [::]:443 ssl;
    server_name {name} www.{name};
    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;
    include /etc/letsencrypt/options-ssl-nginx.conf;
    root /srv/{name};
}}
"""
OPTIONS_BEFORE = """\
# Written by a program. Change it, and it will not be updated any more.

ssl_session_cache shared:le_nginx_SSL:1m;
ssl_session_timeout 1440m;

ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
ssl_prefer_server_ciphers on;
"""
OPTIONS_AFTER = OPTIONS_BEFORE.replace("SSL:1m;", "SSL:10m;").replace("1440m;\n", "1440m;\nssl_session_tickets off;\n")
RENEWAL = "# renew_before_expiry = 30 days\nversion = {}\narchive_dir = /etc/letsencrypt/archive/shop.example\n"
INSTALLED = """\
committing changes in /etc made by "apt install nginx"

Package changes:
+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64
+nginx-core 1.10.3-0ubuntu0.16.04.4 amd64
"""


@dataclass(frozen=True, slots=True)
class Host:
    """An /etc that a real etckeeper keeps."""

    top: Path
    home: Path

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def etckeeper(self, verb: str, *arguments: str, when: str) -> str:
        """Run etckeeper as root would have run it then, with nothing of the caller's own git.

        It looks for `-d` right after the verb and nowhere else, and without one it takes the real /etc; so the place
        is named twice, and a test that forgets one of them still stays where it belongs.
        """
        environment = {
            **ENVIRONMENT,
            "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "ETCKEEPER_CONF_DIR": str(self.home / "etckeeper"),
            "ETCKEEPER_DIR": str(self.top),
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
            "TZ": "Asia/Tokyo",
        }
        command = ["etckeeper", verb, "-d", str(self.top), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def commit(self, message: str, when: str, files: Mapping[str, str]) -> None:
        self.write(files)
        self.etckeeper("commit", message, when=when)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The week around the incident, as etckeeper recorded it."""
    place = tmp_path_factory.mktemp("host")
    host = Host(place / "etc", place / "home")
    host.home.mkdir()
    _configure(host)
    host.write(
        {
            "nginx/nginx.conf": MAIN,
            f"{SITES}/default": DEFAULT,
            f"{SITES}/shop.example": HOST.format(name="shop.example"),
            f"{SITES}/wiki.example": HOST.format(name="wiki.example"),
            OPTIONS: OPTIONS_BEFORE,
            "letsencrypt/renewal/shop.example.conf": RENEWAL.format("0.35.1"),
            "hostname": "web\n",
        }
    )
    (host.top / "nginx/sites-enabled").mkdir()
    for name in ("default", "shop.example", "wiki.example"):
        (host.top / "nginx/sites-enabled" / name).symlink_to(f"/etc/{SITES}/{name}")
    host.etckeeper("init", when="2019-07-01T10:00:00+0900")
    # Nothing is committed before it is certain where.
    assert host.etckeeper("vcs", "rev-parse", "--show-toplevel", when="").strip() == str(host.top)
    host.commit(INSTALLED, "2019-07-01T10:05:00+0900", {"apt/installed": "nginx\n"})
    host.commit("daily autocommit", "2019-07-05T06:25:00+0900", {"hostname": "web1\n"})
    host.commit("open another directory", "2019-07-10T15:00:00+0900", {"nginx/proxy_params": "proxy_buffering on;\n"})
    host.commit(
        "daily autocommit",
        "2019-07-13T06:25:00+0900",
        {OPTIONS: OPTIONS_AFTER, "letsencrypt/renewal/shop.example.conf": RENEWAL.format("0.36.0")},
    )
    host.commit("daily autocommit", "2019-07-14T06:25:00+0900", {"motd": "maintenance\n"})
    host.commit(
        "tickets off in the default server too",
        "2019-07-14T11:30:00+0900",
        {f"{SITES}/default": DEFAULT.replace("    return", "    ssl_session_tickets off;\n    return")},
    )
    return host


def _configure(host: Host) -> None:
    """etckeeper's own settings, so that the machine's do not count; its scripts are the installed ones."""
    installed = Path("/etc/etckeeper")
    own = host.home / "etckeeper"
    own.mkdir()
    for entry in installed.iterdir():
        if entry.name.endswith(".d"):
            (own / entry.name).symlink_to(entry)
    (own / "etckeeper.conf").write_text(
        "VCS=git\nHIGHLEVEL_PACKAGE_MANAGER=apt\nLOWLEVEL_PACKAGE_MANAGER=dpkg\nPUSH_REMOTE=\n"
        "AVOID_DAILY_AUTOCOMMITS=0\nGIT_COMMIT_OPTIONS=\n"
    )


@pytest.fixture(scope="module")
def outcome(host: Host) -> Outcome:
    return walk(existing(host.top))


def test_two_of_six_commits_changed_anything(outcome: Outcome) -> None:
    assert [step.commit.subject for step in outcome.steps] == [
        "daily autocommit",
        "tickets off in the default server too",
    ]
    assert (outcome.commits, outcome.gaps) == (6, ())


def test_nothing_critical_is_left_and_one_cause_was_critical(outcome: Outcome) -> None:
    """With tickets off and no cache in the default server nobody resumes a session: slower, and all that is left."""
    assert [(life.finding.pattern, str(life.finding.hit.subject), life.finding.severity) for life in outcome.open] == [
        ("session-cache-ignored", socket, Severity.LOW) for socket in ("0.0.0.0:443", "[::]:443")
    ]
    critical = {
        event.finding.pattern
        for step in outcome.steps
        for event in step.findings
        if event.finding.severity > Severity.LOW
    }
    assert critical == {"session-tickets-mismatch"}


@pytest.fixture
def night(outcome: Outcome) -> Step:
    return outcome.steps[0]


@pytest.fixture
def fix(outcome: Outcome) -> Step:
    return outcome.steps[1]


def test_the_daily_commit_brought_it_to_both_sites(night: Step) -> None:
    assert origin(night.commit).made_by is MadeBy.DAILY
    line = OPTIONS_AFTER.splitlines().index("ssl_session_tickets off;") + 1
    for event, name in zip(night.findings, ("shop.example", "wiki.example"), strict=True):
        finding = event.finding
        assert (event.state, finding.pattern, str(finding.hit.subject)) == (
            "introduced",
            "session-tickets-mismatch",
            f"{name}:443",
        )
        assert (finding.severity, finding.certainty, finding.hit.variant) == (
            Severity.CRITICAL,
            Certainty.CERTAIN,
            "breaks",
        )
        assert finding.hit.evidence == (Location(OPTIONS, line), Location(f"{SITES}/default", 2))


def test_it_names_the_default_server_that_no_diff_names(night: Step) -> None:
    (entry,) = (entry for entry in catalogue() if entry.id == "session-tickets-mismatch")
    assert [entry.because(event.finding.hit) for event in night.findings] == [
        f"{name}:443 has session tickets off, but the default server of its socket, _:443, has them on: "
        "with OpenSSL 1.0.2g, browsers cannot connect."
        for name in ("shop.example", "wiki.example")
    ]
    # Of the renewal, driftscan reads how and by which certbot it is done.
    assert night.paths == (OPTIONS, "letsencrypt/renewal/shop.example.conf")


def test_what_ran_that_night_is_known(night: Step) -> None:
    assert (str(night.platform.nginx.version), str(night.platform.versions[1])) == ("1.10.3", "OpenSSL 1.0.2g")
    assert night.platform.certbot is not None
    assert night.platform.certbot.version == "0.36.0"


def test_the_bigger_cache_is_a_change_and_no_finding(night: Step) -> None:
    caches = [
        change
        for change in night.changes
        if isinstance(change, SettingChanged) and change.directive == "ssl_session_cache"
    ]
    assert [(str(change.subject), change.scope, change.in_force) for change in caches] == [
        ("shop.example:443", Scope.CONFIGURED, False),
        ("wiki.example:443", Scope.CONFIGURED, False),
    ]
    sizes = [
        side.value.zone.bytes
        for side in (caches[0].before, caches[0].after)
        if isinstance(side.value, SessionCache) and side.value.zone
    ]
    assert sizes == [1024**2, 10 * 1024**2]


def test_every_name_on_both_sockets_meets_the_change(night: Step) -> None:
    met = [line for line in told(night) if line.endswith("ssl_session_tickets") and " on " in line]
    assert met == [
        f"SettingChanged {name} on {socket}:443 ssl_session_tickets"
        for socket in (ANY4, ANY6)
        for name in ("shop.example", "wiki.example", "www.shop.example", "www.wiki.example")
    ]


def test_the_fix_ends_it(fix: Step) -> None:
    assert origin(fix.commit).made_by is MadeBy.PERSON
    assert [(event.state, event.finding.pattern, str(event.finding.hit.subject)) for event in fix.findings] == [
        ("introduced", "session-cache-ignored", "0.0.0.0:443"),
        ("introduced", "session-cache-ignored", "[::]:443"),
        ("resolved", "session-tickets-mismatch", "shop.example:443"),
        ("resolved", "session-tickets-mismatch", "wiki.example:443"),
    ]


def test_the_window_is_from_the_commit_before_the_night_to_the_fix(night: Step, fix: Step) -> None:
    ended = [event.life for event in fix.findings if event.state is FindingState.RESOLVED]
    assert len(ended) == 2
    for life in ended:
        assert life.introduced is not None
        assert life.introduced_not_before is not None
        assert life.resolved is not None
        assert [moment.committed for moment in (life.introduced_not_before, life.introduced, life.resolved)] == [
            datetime.fromisoformat(moment)
            for moment in ("2019-07-10T15:00:00+09:00", "2019-07-13T06:25:00+09:00", "2019-07-14T11:30:00+09:00")
        ]
        assert night.commit == life.introduced


def test_etckeeper_itself_is_content(host: Host) -> None:
    """The walk left nothing behind that etckeeper would commit."""
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=host.top, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""
    assert json.dumps(sorted(path.name for path in host.top.iterdir() if path.name.startswith("."))) == (
        '[".etckeeper", ".git", ".gitignore"]'
    )
