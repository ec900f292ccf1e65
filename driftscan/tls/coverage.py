"""Which certificate a client is sent, and whether it is for the name that the client asked for.

Clients compare the name with subjectAltName and with nothing else (RFC 9525, 6.1). A `*` stands for exactly one whole
label, the leftmost one, and at least two labels must follow: that is what OpenSSL (valid_star in v3_utl.c), Firefox
(mozilla::pkix) and Chrome agree on, and RFC 9525 forbids every other use of it.

A server without a certificate of its own, or of the block around it, sends that of its socket's default server, and
one that rejects handshakes sends none (:mod:`driftscan.tls.endpoints`).
"""

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from driftscan.nginx.certificates import Certificate, is_issuers
from driftscan.nginx.directives.http_ssl import SSL_CERTIFICATE, SSL_REJECT_HANDSHAKE
from driftscan.nginx.files import NamedFile, for_name
from driftscan.tls.endpoints import Endpoint, has_context
from driftscan.tls.handshake import Site

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?:\*?\.)?{_LABEL}(?:\.{_LABEL})*")
"""A host name, or one that stands for many: `*.shop.example`, `.shop.example`."""
_INTERNAL: Final = frozenset(
    {"home", "corp", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost", "private", "test"}
)
"""Last labels that no public authority issues for: RFC 2606, 6761 and 6762, and what private networks are called."""


@functools.lru_cache(maxsize=4096)
def is_host(name: str) -> bool:
    """Whether a certificate can be held against a name of `server_name`.

    Not for the empty name and `_`, regular expressions, names that end in `.*`, `$hostname`, and addresses, which no
    client sends as SNI.
    """
    return name != "_" and _HOST.fullmatch(name.lower()) is not None and not _is_address(name)


@functools.lru_cache(maxsize=4096)
def is_internal(name: str) -> bool:
    """Whether a name means something only in a private network, where people accept any certificate."""
    labels = name.lower().rstrip(".").split(".")
    return len(labels) == 1 or labels[-1] in _INTERNAL or labels[-2:] == ["home", "arpa"]


def covers(certificate: Certificate, name: str) -> bool:
    """Whether clients that ask for a name of `server_name` take the certificate.

    `*.shop.example` asks for all names that differ in one label, `.shop.example` for that and for `shop.example`
    itself. Nothing covers what :func:`is_host` says is no host.
    """
    if not is_host(name):
        return False
    wanted = name.lower()
    if wanted.startswith("."):
        return covers(certificate, wanted[1:]) and covers(certificate, f"*{wanted}")
    parent = wanted.partition(".")[2]
    if wanted.startswith("*"):
        return "." in parent and wanted in certificate.names
    return wanted in certificate.names or ("." in parent and f"*.{parent}" in certificate.names)


def covers_some(certificate: Certificate, name: str) -> bool:
    """Whether clients that ask for one of the names that a name of `server_name` stands for take the certificate.

    Which of the names that `*.shop.example` stands for are in use is not written in any configuration: a certificate
    for a few of them may well be for all of those.
    """
    if covers(certificate, name):
        return True
    wanted = name.lower()
    if not is_host(name) or wanted[0] not in "*.":
        return False
    below = wanted.removeprefix("*")
    return any(
        presented.lower().endswith(below) or f".{presented.lower()}" == wanted for presented in certificate.names
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1024)  # several patterns ask for every endpoint of one state
def certificate_paths(at: Endpoint) -> tuple[str, ...] | None:
    """The files, by their paths on the host, whose certificates an endpoint may send.

    None where the handshake is refused, or fails for want of any. `None` where they stand in a part that cannot be
    read, depend on a variable that is not the name, or are no files.
    """
    rejects = at.server[SSL_REJECT_HANDSHAKE]
    holder = at.server if has_context(at.server) else at.default
    setting = holder[SSL_CERTIFICATE]
    if rejects.value is True:
        return ()
    if not (rejects.known and setting.known):
        return None
    paths = tuple(for_name(path, at.name) if is_single(at.name) else path for path in setting.value or ())
    return None if any("$" in path or not path.startswith("/") for path in paths) else paths


def differ(paths: Iterable[str], others: Iterable[str]) -> bool:
    """Whether the certificates in some files, of which nothing else is known, are likely to be others than in some.

    Of a file with the same name in a directory with the same name it is likelier that it was moved, together with
    the directory: `ssl/live/shop.example/fullchain.pem`.
    """
    return {PurePosixPath(path).parts[-2:] for path in paths} != {PurePosixPath(path).parts[-2:] for path in others}


def is_single(name: str) -> bool:
    """Whether a name stands for itself only; the empty one is that of clients that send none."""
    return not name or (is_host(name) and name[0] not in "*.")


def sent_by(at: Endpoint, named: Mapping[str, NamedFile]) -> tuple[NamedFile, ...] | None:
    """The files whose certificates an endpoint may send, all of them read; `None` where one of them is not known.

    Of two with keys of one type nginx uses the last one. So there are several only where it depends on the client
    which one is sent. Empty as in :func:`certificate_paths`.
    """
    paths = certificate_paths(at)
    if paths is None:
        return None
    by_type: dict[str, NamedFile] = {}
    for path in paths:
        file = named.get(path)
        certificate = None if file is None else own_certificate(file)
        if file is None or certificate is None:
            return None
        by_type[certificate.key_type] = file
    return tuple(by_type.values())


def own_certificate(file: NamedFile) -> Certificate | None:
    """The certificate that a server which names the file calls its own: the first one; `None` where it is not known."""
    held = file.certificates
    return held.certificates[0] if held is not None and held.complete and held.certificates else None


def lacking(at: Endpoint, site: Site) -> tuple[NamedFile, ...] | None:
    """Of the files that an endpoint may send, those whose certificate is not for its name at all.

    `None` where it cannot be told: the name is no host, or a certificate is not known.
    """
    files = sent_by(at, site.config.named) if is_host(at.name) else None
    if files is None:
        return None
    held = ((file, own_certificate(file)) for file in files)
    return tuple(file for file, certificate in held if certificate is None or not covers_some(certificate, at.name))


def misnamed(at: Endpoint, site: Site) -> tuple[NamedFile, ...]:
    """Of the files that an endpoint may send, those that could be trusted if only they were for its name.

    One that has signed itself is refused by everybody who checks, and an authority's is no server's, whatever it is
    for.
    """
    held = ((file, own_certificate(file)) for file in lacking(at, site) or ())
    return tuple(file for file, own in held if own is not None and not own.self_signed and not is_issuers(own))


def suits(at: Endpoint, site: Site) -> bool:
    """Whether it is certain that every client which asks for an endpoint's name is sent a certificate for it."""
    return bool(sent_by(at, site.config.named)) and lacking(at, site) == ()


def trusted_names(at: Endpoint, site: Site) -> tuple[str, ...]:
    """The names of the certificates that an endpoint may send, those aside that have signed themselves."""
    files = sent_by(at, site.config.named) or ()
    signed = (file for file in files if (held := own_certificate(file)) is not None and not held.self_signed)
    return names_of(signed)


def names_of(files: Iterable[NamedFile]) -> tuple[str, ...]:
    """The names that the certificates of some files are for, in order."""
    held = (own_certificate(file) for file in files)
    return tuple(dict.fromkeys(name for certificate in held if certificate is not None for name in certificate.names))


def listed(names: Iterable[str], most: int = 3) -> str:
    """A few names in a sentence, and how many more; `no name` where there is none."""
    words = tuple(dict.fromkeys(names))
    if not words:
        return "no name"
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
