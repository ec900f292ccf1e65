"""Every `ssl_*` directive of an http server: where it stands, how it reads, defaults, and who decides in the handshake.

Contexts are `http` and `server` for all (ngx_http_ssl_commands). Versions are those of the nginx release tags in
which the command table or the merge function changed, the oldest one looked at being 0.5.0; deciders are observed on
13 releases from 1.14.2 to 1.31.4 with OpenSSL 3.0, unless a comment says that the source was read instead.
"""

from typing import Literal

from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.directives import certificate_cache, session_cache
from driftscan.nginx.directives.base import AnyDeclaration, Decider, Declaration, Facts, Repetition, Since, always
from driftscan.nginx.directives.certificate_cache import CertificateCache
from driftscan.nginx.directives.forms import Form, form
from driftscan.nginx.directives.session_cache import SessionCache, Zone
from driftscan.nginx.directives.values import (
    Measure,
    Protocol,
    enum,
    flag,
    number,
    pairs,
    path,
    path_or_none,
    paths,
    protocols,
    seconds,
    size,
    text,
)

UNSET: Facts[None] = always(None)
SNI: Facts[Decider] = always(Decider.SNI_SERVER)
DEFAULT_SERVER: Facts[Decider] = always(Decider.DEFAULT_SERVER)
LIST: Facts[Repetition] = always(Repetition.APPEND)
LIST_SINCE_1_11_0: Facts[Repetition] = (Since("0.1.0", Repetition.FATAL), Since("1.11.0", Repetition.APPEND))
"""Several certificates for one server (CHANGES 1.11.0)."""


def _in_http(arguments: str, since: str = "0.1.0", gone: str | None = None) -> tuple[Form, ...]:
    return (form(arguments, "http server", since=since, gone=gone),)


CLIENT_HELLO_SINCE = NginxVersion(1, 29, 2)
"""From here on the server is chosen in the ClientHello callback, where the library has one (commit 0373fe5d9)."""


def has_client_hello_callback(library: Library) -> bool:
    """Whether nginx can choose the server before the library looks at versions and tickets; LibreSSL has no way."""
    return library.family == "BoringSSL" or library.is_openssl_since("1.1.1")


def _until_client_hello(before: Decider) -> Facts[Decider]:
    """`before`, and the SNI server from nginx 1.29.2 on, with a library that lets nginx choose early enough."""
    return (Since("0.5.0", before), Since(str(CLIENT_HELLO_SINCE), Decider.SNI_SERVER, has_client_hello_callback))


_OLDEST = frozenset({Protocol.SSL2, Protocol.SSL3, Protocol.TLS10})
_UP_TO_1_2 = frozenset({Protocol.TLS10, Protocol.TLS11, Protocol.TLS12})

# 1.0.12 to 1.0.15, of the stable branch beside 1.1, know TLSv1.1 and TLSv1.2 already.
SSL_PROTOCOLS = Declaration(
    "ssl_protocols",
    protocols,
    default=(
        Since("0.5.0", _OLDEST),
        Since("0.8.19", _OLDEST - {Protocol.SSL2}),
        Since("1.1.13", _UP_TO_1_2 | {Protocol.SSL3}),
        Since("1.9.1", _UP_TO_1_2),
        Since("1.23.4", _UP_TO_1_2 | {Protocol.TLS13}),
        Since("1.27.3", frozenset({Protocol.TLS12, Protocol.TLS13})),
    ),
    decider=_until_client_hello(Decider.DEFAULT_SERVER),
    forms=_in_http("1+"),
    repetition=always(Repetition.UNION),
    words={"tlsv1.1": "1.1.13", "tlsv1.2": "1.1.13", "tlsv1.3": "1.13.0"},
)
SSL_CIPHERS = Declaration(
    "ssl_ciphers",
    text,
    default=(
        Since("0.5.0", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP"),
        Since("0.8.19", "ALL:!ADH:RC4+RSA:+HIGH:+MEDIUM"),
        Since("0.8.20", "HIGH:!ADH:!MD5"),
        Since("1.0.5", "HIGH:!aNULL:!MD5"),
    ),
    decider=SNI,
    forms=_in_http("1"),
)
SSL_PREFER_SERVER_CIPHERS = Declaration(
    "ssl_prefer_server_ciphers",
    flag,
    default=always(False),
    decider=_until_client_hello(Decider.PREFERENCE),
    forms=_in_http("flag", "0.7.63"),
)
# SSL_new() copies the group list and SSL_set_SSL_CTX() does not touch it: the default server's, in every version.
SSL_ECDH_CURVE = Declaration(
    "ssl_ecdh_curve",
    text,
    default=(Since("1.0.6", "prime256v1"), Since("1.11.0", "auto")),
    decider=DEFAULT_SERVER,
    forms=_in_http("1", "1.0.6"),
)
SSL_DHPARAM: Declaration[str] = Declaration(
    "ssl_dhparam",
    path_or_none,
    default=(Since("0.7.2", "built-in 1024-bit parameters"), Since("1.11.0", None)),
    decider=SNI,
    forms=_in_http("1", "0.7.2"),
)

SSL_CERTIFICATE = Declaration(
    "ssl_certificate", paths, default=UNSET, decider=SNI, forms=_in_http("1"), repetition=LIST_SINCE_1_11_0
)
SSL_CERTIFICATE_KEY = Declaration(
    "ssl_certificate_key", paths, default=UNSET, decider=SNI, forms=_in_http("1"), repetition=LIST_SINCE_1_11_0
)
SSL_PASSWORD_FILE = Declaration("ssl_password_file", path, default=UNSET, decider=SNI, forms=_in_http("1", "1.7.3"))
# Taken from the configuration that the certificate callback is given: source, not observed.
SSL_CERTIFICATE_CACHE: Declaration[CertificateCache] = Declaration(
    "ssl_certificate_cache",
    certificate_cache.read,
    default=always(certificate_cache.OFF),
    decider=SNI,
    forms=_in_http("1-3", "1.27.4"),
)
# Needs OpenSSL 3.2: source, not observed.
SSL_CERTIFICATE_COMPRESSION = Declaration(
    "ssl_certificate_compression", flag, default=always(False), decider=SNI, forms=_in_http("flag", "1.29.1")
)
SSL_REJECT_HANDSHAKE = Declaration(
    "ssl_reject_handshake", flag, default=always(False), decider=SNI, forms=_in_http("flag", "1.19.4")
)
# Belongs to the context that SSL_new() was given: source, not observed (needs an OpenSSL with ECH).
SSL_ECH_FILE = Declaration(
    "ssl_ech_file", paths, default=UNSET, decider=DEFAULT_SERVER, forms=_in_http("1", "1.29.4"), repetition=LIST
)

SSL_SESSION_TICKETS = Declaration(
    "ssl_session_tickets",
    flag,
    default=always(True),
    decider=_until_client_hello(Decider.TICKETS),
    forms=_in_http("flag", "1.5.9"),
)
SSL_SESSION_TICKET_KEY = Declaration(
    "ssl_session_ticket_key",
    paths,
    default=UNSET,
    decider=DEFAULT_SERVER,
    forms=_in_http("1", "1.5.7"),
    repetition=LIST,
)
SSL_SESSION_CACHE: Declaration[SessionCache] = Declaration(
    "ssl_session_cache",
    session_cache.read,
    default=(Since("0.5.6", SessionCache("off")), Since("0.7.1", SessionCache("none"))),
    decider=always(Decider.SESSION_CACHE),
    forms=_in_http("1-2", "0.5.6"),
    repetition=always(Repetition.LAST),
    inherit=session_cache.inherit,
    finish=session_cache.finish,
)
SSL_SESSION_TIMEOUT = Declaration(
    "ssl_session_timeout", seconds, default=always(Measure(300, "5m")), decider=DEFAULT_SERVER, forms=_in_http("1")
)
SSL_EARLY_DATA = Declaration(
    "ssl_early_data", flag, default=always(False), decider=DEFAULT_SERVER, forms=_in_http("flag", "1.15.3")
)
SSL_BUFFER_SIZE = Declaration(
    "ssl_buffer_size",
    size,
    default=always(Measure(16384, "16k")),
    decider=(Since("1.5.9", Decider.DEFAULT_SERVER), Since("1.11.10", Decider.SNI_SERVER)),
    forms=_in_http("1", "1.5.9"),
)

# 0.7.7 to 0.8.6 say `ask` for `optional`; the stable branches beside 0.8 and 1.3 have the words since 0.7.63 and 1.2.5.
SSL_VERIFY_CLIENT = Declaration(
    "ssl_verify_client",
    enum("off", "on", "optional", "optional_no_ca"),
    default=always("off"),
    decider=SNI,
    forms=(*_in_http("flag", gone="0.7.7"), *_in_http("1", "0.7.7")),
    words={"optional": "0.8.7", "optional_no_ca": "1.3.8"},
)
# Up to 1.5.8 more arguments are let pass, and only the first one counts.
SSL_VERIFY_DEPTH = Declaration(
    "ssl_verify_depth",
    number,
    default=always(1),
    decider=SNI,
    forms=(*_in_http("1+", gone="1.5.9"), *_in_http("1", "1.5.9")),
)
SSL_CLIENT_CERTIFICATE: Declaration[str] = Declaration(
    "ssl_client_certificate", path_or_none, default=UNSET, decider=SNI, forms=_in_http("1")
)
SSL_TRUSTED_CERTIFICATE: Declaration[str] = Declaration(
    "ssl_trusted_certificate", path_or_none, default=UNSET, decider=SNI, forms=_in_http("1", "1.3.7")
)
SSL_CRL: Declaration[str] = Declaration(
    "ssl_crl", path_or_none, default=UNSET, decider=SNI, forms=_in_http("1", "0.7.63")
)

SSL_STAPLING = Declaration("ssl_stapling", flag, default=always(False), decider=SNI, forms=_in_http("flag", "1.3.7"))
SSL_STAPLING_FILE: Declaration[str] = Declaration(
    "ssl_stapling_file", path_or_none, default=UNSET, decider=SNI, forms=_in_http("1", "1.3.7")
)
SSL_STAPLING_RESPONDER = Declaration(
    "ssl_stapling_responder", text, default=UNSET, decider=SNI, forms=_in_http("1", "1.3.7")
)
SSL_STAPLING_VERIFY = Declaration(
    "ssl_stapling_verify", flag, default=always(False), decider=SNI, forms=_in_http("flag", "1.3.7")
)
# The three below: source, not observed. Tables up to 1.29.2 call ssl_ocsp a flag, but its setter knows `leaf` too.
SSL_OCSP = Declaration(
    "ssl_ocsp", enum("off", "on", "leaf"), default=always("off"), decider=SNI, forms=_in_http("1", "1.19.0")
)
SSL_OCSP_RESPONDER = Declaration("ssl_ocsp_responder", text, default=UNSET, decider=SNI, forms=_in_http("1", "1.19.0"))
SSL_OCSP_CACHE: Declaration[Zone | Literal["off"]] = Declaration(
    "ssl_ocsp_cache", session_cache.read_ocsp, default=always("off"), decider=SNI, forms=_in_http("1", "1.19.0")
)

SSL_CONF_COMMAND = Declaration(
    "ssl_conf_command",
    pairs,
    default=UNSET,
    decider=always(Decider.CONF_COMMAND),
    forms=_in_http("2", "1.19.4"),
    repetition=LIST,
)
# `ssl on` makes a whole socket speak TLS when its default server says so; on other servers it does nothing.
SSL = Declaration("ssl", flag, default=always(False), decider=DEFAULT_SERVER, forms=_in_http("flag", gone="1.25.1"))

HTTP_SSL: tuple[AnyDeclaration, ...] = tuple(
    declaration for declaration in tuple(globals().values()) if isinstance(declaration, Declaration)
)
