"""What else in one tree has a say in TLS, read from where it usually is.

Every look goes through the view, so that its footprint holds exactly what the result rests on. Of certbot's lineages
only links are looked at: a renewal is seen by them, and what they lead to is not opened.
"""

import fnmatch
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar, cast

from driftscan.history import certbot
from driftscan.history.commit import BlobId, Kind
from driftscan.history.snapshot import UnreadableBlob
from driftscan.host.authorities import parse_authorities
from driftscan.host.crypto_policy import CryptoPolicy, parse_policy
from driftscan.host.etckeeper import parse_push_remote
from driftscan.host.host import Host
from driftscan.host.lineages import Lineage, LiveFile, LiveKind
from driftscan.host.openssl_cnf import Item, SystemDefaults, parse_openssl_cnf, system_defaults
from driftscan.host.options_file import OptionsFile, digest_of, parse_digest
from driftscan.host.renewal import Renewal, parse_renewal
from driftscan.host.resolver import Resolver, parse_hosts, parse_resolv_conf
from driftscan.host.value import Value
from driftscan.nginx.config import Location
from driftscan.nginx.treeglob import File, Folder, Missing, Place, TreeView

T = TypeVar("T")
Parser: TypeAlias = Callable[[str, bytes], T]
"""A path in the tree and the bytes that are there, read."""
Parsed: TypeAlias = dict[tuple[object, str, BlobId], object]
"""What parsers made of blobs, by parser, path and blob; shared between the trees of a walk."""

_LIVE: Final = "letsencrypt/live"
_HOOKS: Final = "letsencrypt/renewal-hooks"
_KINDS: Final = ("cert", "chain", "fullchain", "privkey")
_OPENSSL: Final = ("pki/tls/openssl.cnf", "ssl/openssl.cnf")
"""Where Red Hat has it, and everybody else; Red Hat's second one, where there is one, is a link to the first."""


def read_host(view: TreeView, read: Callable[[BlobId], bytes], known: Parsed) -> Host:
    """Everything besides nginx's configuration, as it is in one tree.

    Args:
        view: the tree as the host's file system; its footprint becomes the result's.
        read: the bytes of a blob; raises :class:`UnreadableBlob` where the repository lacks it.
        known: what was parsed before; it is added to.
    """
    reader = _Reader(view, read, known)
    lineages = dict(_lineages(reader))
    options, openssl, policy = _options(reader), _openssl(reader), _policy(reader)
    resolver = Resolver(
        reader.parsed(parse_hosts, "hosts") or {}, reader.parsed(parse_resolv_conf, "resolv.conf") or ()
    )
    authorities = reader.parsed(parse_authorities, "ca-certificates.conf")
    push_remote = reader.parsed(parse_push_remote, "etckeeper/etckeeper.conf")
    hooks = {kind: names for kind in ("pre", "deploy", "post") if (names := reader.folder(f"{_HOOKS}/{kind}")[1])}
    return Host(
        lineages,
        options,
        openssl,
        policy,
        resolver,
        authorities,
        push_remote,
        hooks,
        view.root,
        view.footprint(),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    view: TreeView
    read: Callable[[BlobId], bytes]
    known: Parsed

    def host_path(self, path: str) -> str:
        """Where a path of the tree is on the host."""
        return f"{self.view.root.rstrip('/')}/{path}"

    def blob(self, path: str) -> tuple[str, BlobId] | None:
        """The file that a path leads to, and what it holds; `None` where there is none."""
        match self.view.locate(self.host_path(path)):
            case File(real) if (entry := self.view.snapshot.entry(real)) is not None:
                return real, entry.blob
            case _:
                return None

    def parsed(self, parser: Parser[T], path: str) -> T | None:
        """What a parser makes of a file; `None` where the file is not there or cannot be read."""
        found = self.blob(path)
        return None if found is None else self.parsed_blob(parser, *found)

    def parsed_blob(self, parser: Parser[T], path: str, blob: BlobId) -> T | None:
        """The same of a blob."""
        key = (parser, path, blob)
        if key not in self.known:
            try:
                self.known[key] = parser(path, self.read(blob))
            except UnreadableBlob:
                return None
        return cast("T", self.known[key])

    def folder(self, path: str) -> tuple[str, tuple[str, ...]]:
        """The directory that a path leads to, and the names in it, sorted; no names where there is none."""
        match self.view.locate(self.host_path(path)):
            case Folder(real):
                return real, tuple(sorted(self.view.snapshot.names(real) or ()))
            case _:
                return path, ()


def _lineages(reader: _Reader) -> Iterator[tuple[str, Lineage]]:
    renewals = {renewal.name: renewal for renewal in _renewals(reader)}
    live = {name: files for name in reader.folder(_LIVE)[1] if (files := dict(_live(reader, f"{_LIVE}/{name}")))}
    for name in sorted({*renewals, *live}):
        yield name, Lineage(name, renewals.get(name), live.get(name, {}))


def _renewals(reader: _Reader) -> Iterator[Renewal]:
    directory, names = reader.folder(certbot.RENEWAL)
    for name in fnmatch.filter(names, "*.conf"):
        found = reader.blob(f"{certbot.RENEWAL}/{name}")
        # A link out of the directory is none of certbot's making, and may lead to a key.
        if found is not None and found[0].rpartition("/")[0] == directory:
            renewal = reader.parsed_blob(parse_renewal, *found)
            if renewal is not None:
                yield renewal


def _live(reader: _Reader, lineage: str) -> Iterator[tuple[str, LiveFile]]:
    directory, names = reader.folder(lineage)
    for kind in _KINDS:
        if f"{kind}.pem" not in names:
            continue
        path = f"{directory}/{kind}.pem"
        place = reader.view.locate(reader.host_path(f"{lineage}/{kind}.pem"))
        match reader.view.snapshot.kind(path):
            case Kind.LINK:
                leads_to = place.path if isinstance(place, File | Folder | Missing) else None
                yield kind, LiveFile(path, LiveKind.LINK, _target(reader, path), leads_to)
            case Kind.FILE:
                yield kind, LiveFile(path, LiveKind.FILE, None, None)
            case _:
                pass


def _target(reader: _Reader, link: str) -> str | None:
    """What a link says; the view has just followed it."""
    entry = reader.view.snapshot.entry(link)
    return None if entry is None else reader.view.targets.get(entry.blob)


def _options(reader: _Reader) -> OptionsFile | None:
    found, digest = reader.blob(certbot.OPTIONS), reader.blob(certbot.DIGEST)
    if found is None:
        return None
    path, blob = found
    kept = None if digest is None else reader.parsed_blob(parse_digest, *digest)
    own = None if kept is None else reader.parsed_blob(digest_of, *found)
    return OptionsFile(
        path,
        certbot.FILES.get(blob),
        None if digest is None else certbot.DIGESTS.get(digest[1]),
        edited=None not in {kept, own} and kept != own and blob not in certbot.FILES,
    )


def _openssl(reader: _Reader) -> SystemDefaults | None:
    for place in _OPENSSL:
        found = reader.blob(place)
        items = None if found is None else reader.parsed_blob(parse_openssl_cnf, *found)
        if found is not None and items is not None:
            return system_defaults(found[0], items, functools.partial(_included, reader))
    return None


def _included(reader: _Reader, host_path: str) -> tuple[tuple[Item, ...], ...] | None:
    """The files that an include of openssl.cnf names; a relative name is none that can be followed."""
    if not host_path.startswith("/"):
        return None
    match reader.view.locate(host_path):
        case Folder(path):
            names = sorted(reader.view.snapshot.names(path) or ())
            inside = (f"{host_path}/{name}" for name in names if name.endswith((".cnf", ".conf")))
            files = (_items_of(reader, reader.view.locate(name)) for name in inside)
            return tuple(items for items in files if items is not None)
        case place:
            found = _items_of(reader, place)
            return None if found is None else (found,)


def _items_of(reader: _Reader, place: Place) -> tuple[Item, ...] | None:
    """What a file says; a directory in a directory is not read (get_next_file in conf_def.c)."""
    entry = reader.view.snapshot.entry(place.path) if isinstance(place, File) else None
    return (
        None
        if entry is None or not isinstance(place, File)
        else reader.parsed_blob(parse_openssl_cnf, place.path, entry.blob)
    )


def _policy(reader: _Reader) -> CryptoPolicy | None:
    policy = reader.parsed(parse_policy, "crypto-policies/config")
    back_ends: dict[str, Value] = {}
    directory, names = reader.folder("crypto-policies/back-ends")
    for name in fnmatch.filter(names, "openssl*.config"):
        path = f"{directory}/{name}"
        reader.view.locate(reader.host_path(path))
        target = _target(reader, path) if reader.view.snapshot.kind(path) is Kind.LINK else None
        if target is not None:
            back_ends[name] = Value(target, Location(path, 1))
    return None if policy is None and not back_ends else CryptoPolicy(policy, dict(sorted(back_ends.items())))
