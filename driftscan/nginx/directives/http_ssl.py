"""Every `ssl_*` directive of an http server: how it reads, inherits, defaults, and who decides in the handshake.

Contexts are `http` and `server` for all (ngx_http_ssl_commands). Versions are those of the nginx release tags in
which the command table or the merge function changed; deciders are observed on 13 releases from 1.14.2 to 1.31.4
with OpenSSL 3.0, unless a comment says that the source was read instead.
"""

from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.directives import session_cache
from driftscan.nginx.directives.base import AnyDeclaration, Decider, Declaration, Facts, Repetition, Since, always
from driftscan.nginx.directives.session_cache import SessionCache
from driftscan.nginx.directives.values import (
    Measure,
    Protocol,
    enum,
    flag,
    number,
    pairs,
    path,
    paths,
    protocols,
    seconds,
    size,
    text,
    words,
)

UNSET: Facts[None] = always(None)
SNI: Facts[Decider] = always(Decider.SNI_SERVER)
DEFAULT_SERVER: Facts[Decider] = always(Decider.DEFAULT_SERVER)


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
    repetition=Repetition.UNION,
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
)
SSL_PREFER_SERVER_CIPHERS = Declaration(
    "ssl_prefer_server_ciphers",
    flag,
    default=always(False),
    decider=_until_client_hello(Decider.PREFERENCE),
    known=("0.7.63", None),
)
# SSL_new() copies the group list and SSL_set_SSL_CTX() does not touch it: the default server's, in every version.
SSL_ECDH_CURVE = Declaration(
    "ssl_ecdh_curve",
    text,
    default=(Since("1.0.6", "prime256v1"), Since("1.11.0", "auto")),
    decider=DEFAULT_SERVER,
    known=("1.0.6", None),
)
SSL_DHPARAM: Declaration[str] = Declaration(
    "ssl_dhparam",
    path,
    default=(Since("0.7.2", "built-in 1024-bit parameters"), Since("1.11.0", None)),
    decider=SNI,
    known=("0.7.2", None),
)

SSL_CERTIFICATE = Declaration("ssl_certificate", paths, default=UNSET, decider=SNI, repetition=Repetition.APPEND)
SSL_CERTIFICATE_KEY = Declaration(
    "ssl_certificate_key", paths, default=UNSET, decider=SNI, repetition=Repetition.APPEND
)
SSL_PASSWORD_FILE = Declaration("ssl_password_file", path, default=UNSET, decider=SNI, known=("1.7.3", None))
# Taken from the configuration that the certificate callback is given: source, not observed.
SSL_CERTIFICATE_CACHE: Declaration[tuple[str, ...]] = Declaration(
    "ssl_certificate_cache", words, default=always(("off",)), decider=SNI, known=("1.27.4", None)
)
# Needs OpenSSL 3.2: source, not observed.
SSL_CERTIFICATE_COMPRESSION = Declaration(
    "ssl_certificate_compression", flag, default=always(False), decider=SNI, known=("1.29.1", None)
)
SSL_REJECT_HANDSHAKE = Declaration(
    "ssl_reject_handshake", flag, default=always(False), decider=SNI, known=("1.19.4", None)
)
# Belongs to the context that SSL_new() was given: source, not observed (needs an OpenSSL with ECH).
SSL_ECH_FILE = Declaration(
    "ssl_ech_file",
    paths,
    default=UNSET,
    decider=DEFAULT_SERVER,
    repetition=Repetition.APPEND,
    known=("1.29.4", None),
)

SSL_SESSION_TICKETS = Declaration(
    "ssl_session_tickets",
    flag,
    default=always(True),
    decider=_until_client_hello(Decider.TICKETS),
    known=("1.5.9", None),
)
SSL_SESSION_TICKET_KEY = Declaration(
    "ssl_session_ticket_key",
    paths,
    default=UNSET,
    decider=DEFAULT_SERVER,
    repetition=Repetition.APPEND,
    known=("1.5.7", None),
)
SSL_SESSION_CACHE: Declaration[SessionCache] = Declaration(
    "ssl_session_cache",
    session_cache.read,
    default=(Since("0.5.6", SessionCache("off")), Since("0.7.1", SessionCache("none"))),
    decider=always(Decider.SESSION_CACHE),
    repetition=Repetition.LAST,
    known=("0.5.6", None),
    inherit=session_cache.inherit,
    finish=session_cache.finish,
)
SSL_SESSION_TIMEOUT = Declaration(
    "ssl_session_timeout", seconds, default=always(Measure(300, "5m")), decider=DEFAULT_SERVER
)
SSL_EARLY_DATA = Declaration(
    "ssl_early_data", flag, default=always(False), decider=DEFAULT_SERVER, known=("1.15.3", None)
)
SSL_BUFFER_SIZE = Declaration(
    "ssl_buffer_size",
    size,
    default=always(Measure(16384, "16k")),
    decider=(Since("1.5.9", Decider.DEFAULT_SERVER), Since("1.11.10", Decider.SNI_SERVER)),
    known=("1.5.9", None),
)

SSL_VERIFY_CLIENT = Declaration(
    "ssl_verify_client", enum("off", "on", "optional", "optional_no_ca"), default=always("off"), decider=SNI
)
SSL_VERIFY_DEPTH = Declaration("ssl_verify_depth", number, default=always(1), decider=SNI)
SSL_CLIENT_CERTIFICATE = Declaration("ssl_client_certificate", path, default=UNSET, decider=SNI)
SSL_TRUSTED_CERTIFICATE = Declaration(
    "ssl_trusted_certificate", path, default=UNSET, decider=SNI, known=("1.3.7", None)
)
SSL_CRL = Declaration("ssl_crl", path, default=UNSET, decider=SNI, known=("0.7.63", None))

SSL_STAPLING = Declaration("ssl_stapling", flag, default=always(False), decider=SNI, known=("1.3.7", None))
SSL_STAPLING_FILE = Declaration("ssl_stapling_file", path, default=UNSET, decider=SNI, known=("1.3.7", None))
SSL_STAPLING_RESPONDER = Declaration("ssl_stapling_responder", text, default=UNSET, decider=SNI, known=("1.3.7", None))
SSL_STAPLING_VERIFY = Declaration(
    "ssl_stapling_verify", flag, default=always(False), decider=SNI, known=("1.3.7", None)
)
# The three below: source, not observed.
SSL_OCSP = Declaration(
    "ssl_ocsp", enum("off", "on", "leaf"), default=always("off"), decider=SNI, known=("1.19.0", None)
)
SSL_OCSP_RESPONDER = Declaration("ssl_ocsp_responder", text, default=UNSET, decider=SNI, known=("1.19.0", None))
SSL_OCSP_CACHE = Declaration("ssl_ocsp_cache", text, default=always("off"), decider=SNI, known=("1.19.0", None))

SSL_CONF_COMMAND = Declaration(
    "ssl_conf_command",
    pairs,
    default=UNSET,
    decider=always(Decider.CONF_COMMAND),
    repetition=Repetition.APPEND,
    known=("1.19.4", None),
)
# `ssl on` makes a whole socket speak TLS when its default server says so; on other servers it does nothing.
SSL = Declaration("ssl", flag, default=always(False), decider=DEFAULT_SERVER, known=("0.5.0", "1.25.1"))

HTTP_SSL: tuple[AnyDeclaration, ...] = tuple(
    declaration for declaration in tuple(globals().values()) if isinstance(declaration, Declaration)
)
