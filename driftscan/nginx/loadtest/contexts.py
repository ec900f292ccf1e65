"""The TLS context of a server: certificates, keys and everything around them, in nginx's order.

nginx: ngx_http_ssl_merge_srv_conf and its twins in stream and mail. Only a server with a certificate, its own or
inherited, or with `ssl_reject_handshake on`, gets a context: the others may say anything.
"""

import itertools
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from driftscan.history.versions import NginxVersion
from driftscan.nginx.config import Directive, Location, named
from driftscan.nginx.directives.base import AnyDeclaration, Facts, Family, Since, fact
from driftscan.nginx.directives.http_ssl import (
    SSL_CERTIFICATE,
    SSL_CERTIFICATE_COMPRESSION,
    SSL_CERTIFICATE_KEY,
    SSL_CIPHERS,
    SSL_CLIENT_CERTIFICATE,
    SSL_CONF_COMMAND,
    SSL_CRL,
    SSL_DHPARAM,
    SSL_ECDH_CURVE,
    SSL_OCSP,
    SSL_OCSP_RESPONDER,
    SSL_REJECT_HANDSHAKE,
    SSL_SESSION_TICKET_KEY,
    SSL_STAPLING,
    SSL_STAPLING_FILE,
    SSL_TRUSTED_CERTIFICATE,
    SSL_VERIFY_CLIENT,
)
from driftscan.nginx.directives.values import Refusal, check_variables
from driftscan.nginx.files import Presence
from driftscan.nginx.loadtest.library import FileKind, TlsLibrary
from driftscan.nginx.loadtest.variables import doubtful
from driftscan.nginx.servers import Server

_NOBODY_TO_VERIFY: Final[Facts[str]] = (
    Since("0.1.0", "no ssl_client_certificate for ssl_client_verify"),
    Since("1.17.4", "no ssl_client_certificate for ssl_verify_client"),
    Since("1.27.2", "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client"),
)
_TICKET_KEY_SIZES: Final[Facts[tuple[frozenset[int], str]]] = (
    Since("0.1.0", (frozenset({48}), "48 bytes")),
    Since("1.11.8", (frozenset({48, 80}), "48 or 80 bytes")),
)
_OTHER_KEY: Final[Facts[str]] = (
    Since("0.1.0", 'SSL_CTX_use_PrivateKey_file("{}") failed'),
    Since("1.15.9", 'SSL_CTX_use_PrivateKey("{}") failed'),
)
_TRUSTED_IS_ENOUGH: Final = NginxVersion(1, 27, 2)
_VARIABLES_SINCE: Final = NginxVersion(1, 15, 9)
_COMPRESSION_FORBIDS_STAPLING: Final = NginxVersion(1, 29, 3)


@dataclass(frozen=True, slots=True)
class Need:
    """The directive for which a server must have a certificate, as nginx's message names it, and where it stands."""

    directive: str
    at: Location


def make(server: Server, around: Directive, library: TlsLibrary, need: Need | None) -> None:
    """Make the context of a server, or find out why nginx cannot.

    Args:
        server: the server.
        around: the block that it stands in.
        library: the TLS library.
        need: what asks for a context, if something does.
    """
    certificates, keys = server[SSL_CERTIFICATE], server[SSL_CERTIFICATE_KEY]
    if not certificates.known or not keys.known:
        return
    paths = certificates.value or ()
    if not paths and server[SSL_REJECT_HANDSHAKE].value is not True:
        if need is not None:
            library.notes.refuse(f'no "ssl_certificate" is defined for the "{need.directive}" directive', need.at)
        return
    if len(keys.value or ()) < len(paths):
        _lacking(server, around, library, need)
    if library.ciphers_first:
        library.ciphers(server[SSL_CIPHERS], server.at)
    _certificates(server, library, paths, keys.value or ())
    if not library.ciphers_first:
        library.ciphers(server[SSL_CIPHERS], server.at)
    _authorities(server, library)
    library.one(server[SSL_DHPARAM], server.at, FileKind.PARAMETERS)
    library.prime(server[SSL_DHPARAM], server.at, server[SSL_CIPHERS])
    library.curve(server[SSL_ECDH_CURVE], server.at)
    _ticket_keys(server, library)
    _stapling(server, library)
    library.commands(server[SSL_CONF_COMMAND])


def _place(server: Server, declaration: AnyDeclaration) -> Location:
    return next(iter(server[declaration].places), server.at)


def _lacking(server: Server, around: Directive, library: TlsLibrary, need: Need | None) -> None:
    """There is no key for some certificate; nginx names the last one, as it is written."""
    written = (*named(server.block, "ssl_certificate"),) or (*named(around.inside(), "ssl_certificate"),)
    last = written[-1].args[0] if written else ""
    text = f'no "ssl_certificate_key" is defined for certificate "{last}"'
    if need is None:
        library.notes.refuse(text, _place(server, SSL_CERTIFICATE), placed=False)
    elif server[SSL_CERTIFICATE_KEY].value:
        library.notes.refuse(f'{text} and the "{need.directive}" directive', need.at)
    else:
        library.notes.refuse(f'no "ssl_certificate_key" is defined for the "{need.directive}" directive', need.at)


def _certificates(server: Server, library: TlsLibrary, certificates: tuple[str, ...], keys: tuple[str, ...]) -> None:
    """Each certificate with its key, one pair after the other (ngx_ssl_certificates)."""
    by_workers = library.platform.nginx.version >= _VARIABLES_SINCE
    if by_workers and any("$" in path for path in (*certificates, *keys)):
        # Opened at each handshake; now only the variables must be written as such (ngx_http_ssl_compile_certificates).
        for word in itertools.chain.from_iterable(zip(certificates, keys, strict=False)):
            try:
                check_variables(word)
            except Refusal as refusal:
                library.notes.refuse(refusal.text("ssl_certificate"), library.closed)
        for name in doubtful((*certificates, *keys), library.block):
            library.notes.doubt(f'without a module that has it: unknown "{name}" variable', server.at)
        return
    at, key_at = _place(server, SSL_CERTIFICATE), _place(server, SSL_CERTIFICATE_KEY)
    for number, (path, key) in enumerate(zip(certificates, keys, strict=False), start=1):
        if not path:
            # What has no name is the directory where names begin.
            library.senseless(f"{server.prefix}/", at, FileKind.CERTIFICATE)
        if "$" in path:
            library.missing(path, at, FileKind.CERTIFICATE)
        library.certificate(path, at, server[SSL_CIPHERS])
        library.file(key, key_at, FileKind.KEY)
        if not _fits(key, certificates[:number], certificates, library):
            text = (fact(_OTHER_KEY, library.platform) or "").format(key)
            library.notes.doubt(f'whether the key "{key}" belongs to the certificate "{path}"; if not: {text}', at)


def _fits(key: str, loaded: tuple[str, ...], certificates: tuple[str, ...], library: TlsLibrary) -> bool:
    """Whether a key is sure to belong to the certificate of its type that was loaded last.

    OpenSSL keeps certificates and keys by type (ssl_set_pkey): a key of another type waits for its own certificate.
    """
    if _belong_together(loaded[-1], key):
        return True
    owners = frozenset(other for other in (*certificates, *library.named) if _belong_together(other, key))
    kinds = {library.key_type(owner) for owner in owners} - {None}
    if len(kinds) != 1 or any(library.key_type(other) is None for other in loaded):
        return False
    rivals = [other for other in loaded if library.key_type(other) in kinds]
    return not rivals or rivals[-1] in owners


def _authorities(server: Server, library: TlsLibrary) -> None:
    """Whose client certificates are accepted; the file is not opened where nobody is asked for one."""
    verify, client = server[SSL_VERIFY_CLIENT], server[SSL_CLIENT_CERTIFICATE]
    trusted = server[SSL_TRUSTED_CERTIFICATE]
    if verify.known and client.known and trusted.known and verify.value != "off":
        trust_counts = library.platform.nginx.version >= _TRUSTED_IS_ENOUGH
        enough = client.value or (trust_counts and trusted.value)
        if verify.value != "optional_no_ca" and not enough:
            text = fact(_NOBODY_TO_VERIFY, library.platform) or ""
            at = _place(server, SSL_VERIFY_CLIENT)
            library.notes.refuse(text, at, placed=False, by_release=bool(trusted.value))
        library.one(client, server.at, FileKind.AUTHORITIES)
    if server.family is Family.HTTP or verify.value != "off":
        library.one(trusted, server.at, FileKind.AUTHORITIES)
        library.one(server[SSL_CRL], server.at, FileKind.CRL)
    if verify.value == "optional_no_ca" and server[SSL_OCSP].value not in {"off", None}:
        text = '"ssl_ocsp" is incompatible with "ssl_verify_client optional_no_ca"'
        library.notes.refuse(text, _place(server, SSL_OCSP), placed=False)
    _ocsp_responder(server, library)


def _ocsp_responder(server: Server, library: TlsLibrary) -> None:
    responder = server[SSL_OCSP_RESPONDER]
    if server[SSL_OCSP].value in {"off", None} or not responder.value:
        return
    if len(responder.value) <= len("http://") or not responder.value.lower().startswith("http://"):
        text = f'invalid URL prefix in OCSP responder "{responder.value}" in "ssl_ocsp_responder"'
        library.notes.refuse(text, _place(server, SSL_OCSP_RESPONDER), placed=False)


def _ticket_keys(server: Server, library: TlsLibrary) -> None:
    setting = server[SSL_SESSION_TICKET_KEY]
    if not setting.known:
        return
    sizes, wanted = fact(_TICKET_KEY_SIZES, library.platform) or (frozenset(), "")
    for path in setting.value or ():
        found = library.named.get(path)
        if found is None or found.presence is Presence.UNKNOWN:
            library.notes.grant(path)
        elif found.presence is Presence.ABSENT:
            library.notes.refuse(f'open() "{path}" failed (2: No such file or directory)', library.closed)
        elif found.presence is Presence.DIRECTORY:
            library.notes.refuse(f'"{path}" must be {wanted}', library.closed)
        elif found.size is not None and found.size not in sizes:
            newer = found.size in _TICKET_KEY_SIZES[-1].value[0]
            library.notes.refuse(f'"{path}" must be {wanted}', library.closed, by_release=newer)


def _stapling(server: Server, library: TlsLibrary) -> None:
    if server[SSL_STAPLING].value is not True:
        return
    library.one(server[SSL_STAPLING_FILE], server.at, FileKind.STAPLE)
    nginx = library.platform.nginx.version
    if server[SSL_CERTIFICATE_COMPRESSION].value is True and nginx >= _COMPRESSION_FORBIDS_STAPLING:
        text = '"ssl_stapling" is incompatible with "ssl_certificate_compression"'
        library.notes.refuse(text, _place(server, SSL_CERTIFICATE_COMPRESSION), placed=False, by_release=True)


_PAIRS: Final = frozenset({("fullchain", "privkey"), ("cert", "privkey"), ("cert", "key"), ("chain", "privkey")})
"""Names that certbot and others give to what belongs together."""
_AFFIXES: Final = frozenset(
    {"fullchain", "chain", "bundle", "combined", "cert", "certificate", "crt", "public", "private", "privkey", "key"}
)


def _belong_together(certificate: str, key: str) -> bool:
    """Whether a certificate and a key are named as people name what belongs together."""
    one, other = PurePosixPath(certificate), PurePosixPath(key)
    if certificate == key or one.stem == other.stem or _plain(one.stem) == _plain(other.stem) != "":
        return True
    named = (one.stem.lower().rstrip("0123456789"), other.stem.lower().rstrip("0123456789"))
    return one.parent == other.parent and (named in _PAIRS or _plain(one.stem) == _plain(other.stem))


def _plain(stem: str) -> str:
    """A name without the words that tell a certificate from its key: `shop_cert` and `shop-key` are `shop`."""
    words = stem.lower().replace("-", ".").replace("_", ".").split(".")
    return ".".join(word for word in words if word not in _AFFIXES)
