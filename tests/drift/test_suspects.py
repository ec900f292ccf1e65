"""Which change may have caused an incident: the order, and the reasons that are given for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from driftscan.drift.findings import Certainty, PatternId
from driftscan.drift.suspects import Incident, Suspect, rank
from tests.drift.walks import walk
from tests.etc import EtcHistory

TICKETS = PatternId("session-tickets-mismatch")
LOST = PatternId("listen-lost-ssl")
CERTIFIED = "ssl_certificate c.pem; ssl_certificate_key c.key;"
OLD = "Package changes:\n+libssl1.0.0 1.0.2g-1ubuntu4.15 amd64\n+nginx 1.10.3-0ubuntu0.16.04.3 all\n"


def conf(*, tickets: str = "on", ssl: str = " ssl", size: str = "1m", ciphers: str = "HIGH") -> dict[str, str]:
    return {
        "nginx/nginx.conf": f"""events {{}}
http {{
    server {{ listen 443 ssl default_server; {CERTIFIED} ssl_ciphers {ciphers}; }}
    server {{
        listen 443 ssl; server_name shop.example; {CERTIFIED}
        ssl_session_tickets {tickets};
    }}
    server {{ listen 8443{ssl}; server_name api.example; {CERTIFIED} }}
    limit_req_zone $uri zone=a:{size} rate=1r/s;
}}
"""
    }


def day(number: int, hour: int = 12) -> str:
    return f"2026-03-{number:02}T{hour:02}:00:00+00:00"


def moment(number: int, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day(number, hour))


@pytest.fixture
def month(etc: EtcHistory) -> EtcHistory:
    """Tickets went off on the 5th; on the 9th TLS of the api went and came back on the 10th; ciphers on the 11th."""
    etc.commit(conf(), f"committing changes in /etc after apt run\n\n{OLD}", day(1))
    etc.commit(conf(tickets="off"), "tickets", day(5), author=("mina", "m@e"))
    etc.commit(conf(tickets="off", ssl=""), "api", day(9), author=("mina", "m@e"))
    etc.commit(conf(tickets="off"), "api again", day(10), author=("mina", "m@e"))
    etc.commit(conf(tickets="off", ciphers="HIGH:!CAMELLIA"), "ciphers", day(11), author=("mina", "m@e"))
    return etc


def ranked(etc: EtcHistory, incident: Incident) -> list[tuple[str, str]]:
    return [in_words(suspect) for suspect in rank(walk(etc), incident)]


def in_words(suspect: Suspect) -> tuple[str, str]:
    subject = "" if suspect.step is None else suspect.step.commit.subject
    return subject, "" if suspect.life is None else suspect.life.finding.pattern


def test_the_finding_that_is_worst_and_still_there_comes_first(month: EtcHistory) -> None:
    assert ranked(month, Incident(moment(12)))[0] == ("tickets", TICKETS)


def test_what_was_resolved_before_is_left_out_and_what_is_resolved_later_is_not(month: EtcHistory) -> None:
    assert ("api", LOST) not in ranked(month, Incident(moment(12)))
    assert ranked(month, Incident(moment(9, 18)))[0] == ("api", LOST)


def test_what_came_later_is_no_cause(month: EtcHistory) -> None:
    assert {subject for subject, _ in ranked(month, Incident(moment(6)))} == {"tickets"}


def test_a_symptom_puts_first_what_explains_it(month: EtcHistory) -> None:
    at = moment(9, 18)
    assert ranked(month, Incident(at, explains={TICKETS: 1.0}))[0] == ("tickets", TICKETS)
    assert ranked(month, Incident(at, explains={LOST: 1.0}))[0] == ("api", LOST)


def test_only_what_may_hit_the_server_is_left(month: EtcHistory) -> None:
    assert ranked(month, Incident(moment(9, 18), server="shop.example"))[0] == ("tickets", TICKETS)
    assert ("tickets", TICKETS) not in ranked(month, Incident(moment(9, 18), server="api.example"))


def test_a_change_without_a_finding_comes_last(month: EtcHistory) -> None:
    assert ranked(month, Incident(moment(12))) == [("tickets", TICKETS), ("ciphers", ""), ("api again", "")]


def test_the_score_is_made_of_its_reasons_and_falls_with_time(month: EtcHistory) -> None:
    soon, late = (rank(walk(month), Incident(moment(5) + timedelta(days=days)))[0] for days in (0, 3))
    for suspect in (soon, late):
        product = 1.0
        for reason in suspect.reasons:
            assert 0 < reason.weight <= 1
            product *= reason.weight
        assert suspect.score == pytest.approx(product)
    assert late.score < soon.score
    assert [reason.kind for reason in soon.reasons] == ["explains", "hits", "time", "certainty"]


def test_what_is_less_certain_counts_less(month: EtcHistory) -> None:
    outcome = walk(month)
    doubtful = replace(
        outcome,
        steps=tuple(
            replace(
                step,
                findings=tuple(
                    replace(
                        event,
                        life=replace(event.life, finding=replace(event.life.finding, certainty=Certainty.DEPENDS)),
                    )
                    for event in step.findings
                ),
            )
            for step in outcome.steps
        ),
    )
    incident = Incident(moment(6))
    assert rank(doubtful, incident)[0].score < rank(outcome, incident)[0].score


def test_what_waited_for_a_commit_may_have_been_there_before_it(etc: EtcHistory) -> None:
    etc.commit(conf(), OLD, day(1))
    etc.commit(conf(tickets="off"), "daily autocommit", day(2))
    assert ranked(etc, Incident(moment(1, 18))) == [("daily autocommit", TICKETS)]
    etc.commit(conf(tickets="off", ssl=""), "by hand", day(3), author=("mina", "m@e"))
    assert ("by hand", LOST) not in ranked(etc, Incident(moment(2, 18)))


def test_what_was_there_before_the_history_is_the_last_resort(etc: EtcHistory) -> None:
    etc.commit(conf(tickets="off"), OLD, day(1))
    found = rank(walk(etc), Incident(moment(2)))
    assert [in_words(suspect) for suspect in found] == [("", TICKETS)]
