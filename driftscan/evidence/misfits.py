"""Certificates and keys of which one tree alone shows that they do not belong together; no key is read for that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from driftscan.drift.state import State, once
from driftscan.evidence.key_pairs import KeyPair, is_key_kept, kept_as, key_pairs, pairs_in_use
from driftscan.host.certbot_files import CertbotFile
from driftscan.nginx.certificates import Certificate, is_issuers
from driftscan.nginx.servers import Server
from driftscan.tls.coverage import own_certificate


class Reason(StrEnum):
    """What shows it."""

    LINEAGES = "lineages"
    """The key is of another lineage of certbot than the certificate."""
    NUMBERS = "numbers"
    """They are of two renewals of one lineage."""
    SHARED = "shared"
    """The same key stands beside a certificate for another key."""
    ORDER = "order"
    """The file begins with the certificate of an authority, and the server's own comes later."""
    CHAIN = "chain"
    """The file holds certificates of authorities only."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A pair of a server that does not belong together."""

    server: Server
    pair: KeyPair
    reason: Reason
    sure: bool
    """Public keys show it; otherwise the names of the files do."""
    other_type: bool = False
    """The types of the two keys differ, so that OpenSSL does not compare them and nginx loads both."""
    certificate_of: CertbotFile | None = None
    key_of: CertbotFile | None = None
    """What the two are to certbot, where that shows it."""
    owner: Server | None = None
    """Who has the key with the certificate that it belongs to, or else with another one."""


@once
def misfits(state: State) -> tuple[Misfit, ...]:
    """The first one of each server that speaks TLS."""
    owners = _owners(state)
    found: dict[int, Misfit] = {}
    for server, pair in pairs_in_use(state):
        if id(server) not in found and not _fits_another(state, server, pair):
            seen = _begins_with_authority(server, pair) or _apart(state, server, pair)
            seen = seen or _shared(server, pair, *owners.get(pair.key.host_path, (server, pair)))
            if seen is not None:
                found[id(server)] = seen
    return tuple(found.values())


def _fits_another(state: State, server: Server, pair: KeyPair) -> bool:
    """Whether the key is that of another certificate of the server: OpenSSL puts together what is of one type."""
    key, others = pair.certbot_key, (other.certbot_certificate for other in key_pairs(state, server) if other != pair)
    return key is not None and any(other is not None and other.lineage == key.lineage for other in others)


def _begins_with_authority(server: Server, pair: KeyPair) -> Misfit | None:
    own, mine = pair.own, pair.certbot_certificate
    if own is None:
        is_chain = mine is not None and mine.kind == "chain"
        return Misfit(server, pair, Reason.CHAIN, sure=False) if is_chain else None
    if not is_issuers(own):
        return None
    held = pair.certificate.certificates
    servers = (link for link in (held.certificates if held else ()) if not link.is_authority)
    for link in servers:
        return Misfit(server, pair, Reason.ORDER, sure=True, other_type=link.key_type != own.key_type)
    return Misfit(server, pair, Reason.CHAIN, sure=False)


def _apart(state: State, server: Server, pair: KeyPair) -> Misfit | None:
    """What the names of certbot's files tell, where no public key says otherwise."""
    certificate, key = _kept(state, pair)
    if certificate is not None and key is not None and certificate.lineage == key.lineage:
        renewals = {certificate.number, key.number}
        if None in renewals or len(renewals) == 1 or is_key_kept(state, key.lineage):
            return None
        return Misfit(server, pair, Reason.NUMBERS, sure=False, certificate_of=certificate, key_of=key)
    own, theirs = pair.own, _certificate_of_key(state, pair)
    if own is not None and theirs is not None and key is not None:
        if own.key_digest == theirs.key_digest:
            return None
        other_type = own.key_type != theirs.key_type
        return Misfit(server, pair, Reason.LINEAGES, sure=True, other_type=other_type, key_of=key)
    if certificate is None or key is None:
        return None
    return Misfit(server, pair, Reason.LINEAGES, sure=False, key_of=key)


def _kept(state: State, pair: KeyPair) -> tuple[CertbotFile | None, CertbotFile | None]:
    """The two as certbot's files: by what the links lead to where that is known of both, else by their names."""
    certificate, key = pair.certbot_certificate, pair.certbot_key
    if certificate is None or key is None:
        return certificate, key
    behind = kept_as(state, certificate), kept_as(state, key)
    return (certificate, key) if any(file.number is None for file in behind) else behind


def _certificate_of_key(state: State, pair: KeyPair) -> Certificate | None:
    """The certificate that certbot keeps with a key, where a server names it and it could be read."""
    path = pair.certificate_of_key
    file = None if path is None else state.config.named.get(path)
    return None if file is None else own_certificate(file)


def _owners(state: State) -> Mapping[str, tuple[Server, KeyPair]]:
    """By key, the pair that it belongs to by its name, or else the first that names it."""
    owners: dict[str, tuple[Server, KeyPair]] = {}
    for server, pair in _readable(state):
        known = owners.get(pair.key.host_path)
        if known is None or (pair.is_named_alike and not known[1].is_named_alike):
            owners[pair.key.host_path] = server, pair
    return owners


def _readable(state: State) -> Iterator[tuple[Server, KeyPair]]:
    return (use for use in pairs_in_use(state) if (own := use[1].own) is not None and not is_issuers(own))


def _shared(server: Server, pair: KeyPair, owner: Server, theirs: KeyPair) -> Misfit | None:
    """One key does not fit the certificates of two."""
    own, other = pair.own, theirs.own
    if own is None or other is None or own.key_digest == other.key_digest:
        return None
    # Whose key it is only its name can tell; without that, one of the two fails.
    other_type = theirs.is_named_alike and own.key_type != other.key_type
    return Misfit(server, pair, Reason.SHARED, sure=True, other_type=other_type, owner=owner)
