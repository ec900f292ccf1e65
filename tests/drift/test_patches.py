import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.compare import Transition
from driftscan.drift.findings import Finding, Hit, PatternId, Severity, judge
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.patches import Patch, patches
from driftscan.drift.scan import judge_state
from driftscan.drift.state import State
from driftscan.drift.subjects import server_subject
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_PREFER_SERVER_CIPHERS, SSL_SESSION_TICKETS
from driftscan.nginx.edits import Edit, Inside, Replace
from driftscan.nginx.includes import Layout
from tests.drift.trees import MAIN, Files, http, platform, state, tree
from tests.etc import ENVIRONMENT, Content, EtcHistory, Link

Fix = Callable[[State, Hit], Iterable[Edit]]
OFF = "ssl_session_tickets off;"


def tickets(found: State) -> Iterator[Hit]:
    """For these tests, tickets are a breakage of each server that has them on."""
    for server in found.servers:
        if server[SSL_SESSION_TICKETS].value and found.tls_addresses(server):
            yield Hit(server_subject(server, found), (server.at,), ())


def in_the_server(found: State, hit: Hit) -> Iterator[Edit]:
    yield from (Inside(server.at, "server", OFF) for server in found.servers if server.at == hit.evidence[0])


def in_http(_state: State, _hit: Hit) -> Iterator[Edit]:
    yield Inside(Location(MAIN, 2), "http", OFF)


def matcher(fix: Fix | None = in_the_server, severity: Severity = Severity.HIGH) -> Matcher:
    return Matcher(PatternId("tickets"), severity, tickets, fix=fix)


def findings(found: State, *matchers: Matcher) -> list[Finding]:
    return [life.finding for life in judge_state(found, matchers)]


def made(files: Files | str, *matchers: Matcher, apart: bool = False) -> list[Patch]:
    """The patches of a tree, each of them once."""
    files = {MAIN: files} if isinstance(files, str) else files
    found = state(files)
    told = findings(found, *matchers)
    groups = [[one] for one in told] if apart else [told]
    return list(dict.fromkeys(patches(groups, found, tree(files), matchers, Layout()).values()))


SERVER = http("server {", "    listen 443 ssl;", "    root /srv;", "}")
TWO = http("server {", "    listen 443 ssl;", "    server_name a;", "}", "server { listen 443 ssl; server_name b; }")


def test_a_patch_is_a_unified_diff() -> None:
    (patch,) = made(SERVER, matcher())
    assert patch.text == (
        "--- a/nginx/nginx.conf\n"
        "+++ b/nginx/nginx.conf\n"
        "@@ -2,6 +2,7 @@\n"
        " http { ssl_certificate /c.pem; ssl_certificate_key /c.key;\n"
        " server {\n"
        "     listen 443 ssl;\n"
        "+    ssl_session_tickets off;\n"
        "     root /srv;\n"
        " }\n"
        " }\n"
    )
    assert patch.mends == {finding.fingerprint for finding in findings(state(SERVER), matcher())}


def test_findings_that_are_told_together_get_one_patch() -> None:
    (patch,) = made(TWO, matcher())
    assert patch.text.count("\n+") == 3  # with the line of the name
    assert len(patch.mends) == 2


def test_findings_that_are_told_apart_and_have_one_cure_get_the_same_patch() -> None:
    first, second = made(TWO, matcher(in_http), apart=True)
    assert first.text == second.text
    assert first.mends.isdisjoint(second.mends)


def test_the_file_behind_a_link_is_patched() -> None:
    files: Files = {
        MAIN: http("include sites-enabled/*;"),
        "nginx/sites-available/a b": "server {\n\tlisten 443 ssl;\n}",
        "nginx/sites-enabled/1": Link("../sites-available/a b"),
    }
    (patch,) = made(files, matcher())
    assert patch.text == (
        "--- a/nginx/sites-available/a b\t\n"
        "+++ b/nginx/sites-available/a b\t\n"
        "@@ -1,3 +1,4 @@\n"
        " server {\n"
        " \tlisten 443 ssl;\n"
        "+\tssl_session_tickets off;\n"
        " }\n"
        "\\ No newline at end of file\n"
    )


def test_a_finding_without_a_cure_has_no_patch() -> None:
    assert made(SERVER, matcher(None)) == []
    assert made(SERVER, matcher(lambda _state, _hit: [])) == []


@pytest.mark.parametrize(
    "edit",
    [
        Inside(Location(MAIN, 3), "server", "ssl_prefer_server_ciphers on;"),  # it mends nothing
        Inside(Location(MAIN, 3), "server", "ssl_session_tickets maybe;"),  # nginx would refuse it
        Inside(Location(MAIN, 3), "server", "ssl_session_tickets off"),  # no directive
        Inside(Location(MAIN, 4), "server", OFF),  # not there
        Inside(Location("nginx/other.conf", 3), "server", OFF),
        Replace(Location(MAIN, 5), "root", "root /srv;"),  # no change
    ],
)
def test_what_does_not_work_is_not_offered(edit: Edit) -> None:
    assert made(SERVER, matcher(lambda _state, _hit: [edit])) == []


def test_what_certbot_manages_is_never_patched() -> None:
    files = {
        MAIN: http("include /etc/letsencrypt/options-ssl-nginx.conf;", "server { listen 443 ssl; }"),
        "letsencrypt/options-ssl-nginx.conf": "ssl_session_tickets on;\n",
    }
    there = Location("letsencrypt/options-ssl-nginx.conf", 1)
    assert made(files, matcher(lambda _state, _hit: [Replace(there, "ssl_session_tickets", OFF)])) == []
    files = {path.replace("letsencrypt", "nginx"): text.replace("letsencrypt", "nginx") for path, text in files.items()}
    there = replace(there, path="nginx/options-ssl-nginx.conf")
    assert len(made(files, matcher(lambda _state, _hit: [Replace(there, "ssl_session_tickets", OFF)]))) == 1


def preferring(found: State) -> Iterator[Hit]:
    """Another breakage: tickets that are off where the server does not choose the cipher."""
    for server in found.servers:
        if server[SSL_SESSION_TICKETS].value is False and not server[SSL_PREFER_SERVER_CIPHERS].value:
            yield Hit(server_subject(server, found), (server.at,), ())


@pytest.mark.parametrize(
    ("severity", "offered"), [(Severity.LOW, True), (Severity.MEDIUM, False), (Severity.CRITICAL, False)]
)
def test_a_patch_brings_nothing_worse_than_low(severity: Severity, offered: bool) -> None:
    other = Matcher(PatternId("preferring"), severity, preferring)
    assert bool(made(SERVER, matcher(), other)) is offered


def test_a_patch_makes_nothing_worse_that_was_there() -> None:
    def growing(found: State) -> Iterator[Hit]:
        for hit in tickets(found):
            yield replace(hit, severity=Severity.LOW)
        for hit in preferring(found):
            yield replace(hit, severity=Severity.HIGH)

    assert made(SERVER, matcher(), Matcher(PatternId("growing"), Severity.HIGH, growing)) == []


def changed(transition: Transition) -> Iterator[Hit]:
    """An event of every change, such as that of a protocol which somebody may miss."""
    if transition.changes:
        yield Hit(server_subject(transition.after.servers[0], transition.after), (Location(MAIN, 1),), ())


@pytest.mark.parametrize(
    ("severity", "brought"),
    [(Severity.LOW, []), (Severity.MEDIUM, ["changed"]), (Severity.HIGH, None), (Severity.CRITICAL, None)],
)
def test_a_patch_is_a_change_and_its_price_is_told(severity: Severity, brought: list[str] | None) -> None:
    made_there = made(SERVER, matcher(), Matcher(PatternId("changed"), severity, events=changed))
    assert [[found.pattern for found in patch.brings] for patch in made_there] == ([] if brought is None else [brought])


def test_a_cure_is_not_worse_than_the_disease() -> None:
    event = Matcher(PatternId("changed"), Severity.MEDIUM, events=changed)
    assert made(SERVER, matcher(severity=Severity.LOW), event) == []


def test_an_event_that_lasts_is_over_when_its_pattern_says_so() -> None:
    def mended(found: State, _hit: Hit) -> bool:
        return not any(tickets(found))

    lasting = Matcher(
        PatternId("lasting"), Severity.HIGH, events=lambda _transition: (), mended=mended, fix=in_the_server
    )
    found = state(SERVER)
    (hit,) = tickets(found)
    finding = judge(lasting.id, lasting.severity, hit, platform())
    (patch,) = patches([[finding]], found, tree({MAIN: SERVER}), [lasting], Layout()).values()
    assert OFF in patch.text
    momentary = replace(lasting, mended=None)
    assert patches([[finding]], found, tree({MAIN: SERVER}), [momentary], Layout()) == {}


def test_the_cures_that_work_are_offered_where_another_one_does_not() -> None:
    def first_only(_state: State, hit: Hit) -> Iterator[Edit]:
        text = OFF if hit.evidence[0].line == 3 else "ssl_session_tickets maybe;"
        yield Inside(hit.evidence[0], "server", text)

    (patch,) = made(TWO, matcher(first_only))
    assert len(patch.mends) == 1
    assert "maybe" not in patch.text


def test_what_is_refused_anyway_may_still_be_mended() -> None:
    refused = SERVER.replace("root /srv;", "ssl_protocols nonsense;")
    assert state(refused).load.ok is False
    assert len(made(refused, matcher())) == 1


def test_of_two_servers_of_one_name_both_can_be_mended() -> None:
    text = http("server { listen 443 ssl; server_name a; }", "server { listen 192.0.2.1:443 ssl; server_name a; }")
    (patch,) = made(text, matcher())
    assert len(patch.mends) == 2
    assert len(made(text, matcher(), apart=True)) == 2


def test_a_finding_that_is_not_in_the_tree_has_no_patch() -> None:
    told = findings(state(SERVER), matcher())
    other = {MAIN: SERVER.replace("ssl;", "ssl; ssl_session_tickets off;")}
    assert patches([told], state(SERVER), tree(other), [matcher()], Layout()) == {}


def test_names_that_git_would_quote_have_no_patch() -> None:
    files = {MAIN: http("include conf.d/*;"), 'nginx/conf.d/a"b': "server { listen 443 ssl; }\n"}
    assert made(files, matcher()) == []


@pytest.mark.parametrize("tool", [("git", "apply", "-"), ("patch", "-p1", "--silent", "--fuzz=0")])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_git_and_patch_apply_it(tool: tuple[str, ...], ending: str, tmp_path: Path) -> None:
    site = ending.join(["# \xff \u00e4", "server {", "    listen 443 ssl;", "    server_name a;", "}"])
    files: Files = {
        MAIN: http("include conf.d/*;", "server { listen 443 ssl; }"),
        "nginx/conf.d/a b.conf": site.encode(),
    }
    etc = EtcHistory(tmp_path / "etc")
    etc.commit(files)
    etc.checkout()
    (patch,) = made(files, matcher())
    data = patch.text.encode("utf-8", "surrogateescape")
    subprocess.run(tool, cwd=etc.path, env=ENVIRONMENT, input=data, check=True)
    new: dict[str, Content] = {path: (etc.path / path).read_bytes() for path in files}
    assert findings(state(new), matcher()) == []
    assert new["nginx/conf.d/a b.conf"] == site.replace("a;", f"a;{ending}    {OFF}").encode()
