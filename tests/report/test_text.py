"""Whole texts: what a person reads in a terminal, compared to the last character."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftscan.drift.scan import Outcome, compare_states
from driftscan.patterns.catalogue import catalogue
from driftscan.report import text
from driftscan.report.effective import Detail, build_effective
from driftscan.report.pages import Report
from driftscan.report.patterns import pattern_row
from driftscan.report.rows import Request
from driftscan.report.terminal import Palette
from driftscan.report.view import build, build_comparison
from tests.etc import EtcHistory
from tests.report import incident

EXPECTED = Path(__file__).with_name("expected")


def expected(name: str) -> str:
    return (EXPECTED / name).read_text("utf-8")


def test_log_tells_the_incident(report: Report) -> None:
    assert text.log(report) == expected("log.txt")


def test_show_tells_one_step_with_its_remedy_and_raw_difference(scanned: tuple[Outcome, Request]) -> None:
    outcome, request = scanned
    only = replace(outcome, steps=outcome.steps[1:2])
    assert text.step(build(only, request)) == expected("show.txt")


def test_effective_tells_who_decides(scanned: tuple[Outcome, Request]) -> None:
    outcome, _ = scanned
    assert outcome.state is not None
    chosen = [endpoint for endpoint in outcome.state.endpoints.values() if endpoint.name == "shop.example.jp"]
    assert text.effective(build_effective(outcome.state, "HEAD", chosen)) == expected("effective.txt")


def test_effective_can_tell_chosen_directives_only(scanned: tuple[Outcome, Request]) -> None:
    outcome, _ = scanned
    assert outcome.state is not None
    rows = build_effective(outcome.state, "HEAD", directives=["ssl_session_timeout"])
    assert {setting.directive for endpoint in rows.endpoints for setting in endpoint.settings} == {
        "ssl_session_timeout"
    }


def test_effective_in_full_knows_every_directive_of_that_nginx(scanned: tuple[Outcome, Request]) -> None:
    outcome, _ = scanned
    assert outcome.state is not None
    rows = build_effective(outcome.state, "HEAD", detail=Detail.EVERYTHING)
    told = {setting.directive for setting in rows.endpoints[0].settings}
    assert ("ssl_session_ticket_key" in told, "ssl_early_data" in told) == (True, False)


def test_diff_tells_two_states(tmp_path: Path) -> None:
    etc = incident.build(tmp_path)
    etc.git("reset", "--quiet", "--soft", "HEAD~2")
    before, _ = incident.scan(tmp_path)
    etc.git("reset", "--quiet", "--soft", "HEAD@{1}")
    after, _ = incident.scan(tmp_path)
    assert before.state is not None
    assert after.state is not None
    compared = compare_states(before.state, after.state, tuple(entry.matcher for entry in catalogue()))
    assert text.comparison(build_comparison(compared, "HEAD~2", "HEAD")) == expected("diff.txt")


def test_diff_of_a_state_with_itself_is_one_sentence(scanned: tuple[Outcome, Request]) -> None:
    state = scanned[0].state
    assert state is not None
    compared = compare_states(state, state, tuple(entry.matcher for entry in catalogue()))
    assert text.comparison(build_comparison(compared, "a", "b")).splitlines()[:2] == [
        "From a to b",
        "Nothing changes for any client.",
    ]


def test_log_of_a_quiet_history(tmp_path: Path) -> None:
    etc = EtcHistory(tmp_path)
    etc.commit({"nginx/nginx.conf": "events {} http { server { listen 443 ssl; } }"})
    etc.commit({"motd": "hello"})
    outcome, request = incident.scan(tmp_path)
    first = text.log(build(outcome, request)).splitlines()[0]
    assert first == "No known breakage. Nothing changed TLS in 2 commits."


def test_log_of_a_history_without_nginx(tmp_path: Path) -> None:
    EtcHistory(tmp_path).commit({"motd": "hello"})
    outcome, request = incident.scan(tmp_path)
    first = text.log(build(outcome, request)).splitlines()[0]
    assert first == "No nginx configuration was found in this history. --conf names its main file."


def test_every_entry_of_the_catalogue_is_listed_and_explained() -> None:
    rows = [pattern_row(entry) for entry in catalogue()]
    listed = text.patterns_list(rows)
    assert [row.id for row in rows if f"  {row.id}\n" not in listed] == []
    for row in rows:
        told = text.pattern(row)
        assert [address for address in row.references if address not in told] == []
        assert [symptom for symptom in row.symptoms if symptom not in told] == []


def test_colour_changes_nothing_but_colour(report: Report) -> None:
    coloured = text.log(report, Palette.COLOUR)
    assert "\x1b[1;97;41mCRITICAL\x1b[0m" in coloured
    assert _without_colour(coloured) == text.log(report)


def _without_colour(told: str) -> str:
    parts = told.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def test_prose_keeps_to_eighty_columns(report: Report) -> None:
    too_long = [line for line in text.log(report).splitlines() if len(line) > 80]
    assert too_long == []


@pytest.mark.parametrize("more", ["", "word " * 200])
def test_a_finding_is_at_most_twelve_lines_of_a_log(report: Report, more: str) -> None:
    """Two for what it is and who has it, three each for what is wrong and whom it hits, two each for where and its end.

    With eight, before findings said whom they hit, there was no room for that; more than twelve is no overview.
    """
    rows = tuple(
        replace(
            step,
            findings=tuple(
                replace(row, because=f"{row.because} {more}", visitors=f"{row.visitors} {more}")
                for row in step.findings
            ),
        )
        for step in report.steps
    )
    lines = text.log(replace(report, steps=rows)).splitlines()
    start = next(number for number, line in enumerate(lines) if line.endswith("session-tickets-mismatch  introduced"))
    end = next(number for number in range(start, len(lines)) if lines[number].startswith("  in force"))
    assert end - start <= 12
    assert sum(line.endswith(" ...") for line in lines[start:end]) == (2 if more else 0)
    assert text.step(replace(report, steps=rows)).count(" ...") == 0


@pytest.mark.parametrize("palette", list(Palette))
def test_nothing_of_a_hostile_repository_acts_on_the_terminal(hostile_report: Report, palette: Palette) -> None:
    told = text.log(hostile_report, palette) + text.step(hostile_report, palette)
    acting = [character for character in _without_colour(told) if not character.isprintable() and character != "\n"]
    assert acting == []
    assert "\\x1b]0;owned\\x07\\x1b[2J" in told
    assert "\\u202eevil\\u2066" in told
