"""What an upgrade of nginx or its library changes although nobody touched the configuration, and whose doing it is."""

import pytest

from driftscan.drift.changes import Scope, SettingChanged, Side
from driftscan.drift.compare import compare
from driftscan.drift.scan import Step
from driftscan.drift.subjects import EndpointSubject, ServerSubject
from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Location
from driftscan.nginx.directives.base import Decider, Default, Explicit
from driftscan.nginx.directives.values import Protocol, show
from driftscan.tls.endpoints import Split
from tests.drift.trees import MAIN, endpoint, http, platform, server, state
from tests.drift.walks import said, told, walk
from tests.etc import EtcHistory

CATCH_ALL = "server { listen 443 ssl default_server; }"
SHOP = "server { listen 443 ssl; server_name shop.example; %s }"
OLDEST = frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12})
EVER = OLDEST | {Protocol.TLS13}
BOTH = frozenset({Protocol.TLS12, Protocol.TLS13})
NEW = frozenset({Protocol.TLS13})


def packages(*lines: str) -> str:
    return "\n".join(['committing changes in /etc made by "apt upgrade"', "", "Package changes:", *lines, ""])


def upgraded(etc: EtcHistory, text: str, old: str, new: str, *, after: str | None = None) -> Step:
    """The step of a commit that upgrades nginx, and changes the configuration only where `after` says so."""
    library = "+libssl3 3.0.11-1 amd64"
    etc.commit({MAIN: text}, packages(f"+nginx {old}-1 amd64", library))
    change = {"apt/x": "1"} if after is None else {MAIN: after}
    etc.commit(change, packages(f"-nginx {old}-1 amd64", f"+nginx {new}-1 amd64"))
    (step,) = walk(etc).steps
    return step


def settings(step: Step) -> list[SettingChanged]:
    return [change for change in step.changes if isinstance(change, SettingChanged)]


def default(nginx: str) -> Default:
    return Default(NginxVersion.parse(nginx), assumed=False)


@pytest.mark.parametrize(
    ("old", "new", "was", "now"),
    [
        ("1.23.3", "1.23.4", OLDEST, EVER),
        ("1.22.1", "1.24.0", OLDEST, EVER),
        ("1.27.2", "1.27.3", EVER, BOTH),
        ("1.26.3", "1.28.0", EVER, BOTH),
        ("1.28.0", "1.26.3", BOTH, EVER),
    ],
)
def test_a_default_that_moves_is_nobodys_doing(
    etc: EtcHistory, old: str, new: str, was: frozenset[Protocol], now: frozenset[Protocol]
) -> None:
    step = upgraded(etc, http(SHOP % ""), old, new)
    assert (step.by_upgrade, step.paths) == (True, ())
    shop = server("shop.example", 3)
    met, own = (
        [Side(value, default(nginx), decider, shop) for value, nginx in ((was, old), (now, new))]
        for decider in (Decider.DEFAULT_SERVER, None)
    )

    def changed(scope: Scope, subject: EndpointSubject | ServerSubject, before: Side, after: Side) -> SettingChanged:
        return SettingChanged(scope, subject, "ssl_protocols", before, after, in_force=True, by_upgrade=True)

    assert step.changes == (
        changed(Scope.IN_FORCE, endpoint("", shop), *met),
        changed(Scope.IN_FORCE, endpoint("shop.example", shop), *met),
        changed(Scope.CONFIGURED, shop, *own),
    )


def test_another_decider_is_nobodys_doing_although_somebody_wrote_the_values(etc: EtcHistory) -> None:
    """Since 1.29.2 the server that the name selects decides: what is written there comes into force by itself."""
    text = http(CATCH_ALL.replace("}", "ssl_protocols TLSv1.2 TLSv1.3; }"), SHOP % "ssl_protocols TLSv1.3;")
    step = upgraded(etc, text, "1.29.1", "1.29.2")
    assert step.by_upgrade
    shop = server("shop.example", 4)
    assert step.changes == (
        SettingChanged(
            Scope.IN_FORCE,
            endpoint("shop.example", shop),
            "ssl_protocols",
            Side(BOTH, Explicit((Location(MAIN, 3),)), Decider.DEFAULT_SERVER, server("", 3)),
            Side(NEW, Explicit((Location(MAIN, 4),)), Decider.SNI_SERVER, shop),
            in_force=True,
            by_upgrade=True,
        ),
    )


def test_a_value_that_two_servers_made_together_is_one_servers_since_1_29_2(etc: EtcHistory) -> None:
    (change,) = settings(upgraded(etc, http(CATCH_ALL, SHOP % "ssl_session_tickets off;"), "1.29.1", "1.29.2"))
    split = Split(sni_server=False, default_server=True, wording="{sni} (default server: {default})")
    assert (change.before.value, change.after.value, change.by_upgrade) == (split, False, True)


def test_a_library_that_lets_nginx_choose_early_is_an_upgrade_too(etc: EtcHistory) -> None:
    text = http(CATCH_ALL, SHOP % "ssl_protocols TLSv1.2;")
    etc.commit({MAIN: text}, packages("+nginx 1.29.2-1 amd64", "+libssl1.0.0 1.0.2u-1 amd64"))
    etc.commit({"apt/x": "1"}, packages("-libssl1.0.0 1.0.2u-1 amd64", "+libssl3 3.0.11-1 amd64"))
    (step,) = walk(etc).steps
    assert step.by_upgrade
    assert [(str(change.subject), change.directive, change.by_upgrade) for change in settings(step)] == [
        ("shop.example on 0.0.0.0:443", "ssl_protocols", True)
    ]


def test_a_directive_that_begins_to_count_is_nobodys_doing(etc: EtcHistory) -> None:
    """`add_header_inherit` came with 1.29.3, and with it the header that the server had lost by its own."""
    lines = "add_header X-Shop 1; add_header_inherit merge;"
    text = http('add_header Strict-Transport-Security "max-age=60" always;', SHOP % lines)
    step = upgraded(etc, text, "1.28.0", "1.30.0")
    hsts = [change for change in settings(step) if "Strict" in change.directive]
    assert [(str(change.subject), show(change.before.value), show(change.after.value)) for change in hsts] == [
        ("any other name on 0.0.0.0:443", "not sent", "max-age=60 always"),
        ("shop.example on 0.0.0.0:443", "not sent", "max-age=60 always"),
        ("shop.example:443", "not sent", "max-age=60 always"),
    ]
    assert all(change.by_upgrade for change in hsts)


def test_a_finding_that_ends_by_an_upgrade_is_a_step_of_that_kind(etc: EtcHistory) -> None:
    step = upgraded(etc, http(CATCH_ALL, SHOP % "ssl_protocols TLSv1.3;"), "1.28.0", "1.30.0")
    # What was written takes effect, which ends one finding and makes another of it.
    assert (step.by_upgrade, said(step.findings)) == (
        True,
        [
            "introduced protocols-narrowed shop.example:443 x1",
            "resolved protocols-ignored-outside-default-server shop.example:443 x1",
        ],
    )


# ---------------------------------------------------------------------- an upgrade and an edit in one commit


def test_in_one_commit_each_change_says_whose_doing_it_is(etc: EtcHistory) -> None:
    before, after = http(SHOP % ""), http(SHOP % "ssl_ciphers AES256;")
    step = upgraded(etc, before, "1.22.1", "1.24.0", after=after)
    assert (step.by_upgrade, step.paths) == (False, (MAIN,))
    assert {(change.directive, change.by_upgrade) for change in settings(step)} == {
        ("ssl_ciphers", False),
        ("ssl_protocols", True),
    }


def test_a_line_that_is_only_moved_is_no_edit(etc: EtcHistory) -> None:
    line = "ssl_protocols TLSv1.3;"
    before, after = http(CATCH_ALL, SHOP % line), http("# two", "# more", CATCH_ALL, SHOP % line)
    step = upgraded(etc, before, "1.28.0", "1.30.0", after=after)
    assert (step.by_upgrade, [change.by_upgrade for change in settings(step)]) == (False, [True])


def test_a_value_that_is_written_at_the_same_time_is_the_writers(etc: EtcHistory) -> None:
    step = upgraded(etc, http(SHOP % ""), "1.22.1", "1.24.0", after=http(SHOP % "ssl_protocols TLSv1.3;"))
    assert {(change.directive, change.by_upgrade) for change in settings(step)} == {("ssl_protocols", False)}


def test_another_default_server_is_somebodys_doing(etc: EtcHistory) -> None:
    first = "server { listen 443 ssl; server_name a.example; ssl_protocols TLSv1.2; }"
    step = upgraded(etc, http(SHOP % ""), "1.22.1", "1.24.0", after=http(first, SHOP % ""))
    found = {(str(change.subject), change.by_upgrade) for change in settings(step)}
    assert ("any other name on 0.0.0.0:443", False) in found
    assert ("shop.example:443", True) in found


def test_another_certificate_does_not_make_protocols_somebodys_doing(etc: EtcHistory) -> None:
    before = http(CATCH_ALL, SHOP % "ssl_protocols TLSv1.3;")
    other = before.replace("/c.pem", "/d.pem").replace("/c.key", "/d.key")
    step = upgraded(etc, before, "1.28.0", "1.30.0", after=other)
    protocols = [change for change in settings(step) if change.directive == "ssl_protocols"]
    assert [(change.scope, change.by_upgrade) for change in protocols] == [(Scope.IN_FORCE, True)]


def test_a_server_that_loses_its_say_with_its_certificate_is_somebodys_doing(etc: EtcHistory) -> None:
    own = "ssl_certificate /d.pem; ssl_certificate_key /d.key;"
    before = "\n".join(
        ["events {}", "http {", CATCH_ALL.replace("}", f"{own} }}"), SHOP % f"ssl_ciphers AES256; {own}", "}"]
    )
    after = before.replace(f"AES256; {own}", "AES256;")
    ciphers = [
        change
        for change in settings(upgraded(etc, before, "1.22.1", "1.24.0", after=after))
        if change.directive == "ssl_ciphers"
    ]
    assert [(str(change.subject), change.by_upgrade) for change in ciphers] == [("shop.example on 0.0.0.0:443", False)]


def test_a_socket_that_an_upgrade_makes_plain_is_nobodys_doing(etc: EtcHistory) -> None:
    """`ssl on` is gone in 1.25.1, and with it the TLS of a listen that does not say so itself."""
    step = upgraded(etc, http("server { listen 443 ssl; listen 8443; ssl on; }"), "1.25.0", "1.25.1")
    says = '[emerg] unknown directive "ssl" in nginx/nginx.conf:3'
    assert told(step) == [
        f"LoadChanged {MAIN}: loads -> {says}",
        "SocketRemoved 0.0.0.0:8443",
        "SettingChanged (no name):443 listen",
    ]
    assert [change.by_upgrade for change in settings(step)] == [True]


def test_http2_of_a_socket_is_written_and_never_an_upgrade(etc: EtcHistory) -> None:
    step = upgraded(
        etc, http(SHOP % ""), "1.22.1", "1.24.0", after=http((SHOP % "").replace("443 ssl", "443 ssl http2"))
    )
    assert {(change.directive, change.by_upgrade) for change in settings(step)} == {
        ("http2", False),
        ("listen", False),
        ("ssl_protocols", True),
    }


# ---------------------------------------------------------------------- what is none


def test_without_another_version_nothing_is_an_upgrade() -> None:
    old, new = state(http(SHOP % "")), state(http(SHOP % "ssl_protocols TLSv1.3;"))
    found = [change for change in compare(old, new).changes if isinstance(change, SettingChanged)]
    assert [change.by_upgrade for change in found] == [False] * 3


def test_without_another_version_nothing_is_an_upgrade_even_where_all_servers_say_the_same() -> None:
    commands = "ssl_conf_command Options PrioritizeChaCha; ssl_conf_command Groups X25519;"
    one = http(commands, (SHOP % "").replace("shop.example", "a.example shop.example"))
    two = http(commands, (SHOP % "").replace("shop.example", "a.example"), SHOP % "")
    found = compare(state(one), state(two)).changes
    assert not any(isinstance(change, SettingChanged) and change.by_upgrade for change in found)


def test_an_edit_is_no_upgrade(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "")})
    etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.3;")})
    (step,) = walk(etc).steps
    assert not step.by_upgrade
    assert not any(change.by_upgrade for change in settings(step))


def test_an_upgrade_that_changes_nothing_is_no_step(etc: EtcHistory) -> None:
    etc.commit({MAIN: http(SHOP % "ssl_protocols TLSv1.3;")}, packages("+nginx 1.22.1-1 amd64"))
    etc.commit({"apt/x": "1"}, packages("-nginx 1.22.1-1 amd64", "+nginx 1.24.0-1 amd64"))
    assert walk(etc).steps == ()


def test_two_trees_with_the_same_words_on_two_platforms_differ_by_them_alone() -> None:
    text = http(CATCH_ALL, SHOP % "ssl_protocols TLSv1.3;")
    old, new = state(text, platform("1.28.0")), state(f"# another file\n{text}", platform("1.30.0"))
    found = [change for change in compare(old, new).changes if isinstance(change, SettingChanged)]
    assert [(change.scope, change.by_upgrade) for change in found] == [(Scope.IN_FORCE, True)]


def test_a_merged_upgrade_is_of_that_kind_on_its_branch(etc: EtcHistory) -> None:
    root = etc.commit({MAIN: http(SHOP % "")}, packages("+nginx 1.22.1-1 amd64"))
    line = packages("-nginx 1.22.1-1 amd64", "+nginx 1.24.0-1 amd64")
    side = etc.commit({"apt/x": "1"}, line, branch="side", parents=[root])
    merge = etc.commit({"apt/x": "1"}, parents=[root, side])
    (step,) = walk(etc).steps
    assert (step.commit.id, step.by_upgrade, step.merged_by and step.merged_by.id) == (side, True, merge)
