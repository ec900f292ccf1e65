"""What people paste finds the breakage that explains it, however much or little of a line it is."""

import pytest

from driftscan.patterns.catalogue import KnownBreakage, catalogue
from driftscan.patterns.search import Index, words

INDEX = Index(catalogue())
every_entry = pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.id)


def found(text: str) -> list[str]:
    return [match.entry.id for match in INDEX.search(text)]


@every_entry
def test_every_symptom_of_an_entry_finds_it_as_surely_as_can_be(entry: KnownBreakage) -> None:
    for symptom in entry.pattern.symptoms:
        assert INDEX.scores(symptom)[entry.id] == 1.0, symptom


@every_entry
def test_a_symptom_is_found_in_the_middle_of_a_line_of_a_log(entry: KnownBreakage) -> None:
    for symptom in entry.pattern.symptoms:
        line = f"2026/03/01 06:25:01 [info] 4242#4242: *17 {symptom} while doing something, client: 192.0.2.7"
        assert INDEX.scores(line)[entry.id] >= 0.95, symptom


@every_entry
def test_an_entry_is_found_by_its_names(entry: KnownBreakage) -> None:
    for name in (entry.id, *entry.pattern.also):
        assert entry.id in found(name)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET", "session-tickets-mismatch"),
        ("Error code: ssl_error_rx_unexpected_new_session_ticket", "session-tickets-mismatch"),
        (
            "SSL_read() failed (SSL: error:140943F2:SSL routines:ssl3_read_bytes:sslv3 alert unexpected message)",
            "session-tickets-mismatch",
        ),
        ("curl: (35) error:1408F10B:SSL routines:ssl3_get_record:wrong version number", "listen-lost-ssl"),
        (
            '[emerg] the size 10485760 of shared memory zone "a" conflicts with already declared size 1048576 in a:9',
            "session-cache-zone-conflict",
        ),
        ("net::ERR_CERT_COMMON_NAME_INVALID", "default-server-changed"),
    ],
)
def test_what_people_paste_finds_the_breakage_that_explains_it(text: str, pattern: str) -> None:
    assert pattern in found(text)[:8]


@pytest.mark.parametrize("text", ["", "   ", "12 34", "ssl", "error", "the quick brown fox", "client: 192.0.2.7"])
def test_words_that_say_nothing_find_no_symptom(text: str) -> None:
    assert [match for match in INDEX.search(text) if match.symptom] == []


def test_numbers_that_differ_from_line_to_line_do_not_count() -> None:
    assert words("error:140943F2:SSL routines: alert number 10, 0A0000C1, deadbeef") == (
        "error",
        "ssl",
        "routines",
        "alert",
        "number",
        "deadbeef",
    )


def test_of_several_symptoms_in_a_line_the_longer_one_tells_more() -> None:
    text = "sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream"
    assert set(found(text)[:2]) == {"upstream-protocols-changed", "upstream-without-sni"}


def test_the_better_match_comes_first() -> None:
    (first, *_) = INDEX.search("SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET")
    assert (first.entry.id, first.score, first.symptom) == (
        "session-tickets-mismatch",
        1.0,
        "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
    )
