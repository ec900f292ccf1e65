"""What nginx hands to its TLS library while it loads: files, cipher strings, curves, commands. Is it taken?

nginx: ngx_ssl_certificate, ngx_ssl_ciphers, ngx_ssl_ecdh_curve, ngx_ssl_conf_commands and their neighbours in
ngx_event_openssl.c. The library's own words follow in nginx's message; they differ from version to version and are
left out here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.certificates import Certificate
from driftscan.nginx.config import Directive, Location
from driftscan.nginx.directives.base import AnySetting, Facts, Since, fact
from driftscan.nginx.files import NamedFile, Presence
from driftscan.nginx.loadtest.verdict import Notes
from driftscan.openssl import ciphers, conf_commands, groups, security

_CIPHERS_FIRST: Final = NginxVersion(1, 21, 2)
"""`@SECLEVEL` of ssl_ciphers counts for the certificate, because the list is set before it (CHANGES 1.21.2)."""


_PRIME_CHECKED: Final = NginxVersion(1, 22, 0)
"""nginx asks whether the library took `ssl_dhparam`: observed on 1.22.1; what older releases do was not tried."""
_OWN: Final[Facts[str]] = (Since("0.1.0", 'SSL_CTX_use_certificate("{}") failed'),)
_CHAIN: Final[Facts[str]] = (
    Since("0.1.0", 'SSL_CTX_add_extra_chain_cert("{}") failed'),
    Since("1.11.0", 'SSL_CTX_add0_chain_cert("{}") failed'),
    Since("1.15.9", 'SSL_CTX_set0_chain("{}") failed'),
)
"""nginx's words where the library does not take the server's own certificate, or one of the chain."""
_NO_FILE: Final[Facts[str]] = (Since("0.1.0", 'BIO_new_file("{}") failed'),)


class FileKind(Enum):
    """What a file is opened as, with nginx's words, by release: where it is missing, and where it is something else."""

    CERTIFICATE = (
        (*_NO_FILE, Since("1.15.9", 'cannot load certificate "{}": BIO_new_file() failed')),
        (
            Since("0.1.0", 'PEM_read_bio_X509_AUX("{}") failed'),
            Since("1.15.9", 'cannot load certificate "{}": PEM_read_bio_X509_AUX() failed'),
        ),
    )
    KEY = (
        (
            Since("0.1.0", 'SSL_CTX_use_PrivateKey_file("{}") failed'),
            Since("1.15.9", 'cannot load certificate key "{}": BIO_new_file() failed'),
        ),
        (
            Since("0.1.0", 'SSL_CTX_use_PrivateKey_file("{}") failed'),
            Since("1.15.9", 'cannot load certificate key "{}": PEM_read_bio_PrivateKey() failed'),
        ),
    )
    AUTHORITIES = (
        (
            Since("0.1.0", 'SSL_CTX_load_verify_locations("{}") failed'),
            Since("1.27.2", 'cannot load certificate "{}": BIO_new_file() failed'),
        ),
        (
            Since("0.1.0", 'SSL_CTX_load_verify_locations("{}") failed'),
            Since("1.27.2", 'cannot load certificate "{}": PEM_read_bio_X509_AUX() failed'),
        ),
    )
    CRL = (
        (
            Since("0.1.0", 'X509_LOOKUP_load_file("{}") failed'),
            Since("1.27.2", 'cannot load CRL "{}": BIO_new_file() failed'),
        ),
        (
            Since("0.1.0", 'X509_LOOKUP_load_file("{}") failed'),
            Since("1.27.2", 'cannot load CRL "{}": PEM_read_bio_X509_CRL() failed'),
        ),
    )
    PARAMETERS = (_NO_FILE, (Since("0.1.0", 'PEM_read_bio_DHparams("{}") failed'),))
    STAPLE = (_NO_FILE, (Since("0.1.0", 'd2i_OCSP_RESPONSE_bio("{}") failed'),))


@dataclass(slots=True)
class TlsLibrary:
    """The library of one platform, as nginx asks it."""

    platform: Platform
    named: Mapping[str, NamedFile]
    notes: Notes
    block: Directive
    """The block of all servers."""

    @property
    def closed(self) -> Location:
        """Where that block ends: what is checked there has no better place."""
        return self.block.closed_at

    def file(self, path: str, at: Location, kind: FileKind) -> NamedFile | None:
        """The file, if it is there; `None` and taken for granted where that is not known."""
        if path.startswith(("data:", "engine:", "store:")):
            return None
        found = self.named.get(path)
        if found is None or found.presence is Presence.UNKNOWN:
            self.notes.grant(path)
            return None
        if found.presence is Presence.ABSENT:
            self.missing(path, at, kind)
        # A directory can be opened, but not read.
        if found.presence is Presence.DIRECTORY or found.empty:
            self.senseless(path, at, kind)
        return found

    def missing(self, path: str, at: Location, kind: FileKind) -> None:
        """nginx cannot open it."""
        self._refused(path, at, kind.value[0])

    def senseless(self, path: str, at: Location, kind: FileKind) -> None:
        """The library finds nothing of the kind in it."""
        self._refused(path, at, kind.value[1])

    def _refused(self, path: str, at: Location, words: Facts[str]) -> None:
        self.notes.refuse((fact(words, self.platform) or "").format(path), at, placed=False)

    def one(self, setting: AnySetting, at: Location, kind: FileKind) -> None:
        """The one file that a setting names, if it names one."""
        if setting.known and setting.value and setting.places:
            path, place = str(setting.value), _place(setting, at)
            found = self.file(path, place, kind)
            held = None if found is None else found.certificates
            if kind is FileKind.AUTHORITIES and held is not None and held.complete and not held.certificates:
                self.senseless(path, place, kind)

    def certificate(self, path: str, at: Location, cipher_string: AnySetting) -> None:
        """A certificate of a server: is it one, and is its key large enough for the security level?"""
        found = self.file(path, at, FileKind.CERTIFICATE)
        held = None if found is None else found.certificates
        if held is None:
            if found is not None and (path.endswith(".key") or "privkey" in path):
                # It is named as a key as well, so it is not opened; files with both have another name.
                self.notes.doubt(f'whether the key "{path}" holds a certificate too', at)
            return
        if not held.certificates:
            if held.complete:
                self.senseless(path, at, FileKind.CERTIFICATE)
            return
        own, *chain = held.certificates
        level = self._level(cipher_string)
        if level is not None and security.too_small(own.key_type, own.key_bits, level):
            self.notes.refuse(f'SSL_CTX_use_certificate("{path}") failed', at, placed=False)
        elif level is None and security.too_small(own.key_type, own.key_bits, security.STRICTEST_DEFAULT):
            self.notes.doubt(f'"{path}" has a key of {own.key_bits} bits, which some builds of OpenSSL refuse', at)
        for certificate, words in ((own, _OWN), *((link, _CHAIN) for link in chain)):
            self._signature(certificate, (fact(words, self.platform) or "").format(path), at, level)

    def _signature(self, certificate: Certificate, text: str, at: Location, level: int | None) -> None:
        """How a certificate is signed: by MD5 or SHA-1 it may be too weak (ssl_security_cert_sig)."""
        digest, library = certificate.digest, self.platform.library
        if certificate.self_signed or digest not in {"md5", "sha1"}:
            return
        if library is None or level is None:
            self.notes.doubt(f"it is signed with {digest}, which some builds of OpenSSL refuse: {text}", at)
        elif security.is_weak_digest(digest, level, library.version):
            self.notes.refuse(text, at, placed=False)

    def prime(self, setting: AnySetting, at: Location, cipher_string: AnySetting) -> None:
        """Parameters of Diffie-Hellman: is their prime long enough for the security level?"""
        found = self.named.get(str(setting.value)) if setting.known and setting.value else None
        bits, library = None if found is None else found.prime_bits, self.platform.library
        if bits is None or library is None or self.platform.nginx.version < _PRIME_CHECKED:
            return
        level = self._level(cipher_string)
        text, place = f'SSL_CTX_set_tmp_dh("{setting.value}") failed', _place(setting, at)
        if level is not None and library.version.is_openssl_since("1.1.0") and bits < security.minimum_dh_bits(level):
            self.notes.refuse(text, place, placed=False)
        elif level is None and bits < security.minimum_dh_bits(security.STRICTEST_DEFAULT):
            self.notes.doubt(f"its prime has {bits} bits, which some builds of OpenSSL refuse: {text}", place)

    def key_type(self, path: str) -> str | None:
        """The type of a certificate's key, where it is known."""
        found = self.named.get(path)
        held = () if found is None or found.certificates is None else found.certificates.certificates
        return held[0].key_type if held else None

    def _level(self, cipher_string: AnySetting) -> int | None:
        """The security level that a certificate is judged by; `None` where it is not known."""
        library = self.platform.library
        if library is None:
            return None
        if self.platform.nginx.version >= _CIPHERS_FIRST and cipher_string.known:
            chosen = ciphers.select(str(cipher_string.value), library.version, self.platform.family).security_level
            if chosen is not None:
                return chosen
        return security.default_level(library.version, self.platform.family)

    @property
    def ciphers_first(self) -> bool:
        """Whether nginx sets the list of ciphers before it loads certificates."""
        return self.platform.nginx.version >= _CIPHERS_FIRST

    def ciphers(self, setting: AnySetting, at: Location) -> None:
        """A cipher string."""
        library = self.platform.library
        if not setting.known or setting.value is None or library is None:
            return
        selected = ciphers.select(str(setting.value), library.version, self.platform.family)
        if selected.accepted:
            return
        text = f'SSL_CTX_set_cipher_list("{setting.value}") failed'
        if selected.accepted_certain:
            self.notes.refuse(text, _place(setting, at), placed=False)
        else:
            self.notes.doubt(f"whether {library.version} knows any of these ciphers: {text}", _place(setting, at))

    def curve(self, setting: AnySetting, at: Location) -> None:
        """A list of curves."""
        library = self.platform.library
        if not setting.known or setting.value is None or library is None:
            return
        found = groups.curves(str(setting.value), library.version, self.platform.nginx.version, self.platform.family)
        if found.accepted is False:
            self.notes.refuse(found.message or "", _place(setting, at), placed=False)
        elif found.accepted is None:
            self.notes.doubt(f'whether {library.version} knows the curves "{setting.value}"', _place(setting, at))

    def commands(self, setting: AnySetting) -> None:
        """Configuration commands."""
        library = self.platform.library
        if not setting.known or library is None:
            return
        for words, at in zip(setting.value or (), setting.places, strict=False):
            found = conf_commands.command(words[0], words[1], library.version, self.platform.family)
            text = f'SSL_CONF_cmd("{words[0]}", "{words[1]}") failed'
            if found.accepted is False:
                self.notes.refuse(text, at, placed=False)
            elif found.accepted is None:
                self.notes.doubt(f"whether {library.version} takes this command: {text}", at)


def _place(setting: AnySetting, otherwise: Location) -> Location:
    return next(iter(setting.places), otherwise)
