"""Since when clients meet what they meet, and who wrote the line that says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from driftscan.demo.build import build
from driftscan.drift.beginnings import (
    Added,
    Appearance,
    Changed,
    Found,
    FromStart,
    Learned,
    NotKnown,
    Refused,
    Renamed,
    Since,
)
from driftscan.drift.blame import Blame, Blamed, Whose, blame
from driftscan.drift.changes import DefaultServerChanged, NameMoved
from driftscan.history.commit import CommitId
from driftscan.history.observe import NO_OPTIONS, Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Explicit, Family
from driftscan.nginx.directives.compared import COMPARED
from driftscan.nginx.directives.values import show
from driftscan.nginx.includes import Layout
from tests.corpus.conftest import existing
from tests.drift.trees import MAIN, address
from tests.etc import EtcHistory, Link

OLD = Options(NginxVersion(1, 18, 0), Library.parse("1.0.2k"))
TICKETS, PROTOCOLS = "ssl_session_tickets", "ssl_protocols"
SITES = "events {}\nhttp {\n    ssl_certificate /c;\n    ssl_certificate_key /c;\n    include conf.d/*.conf;\n}\n"
DEFAULT = "server { listen 443 ssl default_server; %s }\n"
SHOP = "server {\n    listen 443 ssl;\n    server_name shop.example;\n    %s\n}\n"


def blamed(
    etc: EtcHistory,
    name: str = "shop.example",
    directive: str = TICKETS,
    *,
    rev: str = "HEAD",
    options: Options = OLD,
    port: int = 443,
) -> Blamed:
    with Repository.open(etc.path) as repository:
        found = blame(repository, repository.resolve(rev), Observer(repository.read, options), Layout())
        return asked(found, name, directive, port)


def asked(found: Blame, name: str, directive: str, port: int) -> Blamed:
    return found.of(found.state.endpoints[address(port), name], COMPARED[Family.HTTP][directive])


def commit_of(found: Blamed) -> CommitId:
    assert not isinstance(found.since.beginning, NotKnown)
    return found.since.beginning.commit.id


def written(found: Blamed) -> Iterator[tuple[Whose, str, CommitId | None]]:
    for whose, line in found.lines:
        yield whose, str(line.at), None if line.version is None else line.version.commit.id


def sites(etc: EtcHistory, shop: str = "", default: str = "") -> CommitId:
    """The first commit of a host with two servers."""
    return etc.commit({MAIN: SITES, "nginx/conf.d/00.conf": DEFAULT % default, "nginx/conf.d/shop.conf": SHOP % shop})


# ---------------------------------------------------------------------- the founding incident


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> EtcHistory:
    folder = tmp_path_factory.mktemp("demo") / "etc"
    build(folder)
    return existing(folder)


def test_after_the_incident_the_mend_is_blamed_for_the_value_and_certbot_for_the_line(demo: EtcHistory) -> None:
    broke, mended = demo.git("log", "-2", "--reverse", "--format=%H", "--until=2019-07-13T12:00:00+09:00").split()
    found = blamed(demo, options=NO_OPTIONS)
    beginning = found.since.beginning
    assert isinstance(beginning, Changed)
    assert (show(found.met.value), show(beginning.before.value)) == ("off", "off (default server: on)")
    assert beginning.commit.id == mended
    assert list(written(found)) == [
        (Whose.DECIDER, "letsencrypt/options-ssl-nginx.conf:6", broke),
        (Whose.DEFAULT_SERVER, "nginx/sites-available/000-default-https:8", mended),
    ]


def test_in_the_incident_certbot_is_blamed_for_both(demo: EtcHistory) -> None:
    broke = demo.git("log", "-2", "--format=%H", "--until=2019-07-13T12:00:00+09:00").split()[1]
    found = blamed(demo, options=NO_OPTIONS, rev=broke)
    beginning = found.since.beginning
    assert isinstance(beginning, Changed)
    assert (show(found.met.value), show(beginning.before.value)) == ("off (default server: on)", "on")
    assert beginning.commit.id == broke
    assert list(written(found)) == [(Whose.DECIDER, "letsencrypt/options-ssl-nginx.conf:6", broke)]


# ---------------------------------------------------------------------- the life of a value


def test_what_was_there_first_is_from_the_start(etc: EtcHistory) -> None:
    first = sites(etc, "ssl_session_tickets off;")
    etc.commit({"motd": "1"})
    found = blamed(etc)
    assert (found.since, commit_of(found)) == (Since(found.since.beginning), first)
    assert isinstance(found.since.beginning, FromStart)
    assert [line.from_start for _, line in found.lines] == [True]


def test_a_value_that_came_back_is_blamed_on_the_commit_that_brought_it_back(etc: EtcHistory) -> None:
    sites(etc, "ssl_session_tickets off;")
    etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets on;"})
    back = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets off;"})
    etc.commit({"nginx/conf.d/shop.conf": "# tidied\n" + SHOP % "ssl_session_tickets   off; # really"})
    found = blamed(etc)
    assert (commit_of(found), [commit for _, _, commit in written(found)]) == (back, [back])


def test_writing_out_what_is_in_force_is_no_change_of_it(etc: EtcHistory) -> None:
    first = sites(etc)
    wrote = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets on;"})
    found = blamed(etc)
    assert (commit_of(found), [commit for _, _, commit in written(found)]) == (first, [wrote])


def test_an_old_line_comes_into_force_by_another_default_server(etc: EtcHistory) -> None:
    first = sites(etc)
    etc.commit({"nginx/conf.d/old.conf": (DEFAULT % "ssl_protocols TLSv1.2;").replace("default_server", "")})
    etc.commit({"motd": "1"})
    moved = etc.commit(
        {
            "nginx/conf.d/00.conf": (DEFAULT % "").replace("default_server", ""),
            "nginx/conf.d/old.conf": DEFAULT % "ssl_protocols TLSv1.2;",
        }
    )
    found = blamed(etc, directive=PROTOCOLS)
    beginning = found.since.beginning
    assert isinstance(beginning, Changed)
    assert (beginning.commit.id, show(beginning.before.value)) == (moved, "TLSv1 TLSv1.1 TLSv1.2")
    (beside,) = beginning.beside
    assert isinstance(beside, DefaultServerChanged)
    assert (beside.before.at.path, beside.after.at.path) == ("nginx/conf.d/00.conf", "nginx/conf.d/old.conf")
    assert first not in [commit for _, _, commit in written(found)]


def test_an_old_line_comes_into_force_by_the_order_of_files(etc: EtcHistory) -> None:
    """No listen says default_server: the file that is read first has it."""
    plain = (DEFAULT % "ssl_protocols TLSv1.2;").replace("default_server", "")
    etc.commit({MAIN: SITES, "nginx/conf.d/m.conf": SHOP % "", "nginx/conf.d/z.conf": plain})
    renamed = etc.commit({"nginx/conf.d/z.conf": None, "nginx/conf.d/a.conf": plain})
    found = blamed(etc, directive=PROTOCOLS)
    assert commit_of(found) == renamed
    ((_, line),) = found.lines
    assert (line.at, line.from_start) == (Location("nginx/conf.d/a.conf", 1), True)


def test_an_old_line_comes_into_force_by_a_link(etc: EtcHistory) -> None:
    sites(etc)
    files = {f"nginx/tls/{name}.conf": f"ssl_session_tickets {name};\n" for name in ("on", "off")}
    included = SHOP % "include tls/current.conf;"
    etc.commit({"nginx/conf.d/shop.conf": included, "nginx/tls/current.conf": Link("on.conf"), **files})
    before = etc.commit({"motd": "1"})
    linked = etc.commit({"nginx/tls/current.conf": Link("off.conf")})
    found = blamed(etc)
    assert commit_of(found) == linked
    assert [(str(line.at), line.version and line.version.commit.id != before) for _, line in found.lines] == [
        ("nginx/tls/off.conf:1", True)
    ]
    assert commit_of(blamed(etc)) not in [commit for _, _, commit in written(found)]


def test_a_new_default_of_a_package_is_nobodys_doing(etc: EtcHistory) -> None:
    def packages(*lines: str) -> str:
        return "\n".join(["committing changes in /etc after apt run", "", "Package changes:", *lines, ""])

    etc.commit(
        {MAIN: SITES, "nginx/conf.d/shop.conf": SHOP % ""},
        packages("+nginx 1.22.1-1 amd64", "+libssl3 3.0.11-1 amd64"),
    )
    upgraded = etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-1 amd64", "+nginx 1.24.0-1 amd64"))
    etc.commit({"motd": "1"})
    found = blamed(etc, directive=PROTOCOLS, options=NO_OPTIONS)
    beginning = found.since.beginning
    assert isinstance(beginning, Changed)
    assert (beginning.commit.id, beginning.by_upgrade, found.lines) == (upgraded, True, ())


def test_a_version_that_became_known_later_is_no_commit_that_changed_it(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/conf.d/shop.conf": SHOP % ""}, when="2022-06-01T00:00:00+00:00")
    told = etc.commit(
        {"motd": "1"},
        "committing changes in /etc after apt run\n\nPackage changes:\n-nginx 1.24.0-1 amd64\n+nginx 1.24.0-2 amd64\n",
        "2022-07-01T00:00:00+00:00",
    )
    beginning = blamed(etc, directive=PROTOCOLS, options=NO_OPTIONS).since.beginning
    assert isinstance(beginning, Learned)
    assert beginning.before is not None
    assert (beginning.commit.id, show(beginning.before.value)) == (told, "TLSv1 TLSv1.1 TLSv1.2")


# ---------------------------------------------------------------------- endpoints that come, move and are renamed


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("", SHOP % "", Appearance.SERVER),
        (SHOP.replace("shop", "www.shop") % "", SHOP.replace("shop", "www.shop.example shop") % "", Appearance.NAME),
        (SHOP.replace("443", "8443") % "", SHOP.replace("listen", "listen 8443 ssl; listen") % "", Appearance.NAME),
    ],
)
def test_an_endpoint_begins_with_what_made_it(etc: EtcHistory, before: str, after: str, what: Appearance) -> None:
    etc.commit({MAIN: SITES, "nginx/conf.d/00.conf": DEFAULT % "", "nginx/conf.d/shop.conf": before})
    came = etc.commit({"nginx/conf.d/shop.conf": after})
    beginning = blamed(etc).since.beginning
    assert isinstance(beginning, Added)
    assert (beginning.commit.id, beginning.what) == (came, what)


def test_an_endpoint_begins_with_tls_on_its_socket(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/conf.d/shop.conf": SHOP.replace("443 ssl", "80") % ""})
    came = etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("listen", "listen 80; listen") % ""})
    beginning = blamed(etc).since.beginning
    assert isinstance(beginning, Added)
    assert (beginning.commit.id, beginning.what) == (came, Appearance.SOCKET)


def test_a_name_that_moves_to_another_server_keeps_the_values_that_are_the_same(etc: EtcHistory) -> None:
    both, one = (SHOP.replace("shop.example", names) % "" for names in ("a.example shop.example", "a.example"))
    blog = SHOP % "ssl_session_tickets off;"
    first = etc.commit(
        {MAIN: SITES, "nginx/conf.d/a.conf": both, "nginx/conf.d/blog.conf": blog.replace("shop", "blog")}
    )
    moved = etc.commit(
        {"nginx/conf.d/a.conf": one, "nginx/conf.d/blog.conf": blog.replace("shop", "blog.example shop")}
    )
    found = blamed(etc)
    beginning = found.since.beginning
    assert isinstance(beginning, Changed)
    assert (beginning.commit.id, [type(change) for change in beginning.beside]) == (moved, [NameMoved])
    assert commit_of(blamed(etc, directive=PROTOCOLS)) == first


def test_a_renamed_server_keeps_the_life_of_its_values(etc: EtcHistory) -> None:
    first = sites(etc, "ssl_session_tickets off;")
    renamed = etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("shop", "store") % "ssl_session_tickets off;"})
    changed = etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("shop", "store") % ""})
    tickets, protocols = blamed(etc, "store.example"), blamed(etc, "store.example", PROTOCOLS)
    assert (commit_of(tickets), tickets.since.formerly) == (changed, ())
    assert commit_of(protocols) == first
    assert [(one.name, one.until.id) for one in protocols.since.formerly] == [("shop.example", renamed)]
    assert isinstance(protocols.since.formerly[0], Renamed)


def test_a_server_that_is_renamed_and_changed_at_once_is_blamed_with_its_old_name(etc: EtcHistory) -> None:
    sites(etc)
    both = etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("shop", "store") % "ssl_session_tickets off;"})
    found = blamed(etc, "store.example")
    assert (commit_of(found), type(found.since.beginning)) == (both, Changed)
    assert [(one.name, one.until.id) for one in found.since.formerly] == [("shop.example", both)]


def test_a_name_beside_others_is_no_rename(etc: EtcHistory) -> None:
    sites(etc)
    etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("shop.example", "shop.example a.example") % ""})
    came = etc.commit({"nginx/conf.d/shop.conf": SHOP.replace("shop.example", "shop.example b.example") % ""})
    found = blamed(etc, "b.example")
    assert (commit_of(found), found.since.formerly) == (came, ())


def test_a_socket_that_another_kind_of_server_takes_over_begins_anew(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/conf.d/00.conf": DEFAULT % ""})
    taken = etc.commit(
        {MAIN: "stream { server { listen 443 ssl; ssl_certificate /c; ssl_certificate_key /c; proxy_pass a:9; } }\n"}
    )
    with Repository.open(etc.path) as repository:
        found = blame(repository, repository.head, Observer(repository.read, OLD), Layout())
        endpoint = found.state.endpoints[address(), ""]
        beginning = found.of(endpoint, COMPARED[Family.STREAM][PROTOCOLS]).since.beginning
    assert isinstance(beginning, Added)
    assert beginning.commit.id == taken


def test_http2_that_another_server_of_the_socket_brings_is_its_doing(etc: EtcHistory) -> None:
    sites(etc)
    blog = SHOP.replace("shop", "blog") % ""
    etc.commit({"nginx/conf.d/blog.conf": blog})
    brought = etc.commit({"nginx/conf.d/blog.conf": blog.replace("ssl", "ssl http2", 1)})
    found = blamed(etc, directive="http2")
    assert commit_of(found) == brought
    assert list(written(found)) == [(Whose.DECIDER, "nginx/conf.d/blog.conf:2", brought)]


# ---------------------------------------------------------------------- what could not be read

INCLUDING = "include snippets/tls.conf;"


def in_the_dark(etc: EtcHistory, after: str) -> tuple[CommitId, CommitId]:
    """The setting goes into a file that the history lacks, and is found there later."""
    sites(etc, "ssl_session_tickets off;", "ssl_session_tickets off;")
    dark = etc.commit({"nginx/conf.d/shop.conf": SHOP % INCLUDING})
    light = etc.commit({"nginx/snippets/tls.conf": f"ssl_session_tickets {after};\n"})
    return dark, light


def test_a_value_that_is_the_same_after_the_dark_goes_on_with_that_said(etc: EtcHistory) -> None:
    dark, light = in_the_dark(etc, "off")
    found = blamed(etc)
    assert isinstance(found.since.beginning, FromStart)
    (unread,) = found.since.unread
    assert (unread.lost.commit.id, unread.found.id) == (dark, light)
    assert unread.lost.gap is not None
    assert unread.lost.gap.path == "nginx/snippets/tls.conf"


def test_of_a_value_that_is_another_after_the_dark_no_commit_is_blamed(etc: EtcHistory) -> None:
    dark, light = in_the_dark(etc, "on")
    beginning = blamed(etc).since.beginning
    assert isinstance(beginning, Found)
    assert (beginning.lost.commit.id, beginning.commit.id) == (dark, light)
    assert beginning.lost.before is not None
    assert beginning.lost.before.value is False


def test_a_value_that_cannot_be_read_now_is_not_known(etc: EtcHistory) -> None:
    dark, _ = in_the_dark(etc, "on")
    beginning = blamed(etc, rev=dark).since.beginning
    assert isinstance(beginning, NotKnown)
    assert (beginning.lost.commit.id, beginning.lost.before and beginning.lost.before.value) == (dark, False)


def test_a_change_after_the_dark_is_a_change(etc: EtcHistory) -> None:
    in_the_dark(etc, "off")
    changed = etc.commit({"nginx/snippets/tls.conf": "ssl_session_tickets on;\n"})
    found = blamed(etc)
    assert (commit_of(found), found.since.unread, type(found.since.beginning)) == (changed, (), Changed)


@pytest.mark.parametrize("default", ["ssl_protocols TLSv1.2;", "ssl_protocols TLSv1.1;"])
def test_while_the_default_server_cannot_be_read_nothing_is_known(etc: EtcHistory, default: str) -> None:
    etc.commit({MAIN: SITES, "nginx/a.conf": DEFAULT % "ssl_protocols TLSv1.2;", "nginx/conf.d/shop.conf": SHOP % ""})
    etc.commit({"nginx/conf.d/00.conf": Link("../a.conf")})
    first = etc.commit({"motd": "1"})
    dark = etc.commit({"nginx/conf.d/00.conf": Link("/srv/a.conf")})
    assert isinstance(blamed(etc, directive=PROTOCOLS).since.beginning, NotKnown)
    light = etc.commit({"nginx/conf.d/00.conf": Link("../a.conf"), "nginx/a.conf": DEFAULT % default})
    since = blamed(etc, directive=PROTOCOLS).since
    if default == "ssl_protocols TLSv1.2;":
        assert isinstance(since.beginning, Changed)
        assert [(unread.lost.commit.id, unread.found.id) for unread in since.unread] == [(dark, light)]
        assert first != since.beginning.commit.id
    else:
        assert isinstance(since.beginning, Found)
        assert (since.beginning.lost.commit.id, since.beginning.commit.id) == (dark, light)


OWN = SHOP % "ssl_protocols TLSv1.1;"
"""Says itself what its default server decides, so that a value is known where only the default server is not."""


def test_a_default_server_that_cannot_be_read_decides_all_the_same(etc: EtcHistory) -> None:
    default = DEFAULT % "ssl_protocols TLSv1.2;"
    etc.commit({MAIN: SITES, "nginx/a": default, "nginx/conf.d/00.conf": Link("../a"), "nginx/conf.d/s.conf": OWN})
    dark = etc.commit({"nginx/conf.d/00.conf": Link("/srv/a")})
    beginning = blamed(etc, directive=PROTOCOLS).since.beginning
    assert isinstance(beginning, NotKnown)
    assert (beginning.lost.commit.id, beginning.lost.gap and beginning.lost.gap.path) == (dark, "/srv/a")
    light = etc.commit({"nginx/conf.d/00.conf": Link("../a")})
    since = blamed(etc, directive=PROTOCOLS).since
    assert isinstance(since.beginning, FromStart)
    assert [(unread.lost.commit.id, unread.found.id) for unread in since.unread] == [(dark, light)]


def test_a_default_server_that_is_found_may_have_decided_before(etc: EtcHistory) -> None:
    """What was taken for the value, the shop's own, was a guess as long as the link led nowhere."""
    first = etc.commit({MAIN: SITES, "nginx/conf.d/00.conf": Link("/srv/a"), "nginx/conf.d/s.conf": OWN})
    etc.commit({"nginx/conf.d/s.conf": OWN.replace("1.1", "1.2")})
    light = etc.commit({"nginx/conf.d/00.conf": DEFAULT % "ssl_protocols TLSv1.2;"})
    for directive in (PROTOCOLS, "ssl_buffer_size"):
        beginning = blamed(etc, directive=directive).since.beginning
        assert isinstance(beginning, Found)
        assert (beginning.lost.commit.id, beginning.lost.before, beginning.commit.id) == (first, None, light)


def test_what_was_known_before_a_link_led_nowhere_is_compared_with_what_is_found(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: SITES, "nginx/conf.d/s.conf": OWN})
    dark = etc.commit({"nginx/conf.d/00.conf": Link("/srv/a")})
    etc.commit({"nginx/conf.d/x.conf": "# nothing\n"})
    light = etc.commit({"nginx/conf.d/00.conf": DEFAULT % "ssl_protocols TLSv1.1;"})
    since = blamed(etc, directive=PROTOCOLS).since
    assert isinstance(since.beginning, FromStart)
    assert since.beginning.commit.id == first
    assert [(unread.lost.commit.id, unread.found.id) for unread in since.unread] == [(dark, light)]


def test_a_server_whose_link_leads_nowhere_for_a_while_lives_on(etc: EtcHistory) -> None:
    sites(etc)
    etc.commit({"nginx/shop": SHOP % "ssl_session_tickets off;", "nginx/conf.d/shop.conf": Link("../shop")})
    changed = etc.commit({"nginx/shop": SHOP % "ssl_session_tickets off; ssl_buffer_size 8k;"})
    dark = etc.commit({"nginx/conf.d/shop.conf": Link("/srv/shop")})
    etc.commit({"nginx/conf.d/00.conf": DEFAULT % "ssl_buffer_size 4k;"})
    light = etc.commit({"nginx/conf.d/shop.conf": Link("../shop")})
    found = blamed(etc, directive="ssl_buffer_size")
    assert (commit_of(found), type(found.since.beginning)) == (changed, Changed)
    assert [(unread.lost.commit.id, unread.found.id) for unread in found.since.unread] == [(dark, light)]


def test_a_server_that_was_never_read_before_may_be_older(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: SITES, "nginx/conf.d/shop.conf": Link("/srv/shop")})
    light = etc.commit({"nginx/conf.d/shop.conf": SHOP % ""})
    beginning = blamed(etc).since.beginning
    assert isinstance(beginning, Found)
    assert (beginning.lost.commit.id, beginning.lost.before, beginning.commit.id) == (first, None, light)


# ---------------------------------------------------------------------- merges, refusals, cut histories


def test_a_merge_is_blamed_with_the_commit_of_its_branch(etc: EtcHistory) -> None:
    first = sites(etc)
    text = SHOP % "ssl_session_tickets off;"
    made = etc.commit({"nginx/conf.d/shop.conf": text}, "no tickets", branch="other", parents=[first])
    later = etc.commit({"motd": "2"}, branch="other")
    here = etc.commit({"motd": "1"})
    merge = etc.commit({"nginx/conf.d/shop.conf": text}, "Merge", parents=[here, later])
    etc.commit({"motd": "3"})
    found = blamed(etc)
    assert (commit_of(found), [commit.id for commit in found.since.brought]) == (merge, [made])


def test_what_nginx_refused_is_told_with_the_commit_that_made_it_load(etc: EtcHistory) -> None:
    sites(etc)
    refused = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets off; root a; root b;"})
    assert blamed(etc).since.refused == Refused(None)
    mended = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets off;"})
    found = blamed(etc)
    assert commit_of(found) == refused
    assert found.since.refused is not None
    assert found.since.refused.until is not None
    assert found.since.refused.until.id == mended
    assert blamed(etc, directive=PROTOCOLS).since.refused is None
    etc.commit({"nginx/conf.d/shop.conf": SHOP % ""})
    assert blamed(etc).since.refused is None


def test_a_cut_history_says_that_it_is_cut(etc: EtcHistory, tmp_path: Path) -> None:
    sites(etc, "ssl_session_tickets off;")
    for day in range(3):
        etc.commit({"motd": str(day)})
    etc.git("clone", "--quiet", "--depth=2", f"file://{etc.path}", str(tmp_path / "cut"))
    with Repository.open(tmp_path / "cut") as repository:
        found = blame(repository, repository.head, Observer(repository.read, OLD), Layout())
        answer = asked(found, "shop.example", TICKETS, 443)
    assert found.shallow
    assert isinstance(answer.since.beginning, FromStart)
    assert [line.from_start for _, line in answer.lines] == [True]


# ---------------------------------------------------------------------- who wrote the line


def test_a_line_that_only_moves_keeps_its_writer(etc: EtcHistory) -> None:
    sites(etc)
    wrote = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets off;"})
    etc.commit({"nginx/conf.d/shop.conf": "# new\n" + SHOP % "ssl_buffer_size 8k;\n\tssl_session_tickets  off;"})
    etc.commit({"nginx/conf.d/shop.conf": "server {"})
    etc.commit({"nginx/conf.d/shop.conf": "# new\n\n" + SHOP % "ssl_session_tickets off;\nssl_buffer_size 8k;"})
    assert list(written(blamed(etc))) == [(Whose.DECIDER, "nginx/conf.d/shop.conf:6", wrote)]


def test_of_two_equal_lines_each_has_its_own_writer(etc: EtcHistory) -> None:
    blog = SHOP.replace("shop", "blog") % "ssl_session_tickets off;"
    etc.commit({MAIN: SITES, "nginx/conf.d/all.conf": blog + SHOP % ""})
    second = etc.commit({"nginx/conf.d/all.conf": blog + SHOP % "ssl_session_tickets off;"})
    (line,) = (line for whose, line in blamed(etc).lines if whose is Whose.DECIDER)
    assert line.version is not None
    assert line.version.commit.id == second
    (line,) = (line for whose, line in blamed(etc, "blog.example").lines if whose is Whose.DECIDER)
    assert line.from_start


def test_a_server_that_is_written_before_one_like_it_takes_no_line_from_it(etc: EtcHistory) -> None:
    shop, blog = (SHOP.replace("shop", name) % "ssl_session_tickets off;" for name in ("shop", "blog"))
    etc.commit({MAIN: SITES, "nginx/conf.d/all.conf": shop})
    came = etc.commit({"nginx/conf.d/all.conf": blog + shop})
    assert list(written(blamed(etc, "blog.example"))) == [(Whose.DECIDER, "nginx/conf.d/all.conf:4", came)]
    assert [line.from_start for whose, line in blamed(etc).lines if whose is Whose.DECIDER] == [True]


def test_a_directive_over_many_lines_is_one(etc: EtcHistory) -> None:
    sites(etc)
    etc.commit({"nginx/conf.d/00.conf": DEFAULT % "ssl_protocols\n TLSv1.1;"})
    wrote = etc.commit({"nginx/conf.d/00.conf": DEFAULT % "ssl_protocols\n TLSv1.2;"})
    (line,) = blamed(etc, "", PROTOCOLS).lines
    assert isinstance(blamed(etc, "", PROTOCOLS).met.setting.origin, Explicit)
    assert line[1].version is not None
    assert line[1].version.commit.id == wrote


def test_a_file_that_moves_as_it_is_keeps_its_writers(etc: EtcHistory) -> None:
    sites(etc)
    wrote = etc.commit({"nginx/conf.d/shop.conf": SHOP % "ssl_session_tickets off;"})
    etc.commit({"nginx/conf.d/shop.conf": None, "nginx/conf.d/x.conf": SHOP % "ssl_session_tickets off;"})
    assert list(written(blamed(etc))) == [(Whose.DECIDER, "nginx/conf.d/x.conf:4", wrote)]
