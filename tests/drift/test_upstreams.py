"""TLS towards other servers: what the other side meets differently, and where it comes from."""

import pytest

from driftscan.drift.changes import Change, Scope, SettingChanged, Side
from driftscan.drift.compare import compare
from driftscan.drift.query import Query, select
from driftscan.drift.subjects import ServerSubject, UpstreamSubject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Default, Explicit, Inherited, Origin
from driftscan.nginx.directives.values import Protocol
from tests.drift.trees import MAIN, Files, platform, state
from tests.drift.walks import told, walk
from tests.etc import EtcHistory

OLDEST = frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12})
EVER = OLDEST | {Protocol.TLS13}
NEW = frozenset({Protocol.TLS13})
PLAIN = ServerSubject("shop.example", ("shop.example",), (), Location(MAIN, 4))
"""The server that passes on: it listens without TLS, and lines 3, 5 and 7 are those of http, server and location."""
API = UpstreamSubject(PLAIN, "/api", "https://backend")


def passing(http: str = "", server: str = "", location: str = "", target: str = "https://backend") -> str:
    """One server with one location, and what is said on each of the three levels."""
    return "\n".join(
        [
            "events {}",
            "http {",
            http,
            "server { listen 80; server_name shop.example;",
            server,
            "location /api {",
            location,
            f"proxy_pass {target};",
            "} } }",
        ]
    )


def changes(before: Files | str, after: Files | str, nginx: str = "1.24.0") -> tuple[Change, ...]:
    return compare(state(before, platform(nginx)), state(after, platform(nginx))).changes


def default(nginx: str = "1.24.0") -> Default:
    return Default(NginxVersion.parse(nginx), assumed=False)


def explicit(line: int) -> Explicit:
    return Explicit((Location(MAIN, line),))


def inherited(line: int) -> Inherited:
    return Inherited((Location(MAIN, line),))


def changed(
    name: str, was: tuple[object, Origin], now: tuple[object, Origin], *, by_upgrade: bool = False
) -> SettingChanged:
    before, after = (Side(value, origin, Decider.UPSTREAM, PLAIN) for value, origin in (was, now))
    return SettingChanged(Scope.IN_FORCE, API, name, before, after, in_force=True, by_upgrade=by_upgrade)


VERIFY = "proxy_ssl_verify"
ON, OFF = f"{VERIFY} on; proxy_ssl_trusted_certificate /ca.pem;", f"{VERIFY} off;"


@pytest.mark.parametrize(
    ("level", "origin"),
    [("http", inherited(3)), ("server", inherited(5)), ("location", explicit(7))],
)
def test_a_change_is_told_from_whatever_level_it_comes(level: str, origin: Origin) -> None:
    before, after = passing(), passing(**{level: "proxy_ssl_verify_depth 3;"})
    name = "proxy_ssl_verify_depth"
    assert changes(before, after) == (changed(name, (1, default()), (3, origin)),)
    assert changes(after, before) == (changed(name, (3, origin), (1, default())),)


def test_what_an_inner_level_says_otherwise_is_not_changed_from_outside() -> None:
    assert changes(passing(location=OFF), passing(http=f"{VERIFY} on;", location=OFF)) == ()
    assert changes(passing(server=OFF, location=""), passing(http=f"{VERIFY} on;", server=OFF)) == ()


def test_a_level_that_comes_between_decides_from_there_on() -> None:
    outer = "proxy_ssl_ciphers HIGH;"
    assert changes(passing(http=outer), passing(http=outer, server="proxy_ssl_ciphers AES256;")) == (
        changed("proxy_ssl_ciphers", ("HIGH", inherited(3)), ("AES256", inherited(5))),
    )


def test_moving_a_line_to_another_level_changes_nothing() -> None:
    forms = [passing(**{level: "proxy_ssl_server_name on;"}) for level in ("http", "server", "location")]
    assert [changes(one, other) for one in forms for other in forms] == [()] * 9


def test_writing_out_a_default_changes_nothing() -> None:
    assert changes(passing(), passing(location="proxy_ssl_server_name off; proxy_ssl_verify_depth 1;")) == ()


def test_several_directives_are_told_in_their_order() -> None:
    found = changes(passing(), passing(location=ON))
    assert found == (
        changed("proxy_ssl_trusted_certificate", (None, default()), ("/ca.pem", explicit(7))),
        changed(VERIFY, (False, default()), (True, explicit(7))),
    )


def test_every_place_of_a_server_is_told_by_itself() -> None:
    def two(line: str) -> str:
        deep = "location /deep { proxy_pass https://deep; }"
        return passing(server=line, location=deep)

    found = changes(two(""), two("proxy_ssl_verify_depth 2;"))
    assert [str(change.subject) for change in found] == [
        "shop.example /api -> https://backend",
        "shop.example /api /deep -> https://deep",
    ]


def test_settings_of_places_that_speak_no_tls_are_nobodys_business() -> None:
    for target in ("http://backend", "http://$host"):
        assert changes(passing(target=target), passing(target=target, location="proxy_ssl_verify_depth 2;")) == ()


def test_where_only_the_request_tells_they_are_told() -> None:
    before, after = (passing(target="$backend", location=line) for line in ("", "proxy_ssl_verify_depth 2;"))
    (change,) = changes(before, after)
    assert str(change.subject) == "shop.example /api -> $backend"


# ---------------------------------------------------------------------- where TLS begins and ends


def test_tls_begins_and_ends_with_the_scheme() -> None:
    plain, tls = passing(target="http://backend", location=OFF), passing(location=OFF)
    http, https = (
        Side(target, explicit(8), Decider.UPSTREAM, PLAIN) for target in ("http://backend", "https://backend")
    )
    assert changes(plain, tls) == (SettingChanged(Scope.IN_FORCE, API, "proxy_pass", http, https, in_force=True),)
    back = UpstreamSubject(PLAIN, "/api", "http://backend")
    assert changes(tls, plain) == (SettingChanged(Scope.IN_FORCE, back, "proxy_pass", https, http, in_force=True),)


def test_the_settings_that_begin_with_it_are_not_told_one_by_one() -> None:
    found = changes(passing(target="http://backend"), passing(location=ON))
    assert [change.directive for change in found if isinstance(change, SettingChanged)] == ["proxy_pass"]


def test_another_target_is_no_other_setting() -> None:
    assert changes(passing(), passing(target="https://other")) == ()
    assert changes(passing(target="http://a"), passing(target="http://$b")) == ()


def test_a_place_that_comes_or_goes_changes_no_setting() -> None:
    without = "events {}\nhttp {\n\nserver { listen 80; server_name shop.example;\n} }"
    assert changes(without, passing(location=ON)) == changes(passing(location=ON), without) == ()


STREAM = "events {}\nstream {\n%s\nserver { listen 5432; proxy_pass db:5432;\n%s } }\n"
DATABASE = ServerSubject("", ("",), (), Location(MAIN, 4))


def test_in_stream_tls_begins_and_ends_with_its_switch() -> None:
    to = UpstreamSubject(DATABASE, "", "db:5432")
    off, on = (
        Side(value, origin, Decider.UPSTREAM, DATABASE) for value, origin in ((False, default()), (True, inherited(3)))
    )
    before, after = STREAM % ("", "proxy_ssl_verify_depth 2;"), STREAM % ("proxy_ssl on;", "")
    assert changes(before, after) == (SettingChanged(Scope.IN_FORCE, to, "proxy_ssl", off, on, in_force=True),)
    assert changes(after, before) == (SettingChanged(Scope.IN_FORCE, to, "proxy_ssl", on, off, in_force=True),)


def test_a_setting_of_stream_is_told_where_its_switch_is_on() -> None:
    for switch, told_of in (("proxy_ssl on;", ["proxy_ssl_server_name"]), ("", [])):
        found = changes(STREAM % (switch, ""), STREAM % (switch, "proxy_ssl_server_name on;"))
        assert [change.directive for change in found if isinstance(change, SettingChanged)] == told_of
        assert [str(change.subject) for change in found] == ["(no name) -> db:5432"] * len(told_of)


def test_a_switch_that_may_stand_in_an_unread_file_is_no_change() -> None:
    dark, on = STREAM % ("include tls.conf;", ""), STREAM % ("proxy_ssl on;", "")
    assert changes(dark, on) == changes(on, dark) == ()


@pytest.mark.parametrize(
    ("passes", "prefix"), [("grpc_pass grpcs://backend", "grpc"), ("uwsgi_pass suwsgi://backend", "uwsgi")]
)
def test_the_other_ways_of_passing_on_have_their_own_directives(passes: str, prefix: str) -> None:
    def text(line: str) -> str:
        return f"events {{}}\nhttp {{ server {{ location / {{ {passes}; {line} }} }} }}"

    (change,) = changes(text(""), text(f"{prefix}_ssl_verify_depth 2;"))
    assert isinstance(change, SettingChanged)
    assert (change.directive, change.before.value, change.after.value) == (f"{prefix}_ssl_verify_depth", 1, 2)
    assert changes(text(""), text("proxy_ssl_verify_depth 2;")) == ()


def test_what_an_unread_file_may_say_is_no_change() -> None:
    dark = passing(location="include missing.conf;")
    assert changes(dark, passing(location="proxy_ssl_verify_depth 2;")) == ()


# ---------------------------------------------------------------------- releases


def upgraded(old: str, new: str, text: str) -> tuple[Change, ...]:
    return compare(state(text, platform(old)), state(text, platform(new))).changes


@pytest.mark.parametrize(
    ("old", "new", "was", "now"),
    [("1.23.3", "1.23.4", OLDEST, EVER), ("1.27.2", "1.27.3", EVER, EVER - {Protocol.TLS10, Protocol.TLS11})],
)
def test_the_default_protocols_of_a_release_are_nobodys_doing(
    old: str, new: str, was: frozenset[Protocol], now: frozenset[Protocol]
) -> None:
    expected = changed("proxy_ssl_protocols", (was, default(old)), (now, default(new)), by_upgrade=True)
    assert upgraded(old, new, passing()) == (expected,)
    assert upgraded(old, new, passing(http="proxy_ssl_protocols TLSv1.2;")) == ()
    assert upgraded(old, new, passing(target="http://backend")) == ()


def packages(*lines: str) -> str:
    return "\n".join(['committing changes in /etc made by "apt upgrade"', "", "Package changes:", *lines, ""])


@pytest.mark.parametrize(("old", "new"), [("1.23.3", "1.23.4"), ("1.27.2", "1.27.3")])
def test_an_upgrade_is_a_step_of_its_own_kind(etc: EtcHistory, old: str, new: str) -> None:
    etc.commit({MAIN: passing()}, packages(f"+nginx {old}-1 amd64"))
    upgrade = etc.commit({"apt/x": "1"}, packages(f"-nginx {old}-1 amd64", f"+nginx {new}-1 amd64"))
    etc.commit({MAIN: passing(location="proxy_ssl_protocols TLSv1.3;")})
    first, second = walk(etc).steps
    assert (first.commit.id, first.by_upgrade, first.paths) == (upgrade, True, ())
    assert (second.by_upgrade, second.paths) == (False, (MAIN,))
    wanted = ["SettingChanged shop.example /api -> https://backend proxy_ssl_protocols"]
    assert [told(step) for step in (first, second)] == [wanted, wanted]
    assert [
        change.by_upgrade for change in (*first.changes, *second.changes) if isinstance(change, SettingChanged)
    ] == [
        True,
        False,
    ]
    (by_upgrade,) = first.changes
    assert isinstance(by_upgrade, SettingChanged)
    was = by_upgrade.after.value, by_upgrade.after.origin
    assert second.changes == (changed("proxy_ssl_protocols", was, (NEW, explicit(7))),)


def test_it_is_found_by_the_server_that_passes_on(etc: EtcHistory) -> None:
    etc.commit({MAIN: passing()})
    etc.commit({MAIN: passing(location="proxy_ssl_verify_depth 2;")})
    outcome = walk(etc)
    assert len(select(outcome, Query(server="shop.*", directive="proxy_ssl_*")).steps) == 1
    assert select(outcome, Query(server="other.example")).steps == ()
