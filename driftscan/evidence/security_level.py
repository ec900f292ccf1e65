"""Which security level of OpenSSL holds in a state: the cipher string's own, the host's files', or the build's.

SSL_CTX_new applies `system_default` of openssl.cnf before nginx says anything; a cipher string without `@SECLEVEL`
leaves the level as it is (SSL_CTX_set_cipher_list). nginx looks for a section of its own name since 1.25.2, and takes
that in place of the common one (CONF_modules_load with the name of an application).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from driftscan.drift.state import State
from driftscan.history.versions import Library, NginxVersion
from driftscan.host.value import Value
from driftscan.nginx.backends import declared
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Location
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_CIPHERS, SSL_DHPARAM, SSL_PROTOCOLS
from driftscan.nginx.directives.values import Protocol
from driftscan.nginx.servers import Server
from driftscan.nginx.upstreams import Upstream
from driftscan.openssl.ciphers import select
from driftscan.openssl.policies import read_policy
from driftscan.openssl.security import default_level, is_weak_digest, lowest_protocol, minimum_dh_bits, too_small
from driftscan.tls.endpoints import has_context

_OWN_SECTION_SINCE: Final = NginxVersion(1, 25, 2)
_CIPHERS_FIRST: Final = NginxVersion(1, 21, 2)
"""From here on the cipher string is set before the certificate, so that its level counts for it (CHANGES 1.21.2)."""
_BOUNDS_SINCE: Final = NginxVersion(1, 15, 6)
_BOUNDS_IN_STABLE: Final = (NginxVersion(1, 14, 2), NginxVersion(1, 15, 0))
"""From here on nginx sets the oldest and the newest version itself (ngx_ssl_create)."""
_PRIME_CHECKED: Final = NginxVersion(1, 22, 0)
CURRENT: Final = Library.parse("3.0.0")
"""The library that cipher strings are read for where it is not known which one there is."""


def library_of(state: State) -> Library:
    """The library, or a current one where it is not known."""
    return CURRENT if state.platform.library is None else state.platform.library.version


def own_level(cipher_string: object, state: State) -> int | None:
    """What `@SECLEVEL=n` in a cipher string says; `None` where it says nothing."""
    return select(str(cipher_string), library_of(state), state.platform.family).security_level


def system_commands(state: State) -> Mapping[str, Value]:
    """The commands of openssl.cnf that hold in nginx, by name in lower case; none where the file is not known.

    OpenSSL reads the section since 1.1.1 (ssl_ctx_system_config).
    """
    defaults = state.host.openssl
    if defaults is None or not library_of(state).is_openssl_since("1.1.1"):
        return {}
    has_own = state.platform.nginx.version >= _OWN_SECTION_SINCE and defaults.nginx
    return defaults.nginx if has_own else defaults.commands


def leaves_bounds(nginx: NginxVersion) -> bool:
    """Whether MinProtocol of openssl.cnf holds for what nginx listens on, because nginx sets no bound of its own."""
    first, end = _BOUNDS_IN_STABLE
    return nginx < _BOUNDS_SINCE and not first <= nginx < end


def said_at(state: State, command: str) -> Location:
    """The line of openssl.cnf that gives a command; the first line of the file where none does."""
    said, defaults = system_commands(state).get(command), state.host.openssl
    return Location("ssl/openssl.cnf" if defaults is None else defaults.path, 1) if said is None else said.at


def has_word(said: Value, word: str) -> bool:
    """Whether a list of options switches one on, or leaves it on; OpenSSL reads them without case."""
    return any(each.strip().removeprefix("+").lower() == word.lower() for each in said.text.split(","))


def system_level(state: State) -> int | None:
    """The level without any `@SECLEVEL` in nginx; `None` where it cannot be told."""
    library = library_of(state)
    said = system_commands(state).get("cipherstring")
    if said is not None and (level := own_level(said.text, state)) is not None:
        return level
    policy = state.host.crypto_policy
    if state.platform.family == "rhel" and policy is not None and policy.policy is not None:
        return read_policy(policy.policy.text).level
    return default_level(library, state.platform.family)


def level(state: State, cipher_string: object) -> int | None:
    """The level that holds with a cipher string; `None` where it cannot be told."""
    own = own_level(cipher_string, state)
    return system_level(state) if own is None else own


def permits(state: State, cipher_string: object, protocol: Protocol) -> bool | None:
    """Whether the library lets handshakes use a protocol at the level that holds; `None` where it cannot be told.

    Without a known level OpenSSL 3.0 is taken to have one above 0, which no build of it has undercut.
    """
    if state.platform.library is None:
        return None
    held = level(state, cipher_string)
    library = library_of(state)
    if held is None:
        if not library.is_openssl_since("3.0"):
            return None
        held = 1
    newest = library.family != "OpenSSL" or library.is_openssl_since("1.1.1")
    return protocol not in forbidden(state, held) and (newest or protocol is not Protocol.TLS13)


def forbidden(state: State, held: int) -> frozenset[Protocol]:
    """The protocols that the library refuses at a level."""
    versions = list(Protocol)
    return frozenset(versions[: versions.index(_lowest(state, held))])


def _lowest(state: State, held: int) -> Protocol:
    return Protocol(lowest_protocol(held, library_of(state), state.platform.family))


# ------------------------------------------------------------------ whom a level hits


def speaking(state: State) -> Iterator[Server]:
    """The servers that answer TLS clients with a certificate of their own, and whose ciphers are known."""
    for server in state.servers:
        if state.tls_addresses(server) and has_context(server) and server[SSL_CIPHERS].known:
            yield server


def following(state: State) -> Iterator[Server]:
    """Those among them that take the level as they find it."""
    for server in speaking(state):
        if own_level(server[SSL_CIPHERS].value, state) is None:
            yield server


def passing_with_system_level(state: State) -> Iterator[Upstream]:
    """The places that pass requests on by TLS with the level as they find it."""
    for place in state.upstreams:
        if place.speaks_tls:
            ciphers = place[declared(place, "ciphers")]
            if ciphers.known and own_level(ciphers.value, state) is None:
                yield place


def spoken(server: Server) -> frozenset[Protocol]:
    """The protocols that a server says it speaks."""
    return frozenset(server[SSL_PROTOCOLS].value or ())


def refused_at(state: State, server: Server, held: int) -> tuple[str, str] | None:
    """A certificate of a server that OpenSSL refuses to load at a level, and why; `None` where all are taken.

    A server's own level counts for it from nginx 1.21.2 on only.
    """
    own = own_level(server[SSL_CIPHERS].value, state)
    if own is not None and state.platform.nginx.version >= _CIPHERS_FIRST:
        held = own
    for path in server[SSL_CERTIFICATE].value or ():
        found = state.config.named.get(path)
        held_by = () if found is None or found.certificates is None else found.certificates.certificates
        for number, one in enumerate(held_by):
            if reason := _refused(one, held, library_of(state), leaf=number == 0):
                return path, reason
    return None


def refused_parameters(state: State, server: Server, held: int) -> tuple[str, str] | None:
    """The file of `ssl_dhparam` that OpenSSL does not take at a level, and why; `None` where it is taken, or unknown.

    nginx asks whether it was taken: observed on 1.22.1, what older releases do was not tried.
    """
    own, setting = own_level(server[SSL_CIPHERS].value, state), server[SSL_DHPARAM]
    found = state.config.named.get(str(setting.value)) if setting.known and setting.value else None
    bits = None if found is None else found.prime_bits
    if bits is None or state.platform.nginx.version < _PRIME_CHECKED:
        return None
    least = minimum_dh_bits(held if own is None else own)
    return None if bits >= least else (str(setting.value), f"dh key too small, {bits} bits")


def _refused(one: Certificate, held: int, library: Library, *, leaf: bool) -> str | None:
    """OpenSSL's words for what is wrong with a certificate at a level (ssl_security_cert)."""
    if too_small(one.key_type, one.key_bits, held):
        return f"{'ee' if leaf else 'ca'} key too small, {one.key_bits} bits"
    if one.digest in _DIGESTS and not one.self_signed and is_weak_digest(one.digest, held, library):
        return f"ca md too weak, {one.digest.upper()}"
    return None


_DIGESTS: Final = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
