"""What the TLS library under nginx does where libraries and their versions differ."""

from enum import Enum

from driftscan.history.platform import Platform
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.directives.http_ssl import CLIENT_HELLO_SINCE, has_client_hello_callback


class TicketMismatch(Enum):
    """What happens on a socket whose default server has session tickets on while the selected server has them off."""

    BREAKS = "handshake fails"
    """The server leaves the ticket extension out of its ServerHello and sends a ticket all the same; clients that
    offer tickets with TLS 1.2 or older abort with `unexpected_message`."""
    NO_RESUMPTION = "no resumption"
    """Handshakes work; sessions cannot be resumed with TLS 1.3 (nor with TLS 1.2 before OpenSSL 1.1.1)."""
    HARMLESS = "harmless"
    """The selected server's own value is in force."""


def ticket_mismatch(library: Library | None, nginx: NginxVersion) -> TicketMismatch | None:
    """The effect of tickets on at the default server and off at the selected one; `None` when it cannot be told.

    Run on real libraries: OpenSSL 1.0.1u and 1.0.2k fail, 1.0.2l, 1.0.2u, every 1.1.0 and later work (the fix is
    commit dbdb96617c in 1.0.2l and 5c753de668 before 1.1.0); LibreSSL 4.3.2 fails and has never had the fix;
    BoringSSL runs the callback before it looks at tickets. nginx 1.29.2 chooses the server early enough, but only
    where the library has a ClientHello callback (OpenSSL 1.1.1+, BoringSSL): with 1.0.2k or LibreSSL the newest
    nginx fails as well.
    """
    if library is None:
        return None
    match library.family:
        case "BoringSSL":
            return TicketMismatch.HARMLESS
        case "OpenSSL" if library.is_openssl_since("1.0.2l"):
            early = has_client_hello_callback(library) and nginx >= CLIENT_HELLO_SINCE
            return TicketMismatch.HARMLESS if early else TicketMismatch.NO_RESUMPTION
        case _:
            return TicketMismatch.BREAKS


def resumption_lost_when_off_on(platform: Platform) -> bool:
    """Whether a default server without tickets costs a selected server that has them its TLS 1.3 resumption.

    nginx before 1.29.2 with OpenSSL 1.1.1 or newer: stateless tickets are issued and never accepted back.
    """
    library = platform.library
    tls13 = library is None or library.version.is_openssl_since("1.1.1")
    return tls13 and platform.nginx.version < CLIENT_HELLO_SINCE
