"""A walk over a real history: what is read, what is told, and what neither is."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from driftscan.drift import scan as scanning
from driftscan.drift.changes import SettingChanged
from driftscan.drift.scan import Outcome, Scan, Step, compare_states, judge_state
from driftscan.history.observe import Observer, Options
from driftscan.history.platform import Evidence
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.config import GapKind
from driftscan.nginx.directives.base import Default
from driftscan.nginx.directives.values import Protocol
from tests.drift.trees import CERTIFIED, MAIN, http, platform, state
from tests.drift.walks import EVERY_PATTERN, patterns, said, told, walk
from tests.etc import EtcHistory, Link

SITES = f"events {{}}\nhttp {{\n{CERTIFIED}\ninclude sites-enabled/*;\n}}\n"
SHOP = "server { listen 443 ssl; server_name shop.example; }"
WIKI = "server { listen 443 ssl; server_name wiki.example; }"
OFF = "server { listen 443 ssl; server_name shop.example; ssl_session_tickets off; }"
OLD = Options(NginxVersion(1, 14, 2), Library.parse("1.0.2k"))
TICKETS = patterns("session-tickets-mismatch")


def kinds(outcome: Outcome) -> list[list[str]]:
    """The kinds of changes of each step."""
    return [[type(change).__name__ for change in step.changes] for step in outcome.steps]


# ---------------------------------------------------------------------- what is a step


def test_the_first_commit_is_where_it_begins_and_no_step(etc: EtcHistory) -> None:
    first = etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": OFF})
    outcome = walk(etc)
    assert (outcome.steps, outcome.commits, outcome.read, outcome.start) == ((), 1, 1, None)
    assert outcome.last is not None
    assert outcome.last.id == first
    assert outcome.state is not None
    assert [server.name for server in outcome.state.servers] == ["shop.example"]


def test_what_was_wrong_from_the_start_is_open_and_nobodys_doing(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF})
    (life,) = walk(etc, options=OLD).open
    assert (life.finding.pattern, life.introduced, life.introduced_not_before) == (
        "session-tickets-mismatch",
        None,
        None,
    )


def test_a_history_without_nginx_has_nothing_to_tell(etc: EtcHistory) -> None:
    etc.commit({"motd": "hello"})
    etc.commit({"motd": "again"})
    outcome = walk(etc)
    assert (outcome.steps, outcome.open, outcome.gaps, outcome.commits, outcome.read) == ((), (), (), 2, 1)


def test_a_commit_that_touches_nothing_that_was_looked_at_is_not_read(
    etc: EtcHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def counting(name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(scanning, name)

        def call(*arguments: object, **options: object) -> object:
            done.append(name)
            return real(*arguments, **options)

        return call

    for stage in ("resolve", "build_state", "compare"):
        monkeypatch.setattr(scanning, stage, counting(stage))
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP, "nginx/sites-available/old": OFF})
    etc.commit({"motd": "hello"})
    etc.commit({"nginx/sites-available/old": None, "nginx/sites-available/new": WIKI})
    etc.commit({"nginx/.sites-enabled.swp": "x", "nginx/nginx.conf.dpkg-old": SITES})
    etc.commit({"passwd": "root"})
    outcome = walk(etc)
    assert (outcome.commits, outcome.read, outcome.steps, done) == (5, 1, (), ["resolve", "build_state"])


@pytest.mark.parametrize(
    "change",
    [
        {MAIN: SITES + "# more"},
        {"nginx/sites-enabled/shop": SHOP + "# more"},
        {"nginx/sites-enabled/wiki": "# a file that the pattern of the include matches"},
        {"nginx/sites-enabled/.hidden": "# names of a directory that was listed"},
        {"nginx/sites-enabled/shop": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_commit_that_touches_what_was_looked_at_is_read(etc: EtcHistory, change: dict[str, str | None]) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP})
    etc.commit(change)
    assert walk(etc).read == 2


def test_a_link_that_leads_elsewhere_is_a_change(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/a": SHOP, "nginx/b": SHOP.replace("}", "ssl_ciphers X; }")})
    etc.commit({"nginx/sites-enabled/shop": Link("../a")})
    etc.commit({"nginx/sites-enabled/shop": Link("../b")})
    outcome = walk(etc)
    assert [told(step)[-1] for step in outcome.steps] == [
        "ServerAdded shop.example:443",
        "SettingChanged shop.example:443 ssl_ciphers",
    ]
    assert [step.paths for step in outcome.steps] == [("nginx/sites-enabled/shop",)] * 2


def test_a_step_tells_which_of_its_paths_count(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP})
    etc.commit({"nginx/sites-enabled/shop": OFF, "nginx/sites-enabled/wiki": WIKI, "motd": "x", "nginx/mime.types": ""})
    (step,) = walk(etc).steps
    assert step.paths == ("nginx/sites-enabled/shop", "nginx/sites-enabled/wiki")


def test_a_step_knows_the_commit_before_even_if_that_was_none(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP})
    between = etc.commit({"motd": "x"})
    last = etc.commit({"nginx/sites-enabled/shop": OFF})
    (step,) = walk(etc).steps
    assert (step.commit.id, step.previous and step.previous.id) == (last, between)


# ---------------------------------------------------------------------- gaps, and what is remembered

BROKEN = "server { listen 443 ssl; server_name shop.example;"
CUT_SHORT = '[emerg] unexpected end of file, expecting "}" in nginx/sites-enabled/shop:1'
REFUSES = f"LoadChanged {MAIN}: loads -> {CUT_SHORT}"
LOADS = f"LoadChanged {MAIN}: {CUT_SHORT} -> loads"
STOPS = f"introduced nginx-refuses-configuration {MAIN} x1"
STARTS = f"resolved nginx-refuses-configuration {MAIN} x1"


def test_a_file_that_breaks_is_a_gap_and_not_a_removal(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP, "nginx/sites-enabled/wiki": WIKI})
    etc.commit({"nginx/sites-enabled/shop": BROKEN})
    (step,) = walk(etc).steps
    assert (told(step), said(step.findings), step.closed) == ([REFUSES], [STOPS], ())
    assert [(gap.path, gap.kind, gap.remembered) for gap in step.opened] == [
        ("nginx/sites-enabled/shop", GapKind.UNPARSABLE, True)
    ]


def test_a_file_that_is_mended_closes_the_gap_and_tells_what_is_really_different(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP, "nginx/sites-enabled/wiki": WIKI})
    etc.commit({"nginx/sites-enabled/shop": BROKEN})
    etc.commit({"nginx/sites-enabled/shop": SHOP})
    etc.commit({"nginx/sites-enabled/shop": BROKEN})
    etc.commit({"nginx/sites-enabled/shop": f"{SHOP.replace('}', 'ssl_ciphers X; }')}\n{SHOP.replace('shop', 'new')}"})
    outcome = walk(etc)
    assert [(len(step.opened), len(step.closed), told(step)) for step in outcome.steps] == [
        (1, 0, [REFUSES]),
        (0, 1, [LOADS]),
        (1, 0, [REFUSES]),
        (
            0,
            1,
            [
                LOADS,
                "ServerAdded new.example:443",
                "SettingChanged any other name on 0.0.0.0:443 ssl_ciphers",
                "SettingChanged shop.example on 0.0.0.0:443 ssl_ciphers",
                "SettingChanged shop.example:443 ssl_ciphers",
            ],
        ),
    ]
    assert outcome.gaps == ()


def test_a_finding_lives_on_through_a_gap(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF})
    etc.commit({"nginx/sites-enabled/shop": BROKEN})
    etc.commit({"nginx/sites-enabled/a": WIKI.replace("}", "ssl_ciphers AES256; }")})
    outcome = walk(etc, patterns("nginx-refuses-configuration", "session-tickets-mismatch"), OLD)
    assert [said(step.findings) for step in outcome.steps] == [[STOPS], []]
    assert [life.finding.pattern for life in outcome.open] == [
        "nginx-refuses-configuration",
        "session-tickets-mismatch",
    ]


def test_a_finding_that_a_new_unreadable_file_hides_is_not_cured(etc: EtcHistory) -> None:
    """The new file is included in http, and may say anything about what the default server inherits."""
    etc.commit({MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF})
    etc.commit({"nginx/sites-enabled/new": BROKEN})
    etc.commit({"nginx/sites-enabled/new": "# nothing after all"})
    etc.commit({"nginx/sites-enabled/shop": SHOP})
    outcome = walk(etc, options=OLD)
    assert [said(step.findings) for step in outcome.steps] == [
        [STOPS],
        [STARTS],
        ["resolved session-tickets-mismatch shop.example:443 x1"],
    ]


def test_a_finding_that_was_cured_out_of_sight_is_resolved_when_that_is_seen(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF})
    etc.commit({"nginx/sites-enabled/new": BROKEN})
    seen = etc.commit({"nginx/sites-enabled/new": "ssl_session_tickets off;"})
    outcome = walk(etc, options=OLD)
    assert [(step.commit.id, said(step.findings)) for step in outcome.steps[1:]] == [
        (seen, [STARTS, "resolved session-tickets-mismatch shop.example:443 x1"])
    ]


def test_a_file_that_was_never_readable_is_a_gap_and_its_servers_are_not_new(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": BROKEN, "nginx/sites-enabled/wiki": WIKI})
    etc.commit({"nginx/sites-enabled/shop": SHOP})
    outcome = walk(etc)
    assert [(told(step), len(step.opened), len(step.closed)) for step in outcome.steps] == [([LOADS], 0, 1)]


def test_a_main_file_that_was_never_readable_makes_nothing_new_either(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES.removesuffix("}\n"), "nginx/sites-enabled/shop": SHOP})
    etc.commit({MAIN: SITES})
    etc.commit({"nginx/sites-enabled/wiki": WIKI})
    outcome = walk(etc)
    says = '[emerg] unexpected end of file, expecting "}" in nginx/nginx.conf:5'
    assert [(told(step), len(step.closed)) for step in outcome.steps] == [
        ([f"LoadChanged {MAIN}: {says} -> loads"], 1),
        (["ServerAdded wiki.example:443"], 0),
    ]


def test_an_included_file_that_goes_missing_is_a_gap(etc: EtcHistory) -> None:
    """nginx refuses to load that, and goes on with what it had."""
    etc.commit({MAIN: SITES.replace("sites-enabled/*", "shop.conf"), "nginx/shop.conf": SHOP})
    etc.commit({"nginx/shop.conf": None})
    etc.commit({"nginx/shop.conf": OFF})
    outcome = walk(etc)
    assert [[(gap.path, gap.kind, gap.remembered) for gap in step.opened] for step in outcome.steps] == [
        [("nginx/shop.conf", GapKind.MISSING, True)],
        [],
    ]
    assert told(outcome.steps[0]) == []
    assert told(outcome.steps[1])[-1] == "SettingChanged shop.example:443 ssl_session_tickets"


def test_a_file_that_two_servers_miss_is_one_gap(etc: EtcHistory) -> None:
    files = {MAIN: SITES, "nginx/tls.conf": ""} | {f"nginx/sites-enabled/{name}": WIKI for name in "ab"}
    etc.commit(
        {path: text.replace("}", "include tls.conf; }") if text == WIKI else text for path, text in files.items()}
    )
    etc.commit({"nginx/tls.conf": None})
    (step,) = walk(etc).steps
    assert [gap.path for gap in step.opened] == ["nginx/tls.conf"]


def test_a_link_that_dangles_is_a_gap(etc: EtcHistory) -> None:
    etc.commit(
        {MAIN: SITES, "nginx/sites-available/shop": SHOP, "nginx/sites-enabled/shop": Link("../sites-available/shop")}
    )
    etc.commit({"nginx/sites-available/shop": None})
    (step,) = walk(etc).steps
    assert told(step) == []
    assert [(gap.path, gap.kind) for gap in step.opened] == [("nginx/sites-available/shop", GapKind.DANGLING_LINK)]


def test_removing_the_file_and_its_link_is_a_removal(etc: EtcHistory) -> None:
    etc.commit(
        {MAIN: SITES, "nginx/sites-available/shop": SHOP, "nginx/sites-enabled/shop": Link("../sites-available/shop")}
    )
    etc.commit({"nginx/sites-available/shop": None, "nginx/sites-enabled/shop": None})
    assert kinds(walk(etc)) == [["SocketRemoved", "ServerRemoved"]]


def test_a_gap_that_only_changes_its_wording_is_the_same_gap(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP})
    etc.commit({"nginx/sites-enabled/shop": BROKEN})
    etc.commit({"nginx/sites-enabled/shop": f"\n\n{BROKEN} }} }}"})
    assert len(walk(etc).steps) == 1


def test_nginx_purged_and_installed_again(etc: EtcHistory) -> None:
    files = {MAIN: SITES, "nginx/sites-enabled/shop": SHOP}
    etc.commit(files)
    etc.commit(dict.fromkeys(files))
    etc.commit(files)
    outcome = walk(etc)
    assert kinds(outcome) == [["SocketRemoved", "ServerRemoved"], ["SocketAdded", "ServerAdded"]]
    assert outcome.gaps == ()


def test_a_main_file_that_goes_missing_while_the_rest_stays_is_a_mistake(etc: EtcHistory) -> None:
    etc.commit({MAIN: SITES, "nginx/sites-enabled/shop": SHOP})
    etc.commit({MAIN: None})
    etc.commit({MAIN: SITES})
    outcome = walk(etc)
    assert [told(step) for step in outcome.steps] == [[], []]
    assert [[gap.path for gap in (*step.opened, *step.closed)] for step in outcome.steps] == [[MAIN], [MAIN]]


# ---------------------------------------------------------------------- which part of the history


@pytest.fixture
def story(etc: EtcHistory) -> list[str]:
    """Seven commits, five of which are steps."""
    contents: list[dict[str, str | None]] = [
        {MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": SHOP},
        {"nginx/sites-enabled/shop": OFF},
        {"motd": "x"},
        {"nginx/sites-enabled/shop": SHOP},
        {"nginx/sites-enabled/b": SHOP.replace("shop", "late")},
        {"nginx/sites-enabled/shop": OFF},
        {"nginx/sites-enabled/b": None},
    ]
    return [etc.commit(content) for content in contents]


def summary(outcome: Outcome) -> list[tuple[str, list[str], list[str]]]:
    # How often a finding has come is counted from where a walk begins.
    return [
        (
            step.commit.id,
            told(step),
            [line.rpartition(" ")[0].replace("returned", "introduced") for line in said(step.findings)],
        )
        for step in outcome.steps
    ]


def test_the_whole_story(etc: EtcHistory, story: list[str]) -> None:
    outcome = walk(etc, options=OLD)
    assert [step.commit.id for step in outcome.steps] == [story[place] for place in (1, 3, 4, 5, 6)]
    assert [said(step.findings) for step in outcome.steps] == [
        ["introduced session-tickets-mismatch shop.example:443 x1"],
        ["resolved session-tickets-mismatch shop.example:443 x1"],
        [],
        ["returned session-tickets-mismatch shop.example:443 x2"],
        [],
    ]


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_walk_in_two_parts_tells_what_one_walk_tells(etc: EtcHistory, story: list[str], cut: int) -> None:
    whole = summary(walk(etc, options=OLD))
    first, second = walk(etc, options=OLD, tip=story[cut]), walk(etc, options=OLD, after=story[cut])
    assert summary(first) + summary(second) == whole


def test_a_range_begins_with_the_commit_before_it(etc: EtcHistory, story: list[str]) -> None:
    outcome = walk(etc, options=OLD, after=story[1], tip=story[3])
    assert outcome.start is not None
    assert (outcome.start.id, outcome.commits, [step.commit.id for step in outcome.steps]) == (story[1], 2, [story[3]])
    assert [life.introduced for event in outcome.steps[0].findings for life in [event.life]] == [None]


def test_the_newest_few(etc: EtcHistory, story: list[str]) -> None:
    assert [step.commit.id for step in walk(etc, options=OLD, limit=2).steps] == story[5:]


def test_commits_with_a_wrong_clock_are_walked_and_only_the_wanted_are_told(etc: EtcHistory) -> None:
    etc.commit(
        {MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": SHOP}, when="2026-01-01T00:00+00:00"
    )
    in_time = etc.commit({"nginx/sites-enabled/shop": OFF}, when="2026-02-01T00:00+00:00")
    etc.commit({"nginx/sites-enabled/b": SHOP.replace("shop", "late")}, when="1970-01-02T00:00+00:00")
    again = etc.commit({"nginx/sites-enabled/shop": SHOP}, when="2026-02-03T00:00+00:00")
    outcome = walk(etc, options=OLD, since="2026-01-15T00:00+00:00")
    assert [step.commit.id for step in outcome.steps] == [in_time, again]
    assert said(outcome.steps[1].findings) == ["resolved session-tickets-mismatch shop.example:443 x1"]
    assert told(outcome.steps[1])[-1] == "SettingChanged shop.example:443 ssl_session_tickets"
    assert outcome.commits == 3


def test_a_root_is_a_beginning_and_not_cut_off(etc: EtcHistory, story: list[str]) -> None:
    assert len(story) == 7
    assert (walk(etc).shallow, walk(etc).start) == (False, None)


def test_a_shallow_history_says_so(etc: EtcHistory, story: list[str], tmp_path: Path) -> None:
    clone = EtcHistory(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth=3", etc.path.as_uri(), "main:refs/heads/main", "--update-head-ok")
    outcome = walk(clone, options=OLD)
    assert (outcome.shallow, outcome.commits, [step.commit.id for step in outcome.steps]) == (True, 3, story[5:])


def test_a_merge_is_told_by_itself_and_by_what_it_brought(etc: EtcHistory) -> None:
    root = etc.commit({MAIN: SITES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": SHOP})
    side = etc.commit({"nginx/sites-enabled/shop": OFF}, branch="side", parents=[root])
    here = etc.commit({"nginx/sites-enabled/b": SHOP.replace("shop", "late")})
    merge = etc.commit({"nginx/sites-enabled/shop": OFF}, parents=[here, side])
    outcome = walk(etc, options=OLD)
    assert [(step.commit.id, step.merged_by and step.merged_by.id) for step in outcome.steps] == [
        (here, None),
        (side, merge),
        (merge, None),
    ]
    assert [said(step.findings) for step in outcome.steps] == [
        [],
        [],
        ["introduced session-tickets-mismatch shop.example:443 x1"],
    ]
    assert outcome.commits == 4


def test_the_same_history_tells_the_same_twice(etc: EtcHistory, story: list[str]) -> None:
    first, second = walk(etc, options=OLD), walk(etc, options=OLD)
    assert len(first.steps) == 5
    assert (first.steps, first.open, first.gaps) == (second.steps, second.open, second.gaps)
    assert len(story) == 7


# ---------------------------------------------------------------------- versions

FILES = {MAIN: SITES, "nginx/sites-enabled/shop": SHOP}


def packages(*lines: str) -> str:
    return "\n".join(['committing changes in /etc made by "apt upgrade"', "", "Package changes:", *lines, ""])


def test_an_upgrade_of_nginx_is_a_step_without_any_file(etc: EtcHistory) -> None:
    etc.commit(FILES, packages("+nginx 1.22.1-9 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.24.0-1 amd64"))
    outcome = walk(etc)
    (step,) = outcome.steps
    assert (step.paths, outcome.read) == ((), 1)
    in_force = [
        change for change in step.changes if isinstance(change, SettingChanged) and "on 0" in str(change.subject)
    ]
    assert [(change.directive, change.by_upgrade) for change in in_force] == [("ssl_protocols", True)] * 2
    before, after = in_force[0].before, in_force[0].after
    assert (before.origin, after.origin) == (
        Default(NginxVersion(1, 22, 1), assumed=False),
        Default(NginxVersion(1, 24, 0), assumed=False),
    )
    assert isinstance(before.value, frozenset)
    assert isinstance(after.value, frozenset)
    assert after.value - before.value == {Protocol.TLS13}


def test_learning_the_version_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit(FILES)
    etc.commit({"apt/x": "1"}, packages("+nginx 1.18.0-6 amd64"))
    etc.commit({"nginx/sites-enabled/wiki": WIKI})
    outcome = walk(etc)
    assert [told(step) for step in outcome.steps] == [["ServerAdded wiki.example:443"]]
    assert outcome.steps[0].platform.nginx.version == NginxVersion(1, 18, 0)
    assert outcome.state is not None
    assert outcome.state.platform.nginx.evidence is Evidence.PACKAGE


def test_learning_the_library_is_no_upgrade_but_the_nginx_of_the_same_line_is(etc: EtcHistory) -> None:
    etc.commit(FILES, packages("+nginx 1.22.1-9 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.24.0-1 amd64", "+libssl3 3.0.11-1 amd64"))
    (step,) = walk(etc).steps
    assert {change.directive for change in step.changes if isinstance(change, SettingChanged)} == {"ssl_protocols"}


def test_the_calendar_is_no_upgrade(etc: EtcHistory) -> None:
    """nginx 1.24 is assumed in 2024 and 1.30 in 2026, and their defaults are not the same."""
    etc.commit(FILES, when="2024-01-01T00:00+00:00")
    etc.commit({"motd": "x"}, when="2026-06-01T00:00+00:00")
    etc.commit({"nginx/sites-enabled/wiki": WIKI}, when="2026-06-02T00:00+00:00")
    outcome = walk(etc)
    assert [told(step) for step in outcome.steps] == [["ServerAdded wiki.example:443"]]
    assert outcome.steps[0].platform.nginx.version == NginxVersion(1, 30, 0)


def test_a_version_that_the_user_gives_holds_for_all_of_the_history(etc: EtcHistory) -> None:
    etc.commit(FILES, packages("+nginx 1.22.1-9 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.24.0-1 amd64"))
    assert walk(etc, options=Options(nginx=NginxVersion(1, 20, 0))).steps == ()


def test_learning_the_library_settles_what_an_open_finding_is_worth(etc: EtcHistory) -> None:
    etc.commit({**FILES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF})
    etc.commit({"apt/x": "1"}, packages("+nginx 1.18.0-6 amd64", "+libssl1.1 1.1.1n-0 amd64"))
    outcome = walk(etc)
    assert outcome.steps == ()
    assert outcome.open == ()


def test_an_upgrade_of_the_library_makes_a_finding_less_bad_and_keeps_it(etc: EtcHistory) -> None:
    tls13 = SITES.replace("include", "ssl_protocols TLSv1.2 TLSv1.3; include")
    etc.commit(
        {MAIN: tls13, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF},
        packages("+nginx 1.18.0-6 amd64", "+libssl1.0.0 1.0.2g-1 amd64"),
    )
    etc.commit({"apt/x": "1"}, packages("-libssl1.0.0 1.0.2g-1 amd64", "+libssl1.1 1.1.1n-0 amd64"))
    outcome = walk(etc, TICKETS)
    assert [said(step.findings) for step in outcome.steps] == []
    assert [(str(life.finding.severity), life.finding.hit.variant) for life in outcome.open] == [
        ("low", "no-resumption")
    ]


# ---------------------------------------------------------------------- what ran before the first word of it


def defaults(step: Step) -> set[tuple[str, str, str]]:
    """The directives whose default a step moved, from which nginx to which."""
    return {
        (change.directive, str(change.before.origin.nginx), str(change.after.origin.nginx))
        for change in step.changes
        if isinstance(change, SettingChanged)
        and isinstance(change.before.origin, Default)
        and isinstance(change.after.origin, Default)
    }


def test_the_first_line_about_nginx_is_an_upgrade_if_it_says_so(etc: EtcHistory) -> None:
    etc.commit(FILES)
    upgrade = etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.24.0-1 amd64"))
    (step,) = walk(etc).steps
    assert (step.commit.id, defaults(step)) == (upgrade, {("ssl_protocols", "1.22.1", "1.24.0")})


def test_the_first_line_about_the_library_ends_what_the_old_one_broke(etc: EtcHistory) -> None:
    broken = {**FILES, "nginx/sites-enabled/a": WIKI, "nginx/sites-enabled/shop": OFF}
    etc.commit(broken, packages("+nginx 1.18.0-6 amd64"))
    etc.commit({"apt/x": "1"}, packages("-libssl1.0.0 1.0.2g-1 amd64", "+libssl1.1 1.1.1n-0 amd64"))
    outcome = walk(etc, TICKETS)
    assert [said(step.findings) for step in outcome.steps] == [
        ["resolved session-tickets-mismatch shop.example:443 x1"]
    ]
    assert outcome.open == ()


def test_an_upgrade_that_no_commit_tells_is_nobody_s_change(etc: EtcHistory) -> None:
    etc.commit(FILES, packages("+nginx 1.22.1-9 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.24.0-1 amd64", "+nginx 1.24.0-2 amd64"))
    outcome = walk(etc)
    assert outcome.steps == ()
    assert outcome.state is not None
    assert outcome.state.platform.nginx.version == NginxVersion(1, 24, 0)


def test_an_upgrade_after_a_way_back_that_no_commit_tells_is_told(etc: EtcHistory) -> None:
    etc.commit(FILES, packages("+nginx 1.24.0-1 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.24.0-1 amd64"))
    assert [defaults(step) for step in walk(etc).steps] == [{("ssl_protocols", "1.22.1", "1.24.0")}]


# ---------------------------------------------------------------------- what the distribution's release says

BOOKWORM, TRIXIE = {"debian_version": "12.5\n"}, {"debian_version": "13.0\n"}
NGINX_ORG = {"apt/sources.list.d/nginx.list": "deb https://nginx.org/packages/debian bookworm nginx\n"}


def test_learning_the_release_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit(FILES)
    etc.commit(BOOKWORM)
    outcome = walk(etc)
    assert outcome.steps == ()
    assert outcome.state is not None
    assert (outcome.state.platform.nginx.evidence, outcome.state.platform.nginx.version) == (
        Evidence.DISTRIBUTION,
        NginxVersion(1, 22, 1),
    )


def test_what_is_known_of_nginx_alone_counts_at_once_and_as_long_as_it_holds(etc: EtcHistory) -> None:
    etc.commit(FILES)
    etc.commit({"lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\n"})
    etc.commit(NGINX_ORG)
    ends = [walk(etc, tip=tip).state for tip in ("HEAD^", "HEAD")]
    assert [end and end.platform.nginx.evidence for end in ends] == [Evidence.DISTRIBUTION, Evidence.ASSUMED]


def test_a_package_after_the_release_tells_more_and_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit({**FILES, **BOOKWORM})
    etc.commit({"apt/x": "1"}, packages("+nginx 1.24.0-1 amd64"))
    assert walk(etc).steps == ()


def test_another_source_of_nginx_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit({**FILES, **BOOKWORM})
    etc.commit(NGINX_ORG)
    etc.commit({"nginx/sites-enabled/wiki": WIKI})
    outcome = walk(etc)
    assert [told(step) for step in outcome.steps] == [["ServerAdded wiki.example:443"]]
    assert outcome.state is not None
    assert outcome.state.platform.nginx.evidence is Evidence.ASSUMED


def test_a_new_release_is_an_upgrade_of_what_it_ships(etc: EtcHistory) -> None:
    etc.commit({**FILES, **BOOKWORM})
    etc.commit(TRIXIE)
    assert [defaults(step) for step in walk(etc).steps] == [{("ssl_protocols", "1.22.1", "1.26.3")}]


def test_a_release_that_comes_before_its_nginx_is_no_upgrade_yet(etc: EtcHistory) -> None:
    etc.commit({**FILES, **BOOKWORM})
    etc.commit(TRIXIE, packages("-base-files 12.4 amd64", "+base-files 13.8 amd64"))
    upgrade = etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-9 amd64", "+nginx 1.26.3-3 amd64"))
    assert [(step.commit.id, defaults(step)) for step in walk(etc).steps] == [
        (upgrade, {("ssl_protocols", "1.22.1", "1.26.3")})
    ]


@pytest.mark.parametrize("cut", range(5))
def test_a_walk_that_begins_in_the_middle_knows_the_release(etc: EtcHistory, cut: int) -> None:
    ids = [
        etc.commit({**FILES, **BOOKWORM}),
        etc.commit(NGINX_ORG),
        etc.commit({"apt/sources.list.d/nginx.list": None}),
        etc.commit(TRIXIE),
        etc.commit({"nginx/sites-enabled/wiki": WIKI}, packages("-nginx 1.26.3-3 amd64", "+nginx 1.26.3-3.1 amd64")),
        etc.commit({"nginx/sites-enabled/wiki": None}),
    ]

    def summary(outcome: Outcome) -> list[tuple[str, list[str], tuple[object, ...]]]:
        return [(step.commit.id, told(step), step.platform.knowledge) for step in outcome.steps]

    whole = summary(walk(etc))
    assert [step[0] for step in whole] == ids[3:]
    assert summary(walk(etc, tip=ids[cut])) + summary(walk(etc, after=ids[cut])) == whole


# ---------------------------------------------------------------------- two states without a history


def test_two_states_compare_as_if_a_commit_lay_between_them() -> None:
    before, after = (
        state(http(WIKI, SHOP), platform(library="1.0.2k")),
        state(http(WIKI, OFF), platform(library="1.0.2k")),
    )
    there, back = (compare_states(*pair, EVERY_PATTERN) for pair in ((before, after), (after, before)))
    assert [life.finding.pattern for life in there.introduced] == ["session-tickets-mismatch"]
    assert [life.finding.pattern for life in back.resolved] == ["session-tickets-mismatch"]
    assert (there.resolved, back.introduced) == ((), ())
    assert len(there.changes) == len(back.changes) == 2


def test_two_states_on_assumed_versions_are_judged_on_one() -> None:
    old, new = (state(http(SHOP), platform(nginx, None, Evidence.ASSUMED)) for nginx in ("1.22.1", "1.30.0"))
    assert compare_states(old, new, EVERY_PATTERN).changes == ()
    old, new = (state(http(SHOP), platform(nginx, None)) for nginx in ("1.22.1", "1.30.0"))
    assert compare_states(old, new, EVERY_PATTERN).changes != ()


def test_what_a_release_ships_and_what_a_package_line_says_are_no_two_versions() -> None:
    ships, said_so = platform("1.22.1", None, Evidence.DISTRIBUTION), platform("1.30.0", None)
    old, new = state(http(SHOP), ships), state(http(SHOP), said_so)
    assert compare_states(old, new, EVERY_PATTERN).changes == ()
    assert compare_states(new, old, EVERY_PATTERN).changes == ()


def test_one_state_is_judged_without_a_history() -> None:
    lives = judge_state(state(http(WIKI, OFF), platform(library="1.0.2k")), EVERY_PATTERN)
    assert [(life.finding.pattern, life.introduced) for life in lives] == [("session-tickets-mismatch", None)]


# ---------------------------------------------------------------------- lazily


def test_steps_come_one_by_one(etc: EtcHistory, story: list[str]) -> None:
    with Repository.open(etc.path) as repository:
        walking = Scan(repository, repository.select(Selection()), EVERY_PATTERN, Observer(repository.read, OLD))
        steps = walking.steps()
        first = next(steps)
        assert (first.commit.id, walking.commits) == (story[1], 2)
        assert [one.commit.committed < two.commit.committed for one, two in pairwise([first, *steps])] == [True] * 4
        assert walking.commits == 7


def test_a_key_that_everybody_may_read_now_is_told_although_only_its_mode_changed(etc: EtcHistory) -> None:
    pair = "ssl_certificate a.crt; ssl_certificate_key a.key;"
    conf = f"events {{}}\nhttp {{\n    server {{ listen 443 ssl; {pair} }}\n}}\n"
    script = "maybe chmod 0755 'nginx'\nmaybe chmod {} 'nginx/a.key'\nmaybe chmod 0644 'nginx/a.crt'\n"
    etc.commit({MAIN: conf, "nginx/a.key": "secret", "nginx/a.crt": "x", ".etckeeper": script.format("0600")})
    etc.commit({".etckeeper": script.format("0600") + "maybe chmod 0644 'motd'\n", "motd": "hello"})
    etc.commit({".etckeeper": script.format("0644")})
    (step,) = walk(etc).steps
    assert [event.finding.pattern for event in step.findings] == ["private-key-exposed"]
    assert (step.paths, step.changes) == ((".etckeeper",), ())
