"""What a witness sees on a walk: upgrades, renewals, protocols in force, and the socket behind each finding."""

import gc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from driftscan.drift.chronicle import Chronicle, Picture, Renewal, Witness
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import Outcome, Scan, finish
from driftscan.drift.socket_settings import Said, SocketSetting
from driftscan.drift.state import State
from driftscan.drift.subjects import ServerSubject, SocketSubject
from driftscan.history.certbot import DIGEST, STOCK
from driftscan.history.commit import CommitId
from driftscan.history.observe import NO_OPTIONS, Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Default, Explicit
from driftscan.nginx.includes import Layout
from driftscan.site.examine import examine
from tests.drift.hosts import NAME, SITE, lineage, renewal
from tests.drift.trees import ANY6, CERTIFIED, MAIN, address, http
from tests.drift.walks import EVERY_PATTERN, patterns, said
from tests.etc import EtcHistory, Link
from tests.report import incident

TICKETS = patterns("session-tickets-mismatch")
OLD = Options(NginxVersion(1, 14, 2), Library.parse("1.0.2k"))
CATCH_ALL = "server { listen 443 ssl default_server; server_name _; %s }"
SHOP = "server { listen 443 ssl; server_name shop.example; %s }"
SITES = f"events {{}}\nhttp {{\n{CERTIFIED}\ninclude sites-enabled/*;\n}}\n"
REFUSED = "ssl_session_tickets on; ssl_session_tickets off;"
UP_TO_1_2 = ("TLSv1", "TLSv1.1", "TLSv1.2")
UP_TO_1_3 = (*UP_TO_1_2, "TLSv1.3")
BOTH = ("TLSv1.2", "TLSv1.3")
ONLY_1_2, ONLY_1_3 = ("TLSv1.2",), ("TLSv1.3",)


def packages(*lines: str) -> str:
    return "\n".join(['committing changes in /etc made by "apt upgrade"', "", "Package changes:", *lines, ""])


def watch(
    etc: EtcHistory,
    catalogue: tuple[Matcher, ...] = EVERY_PATTERN,
    options: Options = NO_OPTIONS,
    *,
    since: str | None = None,
    tip: str = "HEAD",
) -> tuple[Chronicle, Outcome]:
    """A walk that is watched."""
    witness = Witness()
    begin = None if since is None else datetime.fromisoformat(since)
    with Repository.open(etc.path) as repository:
        segment = repository.select(Selection(tip, since=begin))
        outcome = finish(Scan(repository, segment, catalogue, Observer(repository.read, options), witness=witness))
    return witness.chronicle, outcome


def upgrades(found: Chronicle) -> list[tuple[CommitId, str, str | None, str]]:
    return [(one.commit.id, one.program, one.before, one.after) for one in found.upgrades]


def policies(found: Chronicle) -> list[tuple[CommitId, dict[str, tuple[str, ...]]]]:
    return [(policy.since.id, dict(policy.servers)) for policy in found.policies]


def values(setting: SocketSetting | None) -> list[tuple[list[str], object]]:
    assert setting is not None
    return [([server.name for server in group.servers], group.value) for group in setting.said]


# ---------------------------------------------------------------------- the founding incident


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chronicle, Outcome]:
    return watch(incident.build(tmp_path_factory.mktemp("incident") / "etc"))


def test_the_founding_incident_has_a_picture_for_each_site(watched: tuple[Chronicle, Outcome]) -> None:
    found, outcome = watched
    lives = [event.life for event in outcome.steps[1].findings]
    introduced = outcome.steps[1].commit.id
    assert [life.finding.hit.subject.key for life in lives] == [
        "server blog.example.jp:443",
        "server shop.example.jp:443",
    ]
    assert set(found.pictures) == {(life.finding.fingerprint, introduced) for life in lives}
    first, second = found.pictures.values()
    assert first == second


def test_the_picture_of_the_founding_incident(watched: tuple[Chronicle, Outcome]) -> None:
    found, _ = watched
    default = subject("_", Location(incident.DEFAULT, 1))
    blog = subject("blog.example.jp", Location("nginx/conf.d/blog.conf", 1))
    shop = subject("shop.example.jp", Location("nginx/conf.d/shop.conf", 1))
    built_in = Default(NginxVersion(1, 10, 3), assumed=False)
    certbot = Explicit((Location(incident.OPTIONS, 2),))
    mended = Explicit((Location(incident.DEFAULT, 6),))

    def shown(*said: Said) -> SocketSetting:
        return SocketSetting(SocketSubject(address()), "ssl_session_tickets", Decider.TICKETS, said)

    assert next(iter(found.pictures.values())) == Picture(
        before=shown(
            Said((default,), is_default=True, value=True, known=True, origin=built_in),
            Said((blog, shop), is_default=False, value=True, known=True, origin=built_in),
        ),
        during=shown(
            Said((default,), is_default=True, value=True, known=True, origin=built_in),
            Said((blog, shop), is_default=False, value=False, known=True, origin=certbot),
        ),
        after=shown(
            Said((default,), is_default=True, value=False, known=True, origin=mended),
            Said((blog, shop), is_default=False, value=False, known=True, origin=certbot),
        ),
    )


def subject(name: str, at: Location) -> ServerSubject:
    names = (name,) if name == "_" else (name, f"www.{name}")
    return ServerSubject(name, names, (address(),), at)


def test_the_rest_of_the_founding_incident(watched: tuple[Chronicle, Outcome]) -> None:
    found, outcome = watched
    assert found.start is None
    assert [(one.program, one.before, one.after, one.previous) for one in found.upgrades] == [
        ("nginx", None, "1.10.3", None),
        ("OpenSSL", None, "1.0.2g", None),
    ]
    assert found.renewals == ()
    assert [policy.since for policy in found.policies] == [outcome.steps[0].commit]
    assert dict(found.policies[0].servers) == dict.fromkeys(
        ("_:443", "blog.example.jp:443", "shop.example.jp:443"), UP_TO_1_2
    )


# ---------------------------------------------------------------------- upgrades


def test_package_lines_tell_of_upgrades_whatever_they_do_to_the_configuration(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: http(SHOP % "")}, packages("+nginx 1.18.0-6 amd64", "+libssl1.1 1.1.1k-1 amd64"))
    between = etc.commit({"motd": "hello"})
    second = etc.commit(
        {"apt/x": "1"},
        packages("-nginx 1.18.0-6 amd64", "+nginx 1.22.1-9 amd64", "+libssl3 3.0.11-1 amd64", "+certbot 2.1.0-4 all"),
    )
    etc.commit({"apt/x": "2"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.22.1-10 amd64"))
    found, _ = watch(etc)
    assert upgrades(found) == [
        (first, "nginx", None, "1.18.0"),
        (first, "OpenSSL", None, "1.1.1k"),
        (second, "nginx", "1.18.0", "1.22.1"),
        (second, "OpenSSL", "1.1.1k", "3.0.11"),
        (second, "certbot", None, "2.1.0"),
    ]
    assert [one.previous and one.previous.id for one in found.upgrades] == [None, None, *[between] * 3]


def test_another_library_is_named_with_the_one_that_it_replaces(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "")}, packages("+openssl 1.0.2k-1 amd64"))
    second = etc.commit({"apt/x": "1"}, packages("-openssl 1.0.2k-1 amd64", "+libressl 3.8.2-1 amd64"))
    assert upgrades(watch(etc)[0])[1:] == [(second, "LibreSSL", "OpenSSL 1.0.2k", "3.8.2")]


def test_a_line_corrects_what_was_there_before(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "")}, packages("+nginx 1.18.0-6 amd64"))
    second = etc.commit({"apt/x": "1"}, packages("-nginx 1.20.0-1 amd64", "+nginx 1.22.1-9 amd64"))
    assert upgrades(watch(etc)[0])[1:] == [(second, "nginx", "1.20.0", "1.22.1")]


def test_the_calendar_and_a_release_file_upgrade_nothing(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % ""), "debian_version": "11.9\n"}, when="2020-01-02T00:00:00+00:00")
    etc.commit({MAIN: http(SHOP % "ssl_ciphers HIGH;")}, when="2022-01-02T00:00:00+00:00")
    etc.commit({"debian_version": "12.5\n"}, when="2024-01-02T00:00:00+00:00")
    assert upgrades(watch(etc)[0]) == []


def test_what_the_user_says_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "")}, packages("+nginx 1.18.0-6 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.18.0-6 amd64", "+nginx 1.22.1-9 amd64"))
    assert upgrades(watch(etc, options=OLD)[0]) == []


def written_by(version: str) -> str:
    return renewal("authenticator = nginx", top=f"version = {version}\n")


def test_certbot_tells_of_its_upgrades_in_its_own_files(etc: EtcHistory) -> None:
    conf = f"letsencrypt/renewal/{NAME}.conf"
    etc.commit({MAIN: SITES, conf: written_by("0.31.0")})
    etc.commit({conf: written_by("0.31.0") + "\n"})
    second = etc.commit({conf: written_by("1.21.0")})
    etc.commit({"letsencrypt/renewal/restored.conf": written_by("0.9.0")})
    assert upgrades(watch(etc)[0]) == [(second, "certbot", "0.31.0", "1.21.0")]


def test_a_range_of_releases_is_an_upgrade_only_where_it_begins_later(etc: EtcHistory) -> None:
    conf = f"letsencrypt/renewal/{NAME}.conf"
    (digest,) = STOCK["1.28.0 or later"].values()
    etc.commit({MAIN: SITES, conf: written_by("1.21.0")})
    second = etc.commit({DIGEST: digest})
    etc.commit({conf: written_by("2.1.0")})
    fourth = etc.commit({conf: written_by("2.9.0")})
    assert upgrades(watch(etc)[0]) == [
        (second, "certbot", "1.21.0", "1.28.0 or later"),
        (fourth, "certbot", "2.1.0", "2.9.0"),
    ]


def test_only_packages_go_back_to_an_older_certbot(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES}, packages("+certbot 2.1.0-4 all"))
    second = etc.commit({"apt/x": "1"}, packages("-certbot 2.1.0-4 all", "+certbot 1.21.0-1 all"))
    assert upgrades(watch(etc)[0])[1:] == [(second, "certbot", "2.1.0", "1.21.0")]


# ---------------------------------------------------------------------- renewals


def test_a_plain_renewal_is_seen_although_it_is_no_step(etc: EtcHistory) -> None:
    main = f"events {{}}\nhttp {{\n{SITE}}}\n"
    etc.commit({MAIN: main, **lineage()})
    before = etc.commit({"motd": "hello"})
    renewed = etc.commit(lineage(2, "; from: 2026-01-01; until: 2026-04-01"))
    found, outcome = watch(etc)
    assert outcome.steps == ()
    (one,) = found.renewals
    assert one.previous is not None
    assert one == Renewal(
        one.commit,
        one.previous,
        "/etc/letsencrypt/live/shop.example/fullchain.pem",
        (ServerSubject(NAME, (NAME,), (address(),), Location(MAIN, 4)),),
    )
    assert (one.commit.id, one.previous.id) == (renewed, before)


def test_a_link_to_a_file_that_is_not_kept_tells_of_a_renewal_too(etc: EtcHistory) -> None:
    def live(number: int) -> dict[str, Link]:
        kinds = ("cert", "chain", "fullchain", "privkey")
        return {
            f"letsencrypt/live/{NAME}/{kind}.pem": Link(f"../../archive/{NAME}/{kind}{number}.pem") for kind in kinds
        }

    etc.commit({MAIN: f"events {{}}\nhttp {{\n{SITE}}}\n", **live(1)})
    second = etc.commit(live(2))
    assert [(one.commit.id, one.certificate) for one in watch(etc)[0].renewals] == [
        (second, "/etc/letsencrypt/live/shop.example/fullchain.pem")
    ]


def test_a_certificate_that_no_tls_server_names_is_not_told(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, **lineage()})
    etc.commit(lineage(2, "; from: 2026-01-01; until: 2026-04-01"))
    assert watch(etc)[0].renewals == ()


# ---------------------------------------------------------------------- protocols in force


def sites(around: str, default: str, shop: str) -> str:
    return http(around, CATCH_ALL % default, SHOP % shop)


@pytest.mark.parametrize(
    ("nginx", "shop"),
    [("1.29.1", (BOTH, ONLY_1_3, ONLY_1_3)), ("1.29.2", (BOTH, ONLY_1_3, ONLY_1_2))],
    ids=["the default server decides", "the SNI server decides"],
)
def test_the_strip_of_protocols(etc: EtcHistory, nginx: str, shop: tuple[tuple[str, ...], ...]) -> None:
    installed = packages(f"+nginx {nginx}-1 amd64", "+libssl3 3.0.11-1 amd64")
    first = etc.commit({MAIN: sites("", "", "")}, installed)
    etc.commit({MAIN: sites("ssl_ciphers HIGH;", "", "")})
    second = etc.commit({MAIN: sites("ssl_protocols TLSv1.3;", "", "")})
    third = etc.commit({MAIN: sites("ssl_protocols TLSv1.3;", "", "ssl_protocols TLSv1.2;")})
    expected = [
        (first, {"_:443": BOTH, "shop.example:443": shop[0]}),
        (second, {"_:443": ONLY_1_3, "shop.example:443": shop[1]}),
        (third, {"_:443": ONLY_1_3, "shop.example:443": shop[2]}),
    ]
    found, _ = watch(etc)
    assert policies(found) == (expected if nginx == "1.29.2" else expected[:2])


def test_an_upgrade_changes_what_is_in_force_with_no_line_changed(etc: EtcHistory) -> None:
    lines = ("+nginx 1.24.0-1 amd64", "+libssl1.0.2 1.0.2u-1 amd64")
    first = etc.commit({MAIN: http(SHOP % "")}, packages(*lines))
    second = etc.commit({"x": "1"}, packages("-libssl1.0.2 1.0.2u-1 amd64", "+libssl1.1 1.1.1w-1 amd64"))
    third = etc.commit({"x": "2"}, packages("-nginx 1.24.0-1 amd64", "+nginx 1.28.0-1 amd64"))
    assert policies(watch(etc)[0]) == [
        (first, {"shop.example:443": UP_TO_1_2}),
        (second, {"shop.example:443": UP_TO_1_3}),
        (third, {"shop.example:443": BOTH}),
    ]


def test_what_nginx_refuses_is_never_in_force(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % f"ssl_protocols TLSv1.2; {REFUSED}")})
    second = etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.2;")})
    etc.commit({MAIN: http(SHOP % f"ssl_protocols TLSv1.3; {REFUSED}")})
    etc.commit({MAIN: http(SHOP % f"ssl_protocols TLSv1.2 TLSv1.3; {REFUSED}")})
    fifth = etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.2 TLSv1.3;")})
    assert policies(watch(etc)[0]) == [
        (second, {"shop.example:443": ONLY_1_2}),
        (fifth, {"shop.example:443": BOTH}),
    ]


def test_servers_come_and_go_and_refuse(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: http(CATCH_ALL % "ssl_protocols TLSv1.2;", SHOP % "")})
    second = etc.commit({MAIN: http(CATCH_ALL % "ssl_protocols TLSv1.2; ssl_reject_handshake on;", SHOP % "")})
    third = etc.commit({MAIN: http(CATCH_ALL % "ssl_protocols TLSv1.2;")})
    last = etc.commit({MAIN: http("server { listen 80; }")})
    assert policies(watch(etc)[0]) == [
        (first, {"_:443": ONLY_1_2, "shop.example:443": ONLY_1_2}),
        (second, {"shop.example:443": ONLY_1_2}),
        (third, {"_:443": ONLY_1_2}),
        (last, {}),
    ]


def test_sockets_with_other_protocols_are_told_apart(etc: EtcHistory) -> None:
    shop = "server { listen 443 ssl; listen [::]:443 ssl; listen 443 quic; server_name shop.example; }"
    six = "server { listen [::]:443 ssl default_server; server_name _; ssl_protocols TLSv1.2 TLSv1.3; }"
    first = etc.commit({MAIN: http("ssl_protocols TLSv1.3;", six, shop)}, packages("+nginx 1.26.0-1 amd64"))
    second = etc.commit({MAIN: http("ssl_protocols TLSv1.2 TLSv1.3;", six, shop)})
    assert policies(watch(etc)[0]) == [
        (
            first,
            {
                "shop.example:443 on 0.0.0.0:443": ONLY_1_3,
                "shop.example:443 on [::]:443": BOTH,
                "_:443": BOTH,
            },
        ),
        (second, {"shop.example:443": BOTH, "_:443": BOTH}),
    ]


def test_what_stands_in_an_unread_file_is_not_known(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: http("include protocols.conf;", SHOP % ""), "nginx/protocols.conf": "\0GITCRYPT\0"})
    second = etc.commit({"nginx/protocols.conf": "ssl_protocols TLSv1.2;\n"})
    assert policies(watch(etc)[0]) == [
        (first, {"shop.example:443": ()}),
        (second, {"shop.example:443": ONLY_1_2}),
    ]


def test_more_knowledge_corrects_what_was_in_force_and_changes_nothing(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: http(SHOP % "")}, when="2019-06-01T00:00:00+00:00")
    etc.commit(
        {"apt/x": "1"},
        packages("-nginx 1.26.0-1 amd64", "+nginx 1.26.3-1 amd64", "+libssl3 3.0.11-1 amd64"),
        when="2025-06-02T00:00:00+00:00",
    )
    assert policies(watch(etc)[0]) == [(first, {"shop.example:443": UP_TO_1_3})]


# ---------------------------------------------------------------------- pictures


def test_a_finding_that_was_there_at_the_start_has_no_before(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(CATCH_ALL % "", SHOP % "ssl_session_tickets off;")})
    found, outcome = watch(etc, TICKETS, OLD)
    (life,) = outcome.open
    picture = found.pictures[life.finding.fingerprint, None]
    assert (picture.before, picture.after) == (None, None)
    assert values(picture.during) == [(["_"], True), (["shop.example"], False)]


def test_a_finding_of_a_new_socket_has_no_before_and_of_a_removed_one_no_after(etc: EtcHistory) -> None:
    etc.commit({MAIN: http("server { listen 80; }")})
    second = etc.commit({MAIN: http(CATCH_ALL % "", SHOP % "ssl_session_tickets off;")})
    etc.commit({MAIN: http("server { listen 80; }")})
    found, outcome = watch(etc, TICKETS, OLD)
    assert [said(step.findings) for step in outcome.steps] == [
        ["introduced session-tickets-mismatch shop.example:443 x1"],
        ["resolved session-tickets-mismatch shop.example:443 x1"],
    ]
    ((mark, picture),) = found.pictures.items()
    assert (mark[1], picture.before, picture.after) == (second, None, None)


def test_a_finding_that_comes_back_has_a_second_picture(etc: EtcHistory) -> None:
    right, wrong = http(CATCH_ALL % "", SHOP % ""), http(CATCH_ALL % "", SHOP % "ssl_session_tickets off;")
    commits = [etc.commit({MAIN: text}) for text in (right, wrong, right, wrong)]
    found, _ = watch(etc, TICKETS, OLD)
    assert [commit for _, commit in found.pictures] == [commits[1], commits[3]]
    first, second = found.pictures.values()
    assert values(first.after) == [(["_"], True), (["shop.example"], True)]
    assert second.after is None


def test_the_socket_is_the_one_where_the_server_is_at_odds_with_another(etc: EtcHistory) -> None:
    shop = "server { listen 443 ssl; listen [::]:443 ssl; server_name shop.example; ssl_session_tickets off; }"
    four = "server { listen 443 ssl default_server; server_name _; ssl_session_tickets off; }"
    six = "server { listen [::]:443 ssl default_server; server_name v6.example; }"
    etc.commit({MAIN: http(four, six, shop)})
    found, _ = watch(etc, TICKETS, OLD)
    (picture,) = found.pictures.values()
    assert picture.during.socket == SocketSubject(address(443, ANY6))
    assert values(picture.during) == [(["v6.example"], True), (["shop.example"], False)]


def test_a_finding_about_a_socket_shows_that_socket(etc: EtcHistory) -> None:
    shop = SHOP % "location / { proxy_pass http://127.0.0.1:8080; }"
    early = CATCH_ALL % "ssl_early_data on;"
    etc.commit({MAIN: http(CATCH_ALL % "", shop)})
    etc.commit({MAIN: http(early, shop)})
    found, _ = watch(etc, patterns("early-data-enabled"), Options(NginxVersion(1, 26, 0), Library.parse("3.0.11")))
    (picture,) = found.pictures.values()
    assert (picture.during.directive, picture.during.decider) == ("ssl_early_data", Decider.DEFAULT_SERVER)
    assert values(picture.before) == [(["_"], False), (["shop.example"], False)]
    assert values(picture.during) == [(["_"], True), (["shop.example"], False)]


def test_what_comes_to_light_at_the_end_has_a_picture_too(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(CATCH_ALL % "", SHOP % "ssl_protocols TLSv1.2;")}, when="2020-01-02T00:00:00+00:00")
    etc.commit({"motd": "hello"}, when="2026-01-02T00:00:00+00:00")
    found, outcome = watch(etc, patterns("protocols-ignored-outside-default-server"))
    assert [(mark, commit) for mark, commit in found.pictures] == [
        (life.finding.fingerprint, None) for life in outcome.open
    ]
    assert policies(found)[0][1]["_:443"] == BOTH
    assert len(policies(found)) == 1


def test_a_finding_about_no_socket_has_no_picture(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "")})
    etc.commit({MAIN: http(SHOP % REFUSED)})
    found, outcome = watch(etc)
    assert [life.finding.pattern for life in outcome.open] == ["nginx-refuses-configuration"]
    assert found.pictures == {}


# ---------------------------------------------------------------------- what a witness is told


def test_the_state_before_the_segment_is_kept_where_there_is_one(etc: EtcHistory) -> None:
    wrong = http(CATCH_ALL % "", SHOP % "ssl_session_tickets off;")
    base = etc.commit({MAIN: wrong}, packages("+nginx 1.14.2-1 amd64"), when="2026-01-01T00:00:00+00:00")
    etc.commit({"motd": "hello"}, when="2026-02-01T00:00:00+00:00")
    right = http(CATCH_ALL % "ssl_session_tickets off;", SHOP % "ssl_session_tickets off;")
    etc.commit({MAIN: right}, when="2026-02-02T00:00:00+00:00")
    found, outcome = watch(etc, TICKETS, Options(library=OLD.library), since="2026-01-15T00:00:00+00:00")
    assert outcome.start is not None
    assert outcome.start.id == base
    assert found.start is not None
    assert [server.name for server in found.start.servers] == ["_", "shop.example"]
    assert found.upgrades == ()
    assert policies(found) == [(base, {"_:443": UP_TO_1_2, "shop.example:443": UP_TO_1_2})]
    ((mark, picture),) = found.pictures.items()
    assert (mark[1], picture.before) == (None, None)
    assert values(picture.during) == [(["_"], True), (["shop.example"], False)]
    assert values(picture.after) == [(["_"], False), (["shop.example"], False)]


def test_what_merged_branches_did_adds_nothing(etc: EtcHistory) -> None:
    base = etc.commit({MAIN: http(SHOP % "")}, packages("+nginx 1.24.0-1 amd64"))
    side = etc.commit(
        {MAIN: http(SHOP % "ssl_protocols TLSv1.2;")}, packages("+nginx 1.26.0-1 amd64"), branch="side", parents=[base]
    )
    side = etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.3;")}, branch="side", parents=[side])
    merge = etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.3;")}, parents=[base, side])
    found, outcome = watch(etc)
    assert [step.merged_by is not None for step in outcome.steps] == [True, True, False]
    assert upgrades(found) == [(base, "nginx", None, "1.24.0")]
    assert [since for since, _ in policies(found)] == [base, merge]


def test_a_witness_changes_nothing(tmp_path: Path) -> None:
    etc = incident.build(tmp_path / "etc")
    etc.commit({"apt/x": "1"}, packages("+nginx-core 1.18.0-0ubuntu1 amd64", "+libssl1.1 1.1.1f-1 amd64"))
    _, watched = watch(etc)
    alone, _ = incident.scan(etc.path)
    assert watched.steps == alone.steps
    assert (watched.open, watched.gaps, watched.commits, watched.read) == (
        alone.open,
        alone.gaps,
        alone.commits,
        alone.read,
    )


def test_an_examination_can_be_watched(tmp_path: Path) -> None:
    etc = incident.build(tmp_path / "etc")
    witness = Witness()
    with Repository.open(etc.path) as repository:
        for watcher in (witness, None):
            examine(repository, Selection(), incident.GENERATED.date(), Layout(), NO_OPTIONS, witness=watcher)
    assert len(witness.chronicle.pictures) == 2


@pytest.mark.parametrize(("since", "states"), [(None, 0), ("2019-07-01T00:00:00+09:00", 1)])
def test_of_all_states_only_the_first_is_kept(tmp_path: Path, since: str | None, states: int) -> None:
    found, _ = watch(incident.build(tmp_path / "etc"), since=since)
    assert found.pictures
    assert sum(isinstance(one, State) for one in reached(found)) == states


def reached(root: object) -> Iterator[object]:
    """Everything that an object keeps alive, and it itself; what the program consists of is left out."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and not isinstance(one, type | FunctionType | ModuleType):
            seen.add(id(one))
            yield one
            waiting.extend(gc.get_referents(one))
