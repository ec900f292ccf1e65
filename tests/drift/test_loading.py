"""Commits after which nginx would refuse the configuration, and those that mend it."""

import pytest

from driftscan.drift.changes import LoadChanged
from driftscan.drift.compare import compare
from driftscan.drift.findings import Certainty, FindingState
from driftscan.drift.loading import configuration, refusal
from driftscan.drift.query import Query, select
from driftscan.drift.scan import Outcome
from driftscan.drift.subjects import ConfigurationSubject
from driftscan.history.observe import NO_OPTIONS, Options
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.loadtest import Load, Message
from tests.drift.trees import CERTIFIED, MAIN, http, platform, state
from tests.drift.walks import in_words, said, told, walk
from tests.etc import Content, EtcHistory, Link

KEPT: dict[str, Content] = {".etckeeper": "mkdir -p './nginx'\n"}
"""etckeeper's own file: what such a tree lacks, the host lacks."""
SITES = "events {}\nhttp {\n    ssl_certificate /srv/a.pem; ssl_certificate_key /srv/a.key;\n    include sites/*;\n}\n"
DEFAULT = "server {\n    listen 443 ssl default_server;\n    server_name _;\n}\n"
SHOP = "server {\n    listen 443 ssl;\n    server_name shop.example;\n%s}\n"
GOOD: dict[str, Content] = {MAIN: SITES, "nginx/sites/default": DEFAULT, "nginx/sites/shop": SHOP % "", **KEPT}
OLD = Options(NginxVersion(1, 22, 1), Library.parse("3.0.11"))
ID = "nginx-refuses-configuration"


def there_and_back(etc: EtcHistory, broken: dict[str, Content], options: Options = OLD, **more: Content) -> Outcome:
    """A good tree, the same with some files broken, and the good one again."""
    good: dict[str, Content] = {**GOOD, **more}
    etc.commit(good)
    etc.commit(broken)
    etc.commit({path: good.get(path) for path in broken})
    return walk(etc, options=options)


MAYBE = '[emerg] invalid value "maybe" in "ssl_session_tickets" directive, it must be "on" or "off"'
BREAKAGES: dict[str, tuple[dict[str, Content], str]] = {
    "a second default server": (
        {"nginx/sites/default~": DEFAULT},
        "[emerg] a duplicate default server for 0.0.0.0:443 in nginx/sites/default~:2",
    ),
    "a directive that nobody knows": (
        {"nginx/sites/shop": SHOP % "    SSL_protocols TLSv1.3;\n"},
        '[emerg] unknown directive "SSL_protocols" in nginx/sites/shop:4',
    ),
    "a directive in the wrong place": (
        {"nginx/sites/shop": SHOP % "    location / {\n        ssl_protocols TLSv1.3;\n    }\n"},
        '[emerg] "ssl_protocols" directive is not allowed here in nginx/sites/shop:5',
    ),
    "a directive twice": (
        {"nginx/sites/shop": SHOP % "    ssl_ciphers HIGH;\n    ssl_ciphers HIGH;\n"},
        '[emerg] "ssl_ciphers" directive is duplicate in nginx/sites/shop:5',
    ),
    "a value that means nothing": (
        {"nginx/sites/shop": SHOP % "    ssl_session_tickets maybe;\n"},
        f"{MAYBE} in nginx/sites/shop:4",
    ),
    "a directive of a newer nginx": (
        {"nginx/sites/shop": SHOP % "    http2 on;\n"},
        '[emerg] unknown directive "http2" in nginx/sites/shop:4',
    ),
    "a semicolon that is missing": (
        {"nginx/sites/shop": SHOP % "    ssl_session_tickets off\n    ssl_session_timeout 1d;\n"},
        '[emerg] invalid number of arguments in "ssl_session_tickets" directive in nginx/sites/shop:5',
    ),
    "a semicolon that is missing at the end": (
        {"nginx/sites/shop": SHOP % "    ssl_session_tickets off\n"},
        '[emerg] unexpected "}" in nginx/sites/shop:5',
    ),
    "a brace that is missing": (
        {"nginx/sites/shop": (SHOP % "").removesuffix("}\n")},
        '[emerg] unexpected end of file, expecting "}" in nginx/sites/shop:4',
    ),
    "an include that names nothing": (
        {"nginx/sites/shop": SHOP % "    include snippets/tls.conf;\n"},
        '[emerg] open() "/etc/nginx/snippets/tls.conf" failed (2: No such file or directory) in nginx/sites/shop:4',
    ),
    "a link that leads nowhere": (
        {"nginx/sites/wiki": Link("../sites-available/wiki")},
        '[emerg] open() "/etc/nginx/sites/wiki" failed (2: No such file or directory) in nginx/nginx.conf:4',
    ),
    "a directory among the sites": (
        {"nginx/sites/old/shop": ""},
        '[crit] pread() "/etc/nginx/sites/old" failed (21: Is a directory)',
    ),
    "a certificate that is not there": (
        {"nginx/sites/shop": SHOP % "    ssl_certificate tls/shop.pem;\n    ssl_certificate_key /srv/shop.key;\n"},
        '[emerg] cannot load certificate "/etc/nginx/tls/shop.pem": BIO_new_file() failed',
    ),
    "a cipher string without ciphers": (
        {"nginx/sites/shop": SHOP % "    ssl_ciphers NONSENSE;\n"},
        '[emerg] SSL_CTX_set_cipher_list("NONSENSE") failed',
    ),
    "no events": (
        {MAIN: SITES.removeprefix("events {}\n")},
        '[emerg] no "events" section in configuration',
    ),
}


@pytest.mark.parametrize(("broken", "says"), BREAKAGES.values(), ids=BREAKAGES)
def test_a_breakage_and_its_cure_are_told_with_nginx_s_words(
    etc: EtcHistory, broken: dict[str, Content], says: str
) -> None:
    outcome = there_and_back(etc, broken)
    load = [[line for line in told(step) if line.startswith("LoadChanged")] for step in outcome.steps]
    assert load == [[f"LoadChanged {MAIN}: loads -> {says}"], [f"LoadChanged {MAIN}: {says} -> loads"]]
    assert [said(step.findings) for step in outcome.steps] == [
        [f"introduced {ID} {MAIN} x1"],
        [f"resolved {ID} {MAIN} x1"],
    ]
    assert outcome.open == ()


def test_a_load_change_says_all_that_nginx_says_before_and_after(etc: EtcHistory) -> None:
    backup: dict[str, Content] = {"nginx/sites/default~": DEFAULT.replace("443 ssl", "443 ssl http2")}
    broken, mended = there_and_back(etc, backup).steps
    granted = ("/srv/a.pem", "/srv/a.key")
    fine = Load(granted=granted)
    refused = Load(
        Message("emerg", "a duplicate default server for 0.0.0.0:443", Location("nginx/sites/default~", 2)),
    )
    subject = ConfigurationSubject(MAIN)
    assert [change for change in broken.changes if isinstance(change, LoadChanged)] == [
        LoadChanged(subject, fine, refused)
    ]
    assert [change for change in mended.changes if isinstance(change, LoadChanged)] == [
        LoadChanged(subject, refused, fine)
    ]


def test_the_finding_lives_from_the_commit_that_breaks_to_the_one_that_mends(etc: EtcHistory) -> None:
    before = etc.commit(GOOD)
    broken = etc.commit({"nginx/sites/default~": DEFAULT})
    etc.commit({"motd": "nobody has looked yet"})
    other = etc.commit({"nginx/sites/shop": SHOP % "    ssl_ciphers HIGH;\n    ssl_ciphers HIGH;\n"})
    still = etc.commit({"nginx/sites/default~": None})
    mended = etc.commit({"nginx/sites/shop": SHOP % "    ssl_ciphers HIGH;\n"})
    again = etc.commit({"nginx/sites/default~": DEFAULT})
    outcome = walk(etc, options=OLD)
    events = [(step.commit.id, event) for step in outcome.steps for event in step.findings]
    assert [(commit, event.state, event.finding.pattern) for commit, event in events] == [
        (broken, FindingState.INTRODUCED, ID),
        (mended, FindingState.RESOLVED, ID),
        (again, FindingState.RETURNED, ID),
    ]
    ended = events[1][1].life
    assert ended.introduced is not None
    assert ended.introduced_not_before is not None
    assert ended.resolved is not None
    assert (ended.introduced_not_before.id, ended.introduced.id, ended.resolved.id) == (before, broken, mended)
    # Another line is the reason meanwhile: nginx has not loaded it since.
    assert [life.finding.hit.evidence for life in walk(etc, options=OLD, tip=other).open] == [
        (Location("nginx/sites/default~", 2), Location("nginx/sites/default", 2))
    ]
    assert [life.finding.hit.evidence for life in walk(etc, options=OLD, tip=still).open] == [
        (Location("nginx/sites/shop", 5), Location("nginx/sites/shop", 4))
    ]
    assert [life.times for life in outcome.open] == [2]


def test_what_is_refused_from_the_start_is_open_and_nobodys_doing(etc: EtcHistory) -> None:
    etc.commit({**GOOD, "nginx/sites/default~": DEFAULT})
    (life,) = walk(etc, options=OLD).open
    assert (life.finding.pattern, life.introduced) == (ID, None)


def test_a_server_that_nginx_has_not_loaded_yet_is_told_all_the_same(etc: EtcHistory) -> None:
    etc.commit(GOOD)
    etc.commit({"nginx/sites/wiki": (SHOP % "    ssl_ciphers NONSENSE;\n").replace("shop", "wiki")})
    (step,) = walk(etc, options=OLD).steps
    assert told(step) == [
        f'LoadChanged {MAIN}: loads -> [emerg] SSL_CTX_set_cipher_list("NONSENSE") failed',
        "ServerAdded wiki.example:443",
    ]


# ---------------------------------------------------------------------- files that a history need not have

CERTBOT = SHOP % "    ssl_certificate %s/fullchain.pem;\n    ssl_certificate_key %s/privkey.pem;\n".replace(
    "%s", "/etc/letsencrypt/live/shop"
)
MISSING = '[emerg] cannot load certificate "/etc/letsencrypt/live/shop/fullchain.pem": BIO_new_file() failed'
PAIR: dict[str, Content] = {
    "letsencrypt/archive/shop/fullchain1.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "letsencrypt/archive/shop/privkey1.pem": "a key",
    "letsencrypt/live/shop/fullchain.pem": Link("../../archive/shop/fullchain1.pem"),
    "letsencrypt/live/shop/privkey.pem": Link("../../archive/shop/privkey1.pem"),
}


SIBLING: dict[str, Content] = {"letsencrypt/live/shop/README": "what is in here"}
"""Of this directory something is committed: it is not left out as a whole."""


def loads(etc: EtcHistory, options: Options = OLD) -> list[str]:
    """The load changes of a whole history."""
    return [
        line.partition(": ")[2] for step in walk(etc, options=options).steps for line in told(step) if "Load" in line
    ]


def test_a_certificate_that_goes_away_with_its_link_and_comes_back(etc: EtcHistory) -> None:
    etc.commit({**GOOD, **PAIR, "nginx/sites/shop": CERTBOT})
    etc.commit({"letsencrypt/archive/shop/fullchain1.pem": None})
    etc.commit({"letsencrypt/archive/shop/fullchain1.pem": PAIR["letsencrypt/archive/shop/fullchain1.pem"]})
    etc.commit({"letsencrypt/live/shop/fullchain.pem": None})
    assert loads(etc) == [f"loads -> {MISSING}", f"{MISSING} -> loads", f"loads -> {MISSING}"]


@pytest.mark.parametrize(
    "ignores",
    [
        {".gitignore": "letsencrypt/\n"},
        {".gitignore": "*.pem\n"},
        {"letsencrypt/.gitignore": "/live/\n/archive/\n"},
    ],
    ids=str,
)
def test_a_certificate_that_git_ignores_is_not_known_to_be_missing(etc: EtcHistory, ignores: dict[str, str]) -> None:
    etc.commit({**GOOD, **SIBLING, **ignores})
    etc.commit({"nginx/sites/shop": CERTBOT})
    outcome = walk(etc, options=OLD)
    assert loads(etc) == []
    assert [said(step.findings) for step in outcome.steps] == [[]]
    assert outcome.state is not None
    assert outcome.state.load == Load(
        granted=(
            "/srv/a.pem",
            "/srv/a.key",
            "/etc/letsencrypt/live/shop/fullchain.pem",
            "/etc/letsencrypt/live/shop/privkey.pem",
        )
    )


def test_a_rule_that_goes_away_makes_it_known(etc: EtcHistory) -> None:
    etc.commit({**GOOD, **SIBLING, ".gitignore": "letsencrypt/\n", "nginx/sites/shop": CERTBOT})
    etc.commit({".gitignore": "*.swp\n"})
    assert loads(etc) == [f"loads -> {MISSING}"]


def test_a_directory_of_which_nothing_was_ever_committed_may_be_left_out_by_other_means(etc: EtcHistory) -> None:
    etc.commit(GOOD)
    etc.commit({"nginx/sites/shop": CERTBOT})
    assert loads(etc) == []


def test_without_etckeeper_nothing_is_known_to_be_missing(etc: EtcHistory) -> None:
    etc.commit({**GOOD, ".etckeeper": None})
    etc.commit({"nginx/sites/shop": CERTBOT.replace("}", "    include snippets/tls.conf;\n}")})
    assert loads(etc) == []


def test_what_lies_outside_is_taken_for_granted(etc: EtcHistory) -> None:
    etc.commit(GOOD)
    lines = "    ssl_dhparam /srv/dh.pem;\n    ssl_session_ticket_key /srv/t;\n"
    main = SITES.replace("include", "include /usr/share/nginx/tls.conf;\n    include")
    etc.commit({MAIN: main, "nginx/sites/shop": SHOP % lines})
    outcome = walk(etc, options=OLD)
    assert loads(etc) == []
    assert outcome.state is not None
    assert (outcome.state.load.ok, outcome.state.load.granted) == (
        True,
        ("/usr/share/nginx/tls.conf", "/srv/a.pem", "/srv/a.key", "/srv/dh.pem", "/srv/t"),
    )


# ---------------------------------------------------------------------- what depends on the release

HTTP2: dict[str, Content] = {"nginx/sites/shop": SHOP % "    http2 on;\n"}
DAY_OF_1_24 = "2024-01-01T00:00:00+00:00"
"""A day on which 1.24 is the newest stable nginx."""


def test_a_directive_that_a_known_release_lacks_is_refused_for_certain(etc: EtcHistory) -> None:
    etc.commit(GOOD)
    etc.commit(HTTP2)
    (life,) = walk(etc, options=Options(NginxVersion(1, 25, 0))).open
    assert (life.finding.certainty, life.finding.hit.variant, life.finding.hit.facts) == (
        Certainty.CERTAIN,
        "newer",
        (
            ("level", "emerg"),
            ("message", 'unknown directive "http2"'),
            ("what", "the directive http2"),
            ("nginx", "1.25.0"),
            ("place", "nginx/sites/shop:4"),
            ("cure", "write `http2` in the server's `listen ... ssl` lines in place of it"),
            ("release", "1.25.1"),
        ),
    )
    assert walk(etc, options=Options(NginxVersion(1, 25, 1))).open == ()


def test_a_directive_that_an_assumed_release_lacks_is_a_doubt_and_no_refusal(etc: EtcHistory) -> None:
    etc.commit(GOOD, when=DAY_OF_1_24)
    etc.commit(HTTP2, when=DAY_OF_1_24)
    outcome = walk(etc, options=NO_OPTIONS)
    assert loads(etc, NO_OPTIONS) == []
    assert outcome.open == ()
    assert outcome.state is not None
    load = outcome.state.load
    assert (outcome.state.platform.nginx.version, load.ok, load.refusal) == (NginxVersion(1, 24, 0), None, None)
    assert [(doubt.reason, doubt.at) for doubt in load.doubts] == [
        ('unknown directive "http2", if nginx is the release that is assumed', Location("nginx/sites/shop", 4))
    ]


def test_what_every_release_refuses_is_refused_on_an_assumed_one_too(etc: EtcHistory) -> None:
    etc.commit(GOOD, when=DAY_OF_1_24)
    etc.commit({"nginx/sites/default~": DEFAULT}, when=DAY_OF_1_24)
    (life,) = walk(etc, options=NO_OPTIONS).open
    assert (life.finding.pattern, life.finding.certainty) == (ID, Certainty.CERTAIN)
    assert life.finding.hit.variant == "default-server"


def test_what_a_distribution_ships_is_no_more_than_likely(etc: EtcHistory) -> None:
    etc.commit({**GOOD, "debian_version": "12.5\n"})
    etc.commit(HTTP2)
    (life,) = walk(etc, options=NO_OPTIONS).open
    assert (life.finding.pattern, life.finding.certainty) == (ID, Certainty.ASSUMED)


def packages(*lines: str) -> str:
    return "\n".join(['committing changes in /etc made by "apt upgrade"', "", "Package changes:", *lines, ""])


def test_an_upgrade_that_forgets_a_directive_is_what_breaks_it(etc: EtcHistory) -> None:
    files = {**GOOD, "nginx/sites/shop": SHOP % "    ssl on;\n"}
    etc.commit(files, packages("+nginx 1.24.0-1 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.24.0-1 amd64", "+nginx 1.26.3-3 amd64"))
    (step,) = walk(etc).steps
    assert step.by_upgrade
    assert told(step)[0] == f'LoadChanged {MAIN}: loads -> [emerg] unknown directive "ssl" in nginx/sites/shop:4'
    # What the old nginx was only warned of is this now.
    assert said(step.findings) == [f"introduced {ID} {MAIN} x1", "resolved ssl-directive-removed shop.example:443 x1"]


# ---------------------------------------------------------------------- where there is no answer


def test_a_host_without_nginx_refuses_nothing(etc: EtcHistory) -> None:
    etc.commit({"motd": "x", **KEPT})
    etc.commit({"nginx.conf": "not here;"})
    outcome = walk(etc, options=OLD)
    assert (outcome.steps, outcome.open) == ((), ())
    assert outcome.state is not None
    assert outcome.state.load == Load()


def test_nginx_that_is_purged_is_not_refused(etc: EtcHistory) -> None:
    etc.commit({**GOOD, "nginx/sites/default~": DEFAULT})
    etc.commit(dict.fromkeys((*GOOD.keys() - KEPT.keys(), "nginx/sites/default~")))
    outcome = walk(etc, options=OLD)
    assert [said(step.findings) for step in outcome.steps] == [[f"resolved {ID} {MAIN} x1"]]


def test_a_file_that_only_git_crypt_can_read_is_neither_cure_nor_breakage(etc: EtcHistory) -> None:
    twice = SHOP % "    ssl_ciphers HIGH;\n    ssl_ciphers HIGH;\n"
    etc.commit(GOOD)
    etc.commit({"nginx/sites/shop": twice})
    etc.commit({"nginx/sites/shop": b"\0GITCRYPT\0secret"})
    etc.commit({"nginx/sites/shop": twice})
    etc.commit({"nginx/sites/shop": SHOP % ""})
    says = '[emerg] "ssl_ciphers" directive is duplicate in nginx/sites/shop:5'
    assert loads(etc) == [f"loads -> {says}", f"{says} -> loads"]
    events = [line for step in walk(etc, options=OLD).steps for line in said(step.findings)]
    assert events == [f"introduced {ID} {MAIN} x1", f"resolved {ID} {MAIN} x1"]


def test_a_cure_is_a_cure_although_something_else_cannot_be_read(etc: EtcHistory) -> None:
    """The include that named nothing is replaced by one that leads out of the tree."""
    etc.commit(GOOD)
    etc.commit({"nginx/sites/shop": SHOP % "    include snippets/tls.conf;\n"})
    etc.commit({"nginx/sites/shop": SHOP % "    include /usr/share/nginx/tls.conf;\n"})
    outcome = walk(etc, options=OLD)
    assert [said(step.findings) for step in outcome.steps] == [
        [f"introduced {ID} {MAIN} x1"],
        [f"resolved {ID} {MAIN} x1"],
    ]
    assert len(loads(etc)) == 2


def test_a_doubt_is_neither_a_refusal_nor_the_end_of_one() -> None:
    plain = state(http(SHOP % ""))
    doubtful = state(http(SHOP % "", "some_module on;"))
    refused = state(http(SHOP % "", "some_module on;", "ssl_session_tickets maybe;"))
    assert [found.load.ok for found in (plain, doubtful, refused)] == [True, None, False]
    assert compare(plain, doubtful).changes == compare(doubtful, plain).changes == ()
    says = f"{MAYBE} in nginx/nginx.conf:9"
    assert list(map(in_words, compare(doubtful, refused).changes)) == [f"LoadChanged {MAIN}: may load -> {says}"]
    assert list(map(in_words, compare(refused, doubtful).changes)) == [f"LoadChanged {MAIN}: {says} -> may load"]


# ---------------------------------------------------------------------- what it is about


@pytest.mark.parametrize(
    ("files", "main"),
    [
        ({MAIN: SITES, "nginx/sites/a": DEFAULT}, MAIN),
        ({MAIN: f"include modules/*;\n{SITES}", "nginx/modules/a": "load_module x.so;"}, MAIN),
        ({MAIN: "events {}\n"}, MAIN),
        ({MAIN: "user nobody;\n"}, MAIN),
        ({MAIN: "{"}, MAIN),
        ({"nginx/sites-enabled/a": DEFAULT}, MAIN),
        ({}, MAIN),
    ],
)
def test_the_configuration_is_known_by_its_main_file(files: dict[str, str], main: str) -> None:
    assert configuration(state(files)) == ConfigurationSubject(main)


def test_a_main_file_that_breaks_is_the_main_file_still(etc: EtcHistory) -> None:
    modules = {"nginx/modules/50-x.conf": "load_module modules/x.so;\n"}
    etc.commit({**GOOD, **modules, MAIN: f"include modules/*;\n{SITES}"})
    etc.commit({MAIN: f"include modules/*;\n{SITES}}}"})
    etc.commit({MAIN: f"include modules/*;\n{SITES}"})
    says = '[emerg] unexpected "}" in nginx/nginx.conf:7'
    assert [told(step) for step in walk(etc, options=OLD).steps] == [
        [f"LoadChanged {MAIN}: loads -> {says}"],
        [f"LoadChanged {MAIN}: {says} -> loads"],
    ]


def test_what_has_no_line_is_looked_for_at_the_top_of_the_main_file() -> None:
    found = refusal(state(f"http {{ {CERTIFIED} }}\n"))
    assert found == (
        Message("emerg", 'no "events" section in configuration', None, placed=False),
        Location(MAIN, 1),
    )


def test_a_zone_declared_with_two_sizes_has_a_finding_of_its_own() -> None:
    found = state(http("ssl_session_cache shared:a:1m;", "server { ssl_session_cache shared:a:2m; }"))
    assert found.load.ok is False
    assert refusal(found) is None


def test_it_is_no_change_of_a_server_or_a_directive(etc: EtcHistory) -> None:
    outcome = there_and_back(etc, {"nginx/sites/default~": DEFAULT})
    assert select(outcome, Query(server="shop.example")).steps == ()
    assert [told(step) for step in select(outcome, Query(directive="ssl_*")).steps] == [[], []]
    assert [len(told(step)) for step in select(outcome, Query(server=MAIN)).steps] == [1, 1]


def test_whether_a_cipher_is_one_depends_on_the_library() -> None:
    text = http(SHOP % "    ssl_ciphers DHE-RSA-CHACHA20-POLY1305;\n")
    found = [state(text, platform(library=library)).load.ok for library in ("1.0.2k", "1.1.1w", None)]
    assert found == [False, True, True]
