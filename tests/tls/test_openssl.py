import pytest

from driftscan.history.versions import Library, NginxVersion
from driftscan.tls.openssl import TicketMismatch, resumption_lost_when_off_on, ticket_mismatch
from tests.nginx.trees import platform

BREAKS, LOST, FINE = TicketMismatch.BREAKS, TicketMismatch.NO_RESUMPTION, TicketMismatch.HARMLESS

# What real libraries did with a default server that has tickets and a selected one that has not.
OBSERVED = [
    ("OpenSSL 1.0.1u", "1.14.2", BREAKS),
    ("OpenSSL 1.0.2k", "1.10.3", BREAKS),
    ("OpenSSL 1.0.2k", "1.14.2", BREAKS),
    ("OpenSSL 1.0.2k", "1.18.0", BREAKS),
    ("OpenSSL 1.0.2k", "1.31.4", BREAKS),
    ("OpenSSL 1.0.2l", "1.14.2", LOST),
    ("OpenSSL 1.0.2u", "1.14.2", LOST),
    ("OpenSSL 1.1.0", "1.14.2", LOST),
    ("OpenSSL 1.1.0l", "1.14.2", LOST),
    ("OpenSSL 1.1.1", "1.18.0", LOST),
    ("OpenSSL 1.1.1w", "1.18.0", LOST),
    ("OpenSSL 1.1.1w", "1.31.4", FINE),
    ("OpenSSL 3.0.22", "1.18.0", LOST),
    ("OpenSSL 3.0.22", "1.28.0", LOST),
    ("OpenSSL 3.0.22", "1.29.1", LOST),
    ("OpenSSL 3.0.22", "1.29.2", FINE),
    ("OpenSSL 3.0.22", "1.31.4", FINE),
    ("OpenSSL 3.3.2", "1.28.0", LOST),
    ("OpenSSL 3.3.2", "1.31.4", FINE),
    ("LibreSSL 4.3.2", "1.28.0", BREAKS),
    ("LibreSSL 4.3.2", "1.31.4", BREAKS),
]
# What their sources say.
READ = [
    ("OpenSSL 1.0.1", "1.9.1", BREAKS),
    ("OpenSSL 1.0.2", "1.9.1", BREAKS),
    ("OpenSSL 1.0.2g", "1.10.3", BREAKS),
    ("OpenSSL 1.1.0", "1.31.4", LOST),
    ("LibreSSL 2.8.3", "1.14.2", BREAKS),
    ("BoringSSL", "1.18.0", FINE),
    ("BoringSSL", "1.31.4", FINE),
]


@pytest.mark.parametrize(("library", "nginx", "effect"), OBSERVED + READ)
def test_tickets_on_at_the_default_server_and_off_at_the_selected_one(
    library: str, nginx: str, effect: TicketMismatch
) -> None:
    assert ticket_mismatch(Library.parse(library), NginxVersion.parse(nginx)) is effect


def test_without_a_known_library_nothing_can_be_told() -> None:
    assert ticket_mismatch(None, NginxVersion.parse("1.18.0")) is None


@pytest.mark.parametrize(
    ("nginx", "library", "lost"),
    [
        ("1.18.0", "OpenSSL 1.1.1", True),
        ("1.29.1", "OpenSSL 3.0.22", True),
        ("1.29.2", "OpenSSL 3.0.22", False),
        ("1.18.0", None, True),
        ("1.29.2", None, False),
        ("1.14.2", "OpenSSL 1.1.0l", False),
        ("1.14.2", "OpenSSL 1.0.2k", False),
    ],
)
def test_tickets_off_at_the_default_server_cost_the_others_their_resumption(
    nginx: str, library: str | None, lost: bool
) -> None:
    assert resumption_lost_when_off_on(platform(nginx, library)) is lost
