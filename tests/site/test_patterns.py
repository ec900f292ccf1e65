"""A site's own patterns: what they find, when that ends, and what is said of a file that is wrong."""

import pytest

from driftscan.drift.findings import FindingState, Hit, Severity
from driftscan.drift.scan import compare_states, judge_state
from driftscan.nginx.config import Location
from driftscan.patterns.catalogue import KnownBreakage
from driftscan.site.patterns import Condition, read_patterns
from driftscan.site.toml import SiteError
from tests.drift.trees import http, state

PATH = "driftscan/patterns.d/terminals.toml"
ENTRY = """
[[pattern]]
id = "site-terminals"
title = "The payment terminals cannot connect"
severity = "high"
directive = "ssl_protocols"
server = "pay.*"
because = "The terminals speak TLS 1.2 only."
remedy = "Write TLSv1.2 back."
visitors = "the terminals {of the shops}"
symptoms = ["terminal error 17"]
references = ["https://wiki.example/terminals"]
after = { lacks = ["TLSv1.2"] }
"""


def only(text: str) -> KnownBreakage:
    (entry,) = read_patterns(text.encode(), PATH)
    return entry


def pay(protocols: str, name: str = "pay.example") -> str:
    return http(f"server {{ listen 443 ssl; server_name {name};", f"ssl_protocols {protocols};", "}")


def hits(entry: KnownBreakage, text: str) -> list[Hit]:
    return [life.finding.hit for life in judge_state(state(text), (entry.matcher,))]


def test_a_value_in_force_that_is_as_after_says_is_a_finding_at_its_line() -> None:
    entry = only(ENTRY)
    found = hits(entry, pay("TLSv1.3"))
    assert [(str(hit.subject), hit.evidence) for hit in found] == [
        ("pay.example on 0.0.0.0:443", (Location("nginx/nginx.conf", 4),))
    ]
    assert entry.because(found[0]) == (
        "The terminals speak TLS 1.2 only: ssl_protocols is TLSv1.3 for pay.example on 0.0.0.0:443."
    )
    assert (entry.remedy(found[0]), entry.visitors(found[0])) == ("Write TLSv1.2 back.", "the terminals {of the shops}")
    assert (entry.pattern.severity, entry.references) == (Severity.HIGH, ("https://wiki.example/terminals",))


@pytest.mark.parametrize("text", [pay("TLSv1.2 TLSv1.3"), pay("TLSv1.3", "shop.example")])
def test_another_value_or_another_server_is_none(text: str) -> None:
    assert hits(only(ENTRY), text) == []


def test_with_before_it_is_about_the_change_and_ends_when_the_value_is_put_back() -> None:
    entry = only(ENTRY.replace("after =", 'before = { has = ["TLSv1.2"] }\nafter ='))
    old, new = state(pay("TLSv1.2 TLSv1.3")), state(pay("TLSv1.3"))
    assert [life.finding.pattern for life in compare_states(old, new, (entry.matcher,)).introduced] == [entry.id]
    assert compare_states(state(pay("TLSv1.1")), new, (entry.matcher,)).introduced == ()
    assert judge_state(new, (entry.matcher,)) == ()
    (hit,) = [life.finding.hit for life in compare_states(old, new, (entry.matcher,)).introduced]
    mended = entry.matcher.mended
    assert mended is not None
    assert (mended(new, hit), mended(old, hit), mended(state(pay("TLSv1.3", "other.example")), hit)) == (
        False,
        True,
        True,
    )
    assert FindingState.RESOLVED.value == "resolved"


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (Condition(value="off"), False, True),
        (Condition(value="off"), True, False),
        (Condition(value="not set"), None, True),
        (Condition(other_than="on"), False, True),
        (Condition(other_than="off"), False, False),
        (Condition(has=["a", "b"]), ("a", "b", "c"), True),
        (Condition(has=["a", "d"]), ("a", "b", "c"), False),
        (Condition(lacks=["d"]), frozenset({"a"}), True),
        (Condition(lacks=["d", "a"]), frozenset({"a"}), False),
        (Condition(has=["X25519"]), "X25519:P-256", True),
        (Condition(value="a b", has=["a"]), ("a", "b"), True),
    ],
)
def test_all_that_a_condition_says_must_hold(condition: Condition, value: object, holds: bool) -> None:
    assert condition.holds(value) is holds


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("directive =", "directve =", "did you mean `directive`?"),
        ('severity = "high"', 'severity = "awful"', "Invalid enum value 'awful'"),
        ('id = "site-terminals"', 'id = "terminals"', "begins with site-"),
        ('id = "site-terminals"', 'id = "site-<b>"', "letters, digits and dashes"),
        ('"ssl_protocols"', '"ssl_protocol"', "directive 'ssl_protocol' is none that clients meet"),
        ('{ lacks = ["TLSv1.2"] }', "{ }", "after says nothing"),
        ('remedy = "Write TLSv1.2 back."', "", "missing required field `remedy`"),
        ("[[pattern]]", "[[pattern", "it is no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_name_and_the_cure(old: str, new: str, says: str) -> None:
    assert old in ENTRY
    with pytest.raises(SiteError) as refused:
        read_patterns(ENTRY.replace(old, new).encode(), PATH)
    assert str(refused.value).startswith(PATH)
    assert says in str(refused.value)


def test_a_file_that_nobody_wrote_by_hand_is_not_read() -> None:
    with pytest.raises(SiteError, match="more than 1048576 bytes"):
        read_patterns(b"#" * (1024 * 1024 + 1), PATH)
