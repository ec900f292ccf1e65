"""openssl.cnf: what OpenSSL applies to every TLS context before nginx sets its own (SSL_CTX_new, config(5))."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftscan.host.value import Value


@dataclass(frozen=True, slots=True)
class SystemDefaults:
    """The section that `system_default` leads to from `openssl_conf`, if any does."""

    path: str
    commands: Mapping[str, Value] = field(default_factory=dict)
    """By command in lower case: `minprotocol`, `cipherstring`, `groups`, ...; empty where nothing refers to it."""
    nginx: Mapping[str, Value] = field(default_factory=dict)
    """The same for the application name `nginx`, which nginx uses since 1.25.2."""
