"""Who connects: classes of clients, by what they offer in their ClientHello.

The suites and groups are what the client records of SSL Labs and testssl.sh show of one member of each class
(https://www.ssllabs.com/ssltest/clients.html and
https://github.com/testssl/testssl.sh/blob/3.3dev/etc/client-simulation.txt);
of the suites those are left out that no build of a server library has.
"""

from dataclasses import dataclass

from driftscan.nginx.directives.values import Protocol


@dataclass(frozen=True, slots=True)
class ClientClass:
    """Clients that offer the same."""

    name: str
    """A noun phrase in the plural."""
    protocols: frozenset[Protocol]
    codes: frozenset[int]
    """Their suites for TLS 1.2 and older, as on the wire."""
    groups: frozenset[str]
    """Of X25519, P-256 and P-384, by OpenSSL's names in lower case, those that they have; none without ECDHE."""
    sni: bool
    """Whether they send the name that they ask for; without it they meet the default server."""
    current: bool
    """Whether ordinary visitors still use them."""
    browsers: bool = False
    """Whether they are what nearly every visitor uses."""


_FROM_10_TO_12 = frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12})
_12_AND_13 = frozenset({Protocol.TLS12, Protocol.TLS13})
_ONLY_10 = frozenset({Protocol.TLS10})
_ALL = "x25519 prime256v1 secp384r1"
_NIST = "prime256v1 secp384r1"
_SSL_LABS_CHROME = "C02B C02C CCA9 C02F C030 CCA8 C013 C014 009C 009D 002F 0035"


def _class(name: str, protocols: frozenset[Protocol], codes: str, groups: str, current: str = "") -> ClientClass:
    return ClientClass(
        name,
        protocols,
        frozenset(int(code, 16) for code in codes.split()),
        frozenset(groups.split()),
        sni=current != "no sni",
        current=current in {"current", "browsers"},
        browsers=current == "browsers",
    )


CLASSES = (
    _class("today's browsers", _12_AND_13, f"{_SSL_LABS_CHROME} C00A C009", _ALL, "browsers"),
    _class(
        "Java since 8u261 and programs on OpenSSL 1.1.1 or later",
        _12_AND_13,
        "C02C C02B CCA9 C030 CCA8 C02F 009F CCAA 009E C024 C028 C023 C027 006B 0067 C00A C014 C009 C013 0039 0033 "
        "009D 009C 003D 003C 0035 002F",
        _ALL,
        "current",
    ),
    _class(
        "Apple Mail and Safari 9 to 12",
        _FROM_10_TO_12,
        "C02C C02B C024 C023 C00A C009 C008 C030 C02F C028 C027 C014 C013 C012 009D 009C 003D 003C 0035 002F 000A",
        _NIST,
        "current",
    ),
    _class(
        "programs on Windows' own TLS up to Windows 10",
        _FROM_10_TO_12,
        "C02C C02B C030 C02F C024 C023 C028 C027 C00A C009 C014 C013 009D 009C 003D 003C 0035 002F 000A",
        _ALL,
        "current",
    ),
    _class("Android 8", _FROM_10_TO_12, f"{_SSL_LABS_CHROME} C009 C00A", _ALL, "current"),
    _class("Android 7.0", _FROM_10_TO_12, _SSL_LABS_CHROME, "prime256v1", "current"),
    _class(
        "programs on OpenSSL 1.0.1 and 1.0.2",
        _FROM_10_TO_12,
        "C030 C02C C028 C024 C014 C00A 009F 006B 0039 0088 009D 003D 0035 0084 C02F C02B C027 C023 C013 C009 009E 0067 "
        "0033 009A 0045 009C 003C 002F 0096 0041 0007 C011 C007 0005 0004 C012 C008 0016 000A",
        _NIST,
        "current",
    ),
    _class(
        "Java 8 before 8u261",
        _FROM_10_TO_12,
        "C024 C028 003D 006B C00A C014 0035 0039 C023 C027 003C 0067 C009 C013 002F 0033 C02C C02B C030 009D 009F C02F "
        "009C 009E C008 C012 000A 0016",
        _NIST,
        "current",
    ),
    _class(
        "Internet Explorer 11 on Windows 7 and 8.1",
        _FROM_10_TO_12,
        "C028 C027 C014 C013 009F 009E 009D 009C 003D 003C 0035 002F C02C C02B C024 C023 C00A C009 000A",
        _NIST,
    ),
    _class(
        "Safari 6 to 8 on iOS 6 to 8 and OS X 10.9 and 10.10",
        _FROM_10_TO_12,
        "C024 C023 C00A C009 C008 C028 C027 C014 C013 C012 006B 0067 0039 0033 0016 003D 003C 0035 002F 000A C007 C011 "
        "0005 0004",
        _NIST,
    ),
    _class(
        "Android 4.0 to 4.3",
        _ONLY_10,
        "C014 C00A 0039 0035 C012 C008 0016 000A C013 C009 0033 002F C011 C007 0005 0004",
        _NIST,
    ),
    _class("Internet Explorer 8 to 10 on Windows 7", _ONLY_10, "C014 C013 0035 002F C00A C009 000A 0005 0004", _NIST),
    _class("Java 7", _ONLY_10, "C009 C013 002F 0033 C007 C011 0005 C008 C012 000A 0016 0004", _NIST),
    _class(
        "Android 2.3 and programs on OpenSSL 0.9.8",
        _ONLY_10,
        "0004 0005 002F 0033 0035 0039 000A 0016 0009 0015",
        "",
        "no sni",
    ),
    _class("Internet Explorer 8 on Windows XP", _ONLY_10, "0004 0005 000A 0009 0003 0006", "", "no sni"),
)
"""Those that matter today first."""

BROWSER_SUITES = CLASSES[0].codes
