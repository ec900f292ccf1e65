"""What a change broke lasts until something is put back: what counts as that, and what does not.

A case has two commits; these need a third one, or a fourth.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from driftscan.drift.compare import compare
from driftscan.drift.findings import FindingState, Fingerprint, Hit, PatternId
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.scan import Outcome, Step
from driftscan.drift.state import State
from driftscan.history.commit import CommitId
from driftscan.patterns.catalogue import catalogue
from tests.case_files import Case, Kind, Staged, all_cases, stage
from tests.certificates import expand
from tests.etc import Content, EtcHistory
from tests.nginx.trees import MAIN, state

MATCHERS: Mapping[PatternId, Matcher] = {entry.id: entry.matcher for entry in catalogue()}
LASTING = {name: matcher for name, matcher in MATCHERS.items() if matcher.events and matcher.mended}
CASES = [case for case in all_cases() if case.pattern in LASTING and case.kind is Kind.FIRES]
BROKEN_BEFORE = {"certificate-waits-for-reload"}
"""nginx refused the old tree too, and its return is no reload: a tree that nginx loads is what ends these."""

# ---------------------------------------------------------------------- of every pattern, over all that makes it fire


def and_back(case: Case, path: Path) -> tuple[Outcome, CommitId, CommitId]:
    """The commits of a case, one that means nothing, and one that takes the case back; seen by its pattern alone."""
    stage(case, path)
    etc = EtcHistory(path)
    put_back: dict[str, Content] = {**dict.fromkeys(case.after.keys() - case.before.keys()), **case.before}
    remarked = remark(case)
    put_back.update({name: case.before.get(name) for name in remarked})
    last = datetime.fromisoformat(etc.git("log", "-1", "--format=%cI"))
    unrelated = etc.commit(remarked, "daily autocommit", f"{last + timedelta(days=1)}")
    back = etc.commit(put_back, taken_back(case.messages.get("after", "")), f"{last + timedelta(days=2)}")
    return Staged(case, path).play((LASTING[PatternId(case.pattern)],)), unrelated, back


def remark(case: Case) -> dict[str, Content]:
    """A comment more in a file that nginx reads, so that the commit is looked at."""
    main = case.after[MAIN]
    assert isinstance(main, str)
    return {MAIN: f"{main}\n# a remark\n"}


def taken_back(message: str) -> str:
    """The package lines of a message the other way round."""
    swapped = {"+": "-", "-": "+"}
    lines = [swapped.get(line[:1], line[:1]) + line[1:] for line in message.splitlines()]
    return "\n".join(lines) or "as it was"


def marks(steps: tuple[Step, ...], commit: CommitId | None, *states: FindingState) -> set[Fingerprint]:
    """The findings of which a commit said this; of any commit, if none is named."""
    return {
        event.finding.fingerprint
        for step in steps
        if commit in {None, step.commit.id}
        for event in step.findings
        if event.state in states
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_lasts_over_what_means_nothing_and_ends_when_everything_is_put_back(case: Case, tmp_path: Path) -> None:
    outcome, unrelated, back = and_back(case, tmp_path / "etc")
    begun = marks(outcome.steps[:1], None, FindingState.INTRODUCED)
    assert begun
    assert marks(outcome.steps, unrelated, *FindingState) == set()
    ended = set() if case.pattern in BROKEN_BEFORE else begun
    assert marks(outcome.steps, back, FindingState.RESOLVED) == ended
    assert begun & {life.finding.fingerprint for life in outcome.open} == begun - ended


def test_every_pattern_that_lasts_is_tried() -> None:
    assert {case.pattern for case in CASES} == LASTING.keys()


# ---------------------------------------------------------------------- what else mends it

FILES = {
    "nginx/main.pem": expand("@certificate names: main.example\n"),
    "nginx/shop.pem": expand("@certificate names: shop.example, www.shop.example\n"),
    "nginx/all.pem": expand("@certificate names: main.example, *.example, shop.example, www.shop.example\n"),
}


def nginx(servers: str) -> State:
    text = f"events {{}}\nhttp {{ ssl_certificate main.pem; ssl_certificate_key main.key;\n{servers}\n}}\n"
    return state({MAIN: text, **FILES}, "1.24.0")


def mail(servers: str) -> State:
    return state(f"events {{}}\nmail {{ ssl_certificate a.pem; ssl_certificate_key a.key;\n{servers}\n}}\n", "1.24.0")


def only_hit(pattern: str, before: State, after: State) -> tuple[Matcher, Hit]:
    matcher = MATCHERS[PatternId(pattern)]
    assert matcher.events is not None
    (hit,) = matcher.events(compare(before, after))
    return matcher, hit


def is_mended(pattern: str, before: State, after: State, later: State) -> bool:
    matcher, hit = only_hit(pattern, before, after)
    assert matcher.mended is not None
    assert not matcher.mended(after, hit)
    return matcher.mended(later, hit)


MAIN_SITE = "server { listen 443 ssl; server_name main.example; }"
SHOP = "server { listen 443 ssl; server_name shop.example www.shop.example; ssl_certificate shop.pem; }"


@pytest.mark.parametrize(
    ("later", "mended"),
    [
        (f"{MAIN_SITE} {SHOP}", True),
        (f"{MAIN_SITE} server {{ listen 443 ssl; server_name *.example www.shop.example; }}", True),
        ("server { listen 443 ssl; server_name main.example; ssl_certificate all.pem; }", True),
        ("server { listen 8443 ssl; server_name main.example; }", True),
        (f"{MAIN_SITE} server {{ listen 80; server_name shop.example; }}", False),
        (f"{MAIN_SITE} server {{ listen 443 ssl; server_name shop.example; ssl_certificate shop.pem; }}", False),
    ],
)
def test_a_name_has_a_server_again_or_a_certificate_or_no_port(later: str, mended: bool) -> None:
    before, after = nginx(f"{MAIN_SITE} {SHOP}"), nginx(MAIN_SITE)
    assert is_mended("name-falls-to-default", before, after, nginx(later)) is mended


def test_what_is_not_known_of_a_certificate_is_mended_by_the_same_file() -> None:
    there = "server { listen 443 ssl; server_name main.example; ssl_certificate unknown.pem; }"
    lost = "server { listen 443 ssl; server_name shop.example; ssl_certificate secret.pem; }"
    same = "server { listen 443 ssl; server_name main.example; ssl_certificate secret.pem; }"
    assert is_mended("name-falls-to-default", nginx(there + lost), nginx(there), nginx(same))
    assert not is_mended("name-falls-to-default", nginx(there + lost), nginx(there), nginx(there + " "))


def test_a_certificate_waits_until_nginx_loads_something() -> None:
    def serving(day: str, more: str = "") -> State:
        link = {"letsencrypt/live/a/fullchain.pem": expand(f"@certificate names: a.example; from: {day}\n")}
        pair = "ssl_certificate /etc/letsencrypt/live/a/fullchain.pem; ssl_certificate_key /etc/nginx/main.key;"
        text = f"events {{}}\nhttp {{ server {{ listen 443 ssl; server_name a.example; {pair} {more} }} }}\n"
        return state({MAIN: text, **link}, "1.24.0")

    twice = "ssl_session_timeout 5m; ssl_session_timeout 5m;"
    before, after = serving("2025-12-01", twice), serving("2025-12-31", twice)
    assert not is_mended("certificate-waits-for-reload", before, after, before)
    assert is_mended("certificate-waits-for-reload", before, after, serving("2025-12-31"))


TLS, PLAIN = "server { listen 443 ssl; }", "server { listen 443; }"


@pytest.mark.parametrize(("later", "mended"), [(TLS, True), ("server { listen 80; }", True), (PLAIN + "\n", False)])
def test_tls_is_back_or_nobody_listens(later: str, mended: bool) -> None:
    assert is_mended("listen-lost-ssl", nginx(TLS), nginx(PLAIN), nginx(later)) is mended


WITH = "server { listen 443 ssl proxy_protocol; }"


@pytest.mark.parametrize(
    ("before", "after", "later", "mended"),
    [
        (TLS, WITH, TLS, True),
        (TLS, WITH, WITH + "\n", False),
        (TLS, WITH, "server { listen 80; }", True),
        (WITH, TLS, WITH, True),
        (WITH, TLS, TLS + "\n", False),
    ],
)
def test_the_proxy_protocol_is_as_it_was(before: str, after: str, later: str, mended: bool) -> None:
    assert is_mended("proxy-protocol-changed", nginx(before), nginx(after), nginx(later)) is mended


SERVED = "server { listen 443 ssl; server_name main.example; }"
GUARD = "server { listen 443 ssl default_server; ssl_reject_handshake on; }"


@pytest.mark.parametrize(
    ("later", "mended"),
    [(SERVED, True), (f"{GUARD} {SERVED}", True), ("server { listen 80; }", True), (GUARD + "\n", False)],
)
def test_a_refused_name_is_served_again(later: str, mended: bool) -> None:
    assert is_mended("default-server-refuses", nginx(SERVED), nginx(GUARD), nginx(later)) is mended


@pytest.mark.parametrize(
    ("later", "mended"),
    [(SERVED, True), (f"{GUARD} {SERVED}", False), ("server { listen 80; }", True)],
)
def test_unknown_names_are_answered_again(later: str, mended: bool) -> None:
    assert is_mended("default-server-refuses", nginx(SERVED), nginx(GUARD + SERVED), nginx(later)) is mended


def port(number: int, *words: str, more: str = "") -> str:
    return f"server {{ listen {' '.join((str(number), *words))}; protocol imap; {more} }}"


@pytest.mark.parametrize(
    ("before", "after", "later", "mended"),
    [
        (port(993, "ssl"), port(993), port(993, "ssl"), True),
        (port(993, "ssl"), port(993), port(993) + "\n", False),
        (port(993, "ssl"), port(993), port(143), True),
        (port(143), port(143, "ssl"), port(143, more="starttls on;"), True),
        (port(10993, "ssl"), port(10993), port(10993, "ssl"), True),
        (port(10993), port(10993, "ssl"), port(10993), True),
        (port(143, more="starttls on;"), port(143), port(143, more="starttls only;"), True),
        (port(143, more="starttls on;"), port(143), port(143, more="timeout 1m;"), False),
        (port(143), port(143, more="starttls only;"), port(143, more="starttls on;"), True),
        (port(143), port(143, more="starttls only;"), port(143, more="starttls only; timeout 1m;"), False),
    ],
)
def test_a_mail_port_is_as_it_was_or_as_it_should_be(before: str, after: str, later: str, mended: bool) -> None:
    assert is_mended("mail-tls-changed", mail(before), mail(after), mail(later)) is mended
