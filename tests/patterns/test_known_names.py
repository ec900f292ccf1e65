"""The breakages that a survey of incidents, issues and release notes gave a name: each is an entry, or part of one."""

import pytest

from driftscan.patterns.catalogue import catalogue

SURVEYED = """\
acme-challenge-path-broken
altsvc-without-quic
ca-store-entry-removed
certbot-config-rollback-temp
certbot-managed-lines-removed
certbot-options-frozen
certificate-expired-or-stale-lineage
certificate-file-missing
cipher-string-unknown-names
ciphers-drop-legacy-kx
ciphers-no-match-cert-keytype
ciphers-weak-readded
client-auth-eku-removed
client-cert-bypass-session-reuse
default-server-changed-by-order
default-ssl-listen-without-certificate
dhe-without-dhparam
dhparam-weak-or-too-small
directive-newer-than-nginx
distro-openssl-major-upgrade
duplicate-default-server
duplicate-ssl-protocols-is-union
duplicate-tls-directive-same-block
early-data-enabled
ecdh-curve-narrowed-default-decides
ecdh-curve-unknown-group
hpkp-pins
hsts-enabled-or-widened
hsts-lost-add-header-inheritance
hsts-removed-or-https-dropped-under-hsts
http2-blacklisted-cipher
http2-socket-wide
https-redirect-loop
https-redirect-removed
include-missing-or-empty
incomplete-chain
ipv6-listen-missing-ssl
key-cert-mismatch-same-type
key-cert-type-mismatch-undetected
key-type-switch-rsa-to-ecdsa
le-chain-or-root-change
lineage-switch-wrong-names
listen-lost-ssl
listen-options-duplicated
live-symlink-tampered
mail-tls-change
must-staple-without-stapling
openssl-cnf-system-default-changed
plain-http-on-tls-port
prefer-server-ciphers-flip
private-key-exposed
private-key-permissions-tightened
protocols-dropped-old-clients
protocols-nondefault-vhost-ignored
protocols-weak-readded
proxy-protocol-flag-mismatch
quic-listen-reuseport-dup
reject-handshake-default
reload-blocked-certificate-stale
renewal-conf-drift
renewal-staging-server
rhel-crypto-policy-changed
server-name-conflict
session-cache-effective-default-only
session-cache-zone-different-use
session-cache-zone-size-conflict
session-ticket-key-multi
session-tickets-mismatch-shared-socket
shorter-lifetimes
ssl-conf-command-overrides
ssl-directive-removed
stapling-no-ocsp-url-le
stapling-without-resolver-or-issuer
stream-port-clash-or-preread
tls13-dropped
tls13-only
upstream-host-resolution-change
upstream-protocol-cipher-change
upstream-scheme-mismatch
upstream-sni-missing
upstream-verify-failure
verify-client-toggled
vhost-removed-falls-to-default
weak-certificate-key-or-signature
""".splitlines()
NAMES = [(name, entry.id) for entry in catalogue() for name in (entry.id, *entry.pattern.also)]


@pytest.mark.parametrize("name", SURVEYED)
def test_a_surveyed_breakage_is_the_name_of_an_entry(name: str) -> None:
    assert [entry for known, entry in NAMES if known == name] != []


def test_the_survey_names_every_breakage_once() -> None:
    assert (len(SURVEYED), len(set(SURVEYED))) == (84, 84)


def test_an_entry_has_a_name_once_and_no_other_entry_is_called_so() -> None:
    """One breakage may be told by several entries, by its other name; what is an entry's own id is nobody else's."""
    assert len(NAMES) == len(set(NAMES))
    ids = {entry.id for entry in catalogue()}
    assert [(name, entry) for name, entry in NAMES if name in ids and name != entry] == []
