"""What cannot be read is no cure, and no mass removal: findings and servers stay until something readable ends them."""

from pathlib import Path

import pytest

from driftscan.drift.changes import SettingChanged
from driftscan.drift.findings import FindingState
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import Outcome
from driftscan.history.observe import Options
from driftscan.history.versions import Library, NginxVersion
from tests.drift.walks import EVERY_PATTERN, patterns, told, walk
from tests.etc import EtcHistory, Link

OLD = Options(NginxVersion(1, 18, 0), Library.parse("1.0.2k"))
MAIN = "events {}\nhttp {\n    include conf.d/*.conf;\n}\n"
BOTH = """server { listen 443 ssl default_server; ssl_certificate a; ssl_certificate_key a; }
server { listen 443 ssl; server_name shop.example; ssl_certificate b; ssl_certificate_key b; %s }
"""


def history(path: Path) -> EtcHistory:
    """Two commits: sites that agree, and sites at odds."""
    etc = EtcHistory(path)
    etc.commit({"nginx/nginx.conf": MAIN, "nginx/conf.d/sites.conf": BOTH % ""})
    etc.commit({"nginx/conf.d/sites.conf": BOTH % "ssl_session_tickets off;"})
    return etc


def scanned(etc: EtcHistory, catalogue: tuple[Matcher, ...] = EVERY_PATTERN) -> Outcome:
    return walk(etc, catalogue, OLD)


def events(outcome: Outcome) -> list[list[str]]:
    return [[f"{event.state} {event.finding.pattern}" for event in step.findings] for step in outcome.steps]


APART, TOGETHER = "introduced session-tickets-mismatch", "resolved session-tickets-mismatch"
REFUSED, LOADED = "introduced nginx-refuses-configuration", "resolved nginx-refuses-configuration"


def test_a_new_file_with_a_typo_brings_nothing_and_mends_nothing(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    etc.commit({"nginx/conf.d/broken.conf": "server {"})
    etc.commit({"nginx/conf.d/broken.conf": None})
    outcome = scanned(etc)
    assert events(outcome) == [[APART], [REFUSED], [LOADED]]
    assert [[gap.remembered for gap in step.opened] for step in outcome.steps] == [[], [True], []]
    says = '[emerg] unexpected end of file, expecting "}" in nginx/conf.d/broken.conf:1'
    assert [told(step) for step in outcome.steps[1:]] == [
        [f"LoadChanged nginx/nginx.conf: loads -> {says}"],
        [f"LoadChanged nginx/nginx.conf: {says} -> loads"],
    ]
    assert [life.finding.pattern for life in outcome.open] == ["session-tickets-mismatch"]


def test_a_finding_that_a_missing_include_hides_stays_open_until_it_can_be_judged(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    etc.commit({"nginx/conf.d/sites.conf": BOTH % "include snippets/tls.conf;"})
    hidden = scanned(etc)
    assert events(hidden) == [[APART], []]
    assert [life.finding.pattern for life in hidden.open] == ["session-tickets-mismatch"]
    etc.commit({"nginx/snippets/tls.conf": "ssl_session_tickets off;\n"})
    still = scanned(etc)
    assert events(still) == [[APART], [], []]
    etc.commit({"nginx/snippets/tls.conf": "ssl_session_tickets on;\n"})
    outcome = scanned(etc)
    assert events(outcome) == [[APART], [], [], [TOGETHER]]
    assert outcome.open == ()


def test_a_finding_that_was_mended_in_the_dark_is_resolved_when_the_light_is_back(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    etc.commit({"nginx/conf.d/sites.conf": BOTH % "include snippets/tls.conf;"})
    etc.commit({"nginx/snippets/tls.conf": "ssl_session_tickets on;\n"})
    assert events(scanned(etc)) == [[APART], [], [TOGETHER]]


def test_a_file_broken_from_the_start_is_not_known(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path / "etc")
    etc.commit({"nginx/nginx.conf": MAIN, "nginx/conf.d/a.conf": "server {", "nginx/conf.d/sites.conf": BOTH % ""})
    etc.commit({"nginx/conf.d/sites.conf": BOTH % "ssl_session_tickets off;"})
    outcome = scanned(etc)
    assert [gap.remembered for gap in outcome.gaps] == [False]
    # Tickets of the default server may be written in the file that nobody can read.
    changed = [change for step in outcome.steps for change in step.changes if isinstance(change, SettingChanged)]
    assert {change.scope.value for change in changed} <= {"configured"}


SITE = "server { listen 443 ssl; server_name %s; ssl_certificate c; ssl_certificate_key c; }\n"


def enabled(path: Path, **links: str) -> EtcHistory:
    etc = EtcHistory(path)
    files = {f"nginx/sites-available/{name}": SITE % f"{name}.example" for name in ("a", "b")}
    main = "events {}\nhttp {\n    include sites-enabled/*;\n}\n"
    targets = {"a": "../sites-available/a", "b": "../sites-available/b"} | links
    etc.commit({"nginx/nginx.conf": main, **files, **{f"nginx/sites-enabled/{n}": Link(t) for n, t in targets.items()}})
    return etc


@pytest.mark.parametrize("target", ["/srv/deploy/b.conf", "../sites-available/bb"])
def test_a_link_that_leads_out_of_the_tree_or_nowhere_removes_no_server(tmp_path: Path, target: str) -> None:
    etc = enabled(tmp_path / "etc")
    etc.commit({"nginx/sites-enabled/b": Link(target)})
    (step,) = scanned(etc).steps
    assert step.changes == ()
    assert len(step.opened) == 1


def test_what_was_removed_for_good_is_not_read_from_memory(tmp_path: Path) -> None:
    etc = enabled(tmp_path / "etc")
    etc.commit({"nginx/sites-enabled/b": None})
    etc.commit({"nginx/sites-enabled/b": "server {"})
    removed, broken = scanned(etc).steps
    assert [type(change).__name__ for change in removed.changes] == ["ServerRemoved"]
    says = '[emerg] unexpected end of file, expecting "}" in nginx/sites-enabled/b:1'
    assert told(broken) == [f"LoadChanged nginx/nginx.conf: loads -> {says}"]
    assert [gap.remembered for gap in broken.opened] == [True]


def test_an_unread_file_elsewhere_hides_no_cure(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    other = "server { listen 80; include /usr/share/php/fastcgi.conf; }\n"
    etc.commit({"nginx/conf.d/sites.conf": BOTH % "", "nginx/conf.d/z.conf": other})
    assert events(scanned(etc)) == [[APART], [TOGETHER]]


def test_a_finding_keeps_its_life_and_fingerprint_when_its_server_gets_another_first_name(tmp_path: Path) -> None:
    etc = history(tmp_path / "etc")
    off = BOTH % "ssl_session_tickets off;"
    etc.commit({"nginx/conf.d/sites.conf": off.replace("shop.example", "www.shop.example shop.example")})
    etc.commit({"nginx/conf.d/sites.conf": off.replace("shop.example", "www.shop.example shop.example", 1)})
    etc.commit({"nginx/conf.d/sites.conf": BOTH % ""})
    outcome = scanned(etc, patterns("session-tickets-mismatch"))
    told = [event for step in outcome.steps for event in step.findings]
    assert [event.state for event in told] == [FindingState.INTRODUCED, FindingState.RESOLVED]
    assert told[0].finding.fingerprint == told[1].finding.fingerprint
