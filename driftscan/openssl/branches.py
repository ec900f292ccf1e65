"""The branches of the TLS libraries: from one to the next they refuse what they took, within one they do not.

https://openssl-library.org/policies/releasestrat/ and CHANGES of each release.
"""

from typing import Final

from driftscan.history.versions import Library

_BEGINNINGS: Final = ("1.0.1", "1.0.2", "1.1.0", "1.1.1", "3.0", "3.2", "3.5", "4.0")
"""The releases of OpenSSL from which on TLS behaves otherwise; 3.2 has another default level, 3.5 other groups."""


def branch(library: Library) -> str:
    """What a library is called, without what changes in an upgrade that nobody need notice."""
    if library.family != "OpenSSL":
        return library.family
    since = [beginning for beginning in _BEGINNINGS if library.is_openssl_since(beginning)]
    return f"OpenSSL {since[-1]}" if since else "OpenSSL 1.0.0"
